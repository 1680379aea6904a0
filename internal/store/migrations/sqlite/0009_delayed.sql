-- Messages that are not due yet: doc as it is shown until then, draft as it was sent, and who
-- posts it. Those that are due at once keep the order of their ids.
CREATE TABLE delayed_messages (
  id TEXT PRIMARY KEY, conversation TEXT NOT NULL, organization TEXT NOT NULL, org_path TEXT NOT NULL,
  due INTEGER NOT NULL, poster TEXT NOT NULL, poster_organization TEXT NOT NULL, poster_scope TEXT NOT NULL,
  doc TEXT NOT NULL, draft TEXT NOT NULL) STRICT;
CREATE INDEX delayed_messages_due ON delayed_messages (due, id);
CREATE INDEX delayed_messages_conversation ON delayed_messages (conversation);
