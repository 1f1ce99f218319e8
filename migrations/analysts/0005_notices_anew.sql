-- Notices named people and events of which the others could be told apart. They are copied anew,
-- and clicks with them: those replace themselves.

TRUNCATE TABLE notices;

TRUNCATE TABLE copied;
