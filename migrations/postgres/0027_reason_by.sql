-- Who gave a booking's reason: `person` (in words of their own) or `system` (one of its codes).
-- A person may type the system's codes too, so the reason itself does not tell.

ALTER TABLE read_model.bookings ADD COLUMN reason_by text;

-- A person's reason comes with that person's own answer to this very booking; the system's
-- follows from another booking, from a move or from a deadline.
UPDATE read_model.bookings b
SET reason_by = CASE WHEN EXISTS (
        SELECT FROM read_model.decisions d
        WHERE d.seq = b.changed_seq AND d.kind = 'booking.answer' AND d.booking_id = b.booking_id)
    THEN 'person' ELSE 'system' END
WHERE b.reason IS NOT NULL;
