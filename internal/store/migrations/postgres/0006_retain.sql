-- The deliveries that came after their event did: the event stays while they do.
CREATE INDEX deliveries_late ON deliveries (event) WHERE origin IS NOT NULL;

-- The highest numbers among what retention has removed: no number is given twice.
CREATE TABLE removed (
  id BIGINT PRIMARY KEY CHECK (id = 1), event BIGINT NOT NULL, delivery BIGINT NOT NULL);
INSERT INTO removed (id, event, delivery) VALUES (1, 0, 0);
