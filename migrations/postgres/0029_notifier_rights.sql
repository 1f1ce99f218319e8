-- Whether a notice may still go is asked by evening and guest, once for each notice.

CREATE INDEX participations_of_guest ON notifier.participations (announcement_id, guest_id);
DROP INDEX notifier.participations_of_evening;
