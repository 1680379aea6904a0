-- Which conversations lie in which channels. A task stays until somebody who is subscribed
-- to the channel accepts.
CREATE TABLE notifications (
  conversation TEXT NOT NULL, channel TEXT NOT NULL, task INTEGER NOT NULL,
  PRIMARY KEY (conversation, channel)) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_channel ON notifications (channel, conversation);
