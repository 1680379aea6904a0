-- Which conversations lie in which channels. A task stays until somebody who is subscribed
-- to the channel accepts.
CREATE TABLE notifications (
  conversation TEXT COLLATE "C" NOT NULL, channel TEXT COLLATE "C" NOT NULL, task BIGINT NOT NULL,
  PRIMARY KEY (conversation, channel));
CREATE INDEX notifications_channel ON notifications (channel, conversation);
