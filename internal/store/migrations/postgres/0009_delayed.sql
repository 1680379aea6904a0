-- Messages that are not due yet: doc as it is shown until then, draft as it was sent, and who
-- posts it. Those that are due at once keep the order of their ids.
CREATE TABLE delayed_messages (
  id TEXT COLLATE "C" PRIMARY KEY, conversation TEXT COLLATE "C" NOT NULL, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  due BIGINT NOT NULL, poster TEXT COLLATE "C" NOT NULL, poster_organization TEXT COLLATE "C" NOT NULL, poster_scope TEXT COLLATE "C" NOT NULL,
  doc TEXT COLLATE "C" NOT NULL, draft TEXT COLLATE "C" NOT NULL);
CREATE INDEX delayed_messages_due ON delayed_messages (due, id);
CREATE INDEX delayed_messages_conversation ON delayed_messages (conversation);
