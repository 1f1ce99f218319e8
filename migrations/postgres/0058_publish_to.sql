-- Names of the targets to which an announcement is published, as a JSON array.
ALTER TABLE read_model.announcements ADD COLUMN publish_to jsonb NOT NULL DEFAULT '[]';
