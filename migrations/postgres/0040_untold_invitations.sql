-- An invitation to a draft that was taken back: the guest was never told, and never is.

ALTER TABLE read_model.bookings ADD COLUMN untold boolean NOT NULL DEFAULT false;
