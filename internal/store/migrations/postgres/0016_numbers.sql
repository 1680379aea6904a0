-- The newest delivery, and the latest due time that a new one got. Who appends deliveries updates this row at the very end of
-- his transaction: so both ascend in the order of commits. It is written all the time, and has room for its versions.
CREATE TABLE numbers (
  id BIGINT PRIMARY KEY CHECK (id = 1), last_delivery BIGINT NOT NULL, last_due BIGINT NOT NULL) WITH (fillfactor = 10);
INSERT INTO numbers (id, last_delivery, last_due) SELECT 1,
  greatest(r.delivery, coalesce((SELECT max(seq) FROM deliveries), 0), coalesce((SELECT max(first_delivery + deliveries - 1) FROM events), 0)),
  greatest(coalesce((SELECT max(created_at) FROM events), 0), coalesce((SELECT max(due) FROM deliveries WHERE status = 0 AND attempts = 0), 0))
  FROM removed AS r;

-- Events are numbered by those who want to append one, and need its id before.
CREATE SEQUENCE event_numbers;
SELECT setval('event_numbers', n.newest, n.newest > 1)
  FROM (SELECT greatest(r.event, coalesce((SELECT max(seq) FROM events), 0), 1) AS newest FROM removed AS r) AS n;
