-- Who takes part in which conversation, since no index reaches into the arrays of documents:
-- a row for each user, and '' for those who are none. inbox and active say that it is so for
-- one of his entries. Triggers keep it, so that it is right whatever changes a conversation.
CREATE TABLE conversation_participants (
  user TEXT NOT NULL, created_at INTEGER NOT NULL, conversation TEXT NOT NULL,
  inbox INTEGER NOT NULL, active INTEGER NOT NULL,
  PRIMARY KEY (user, created_at, conversation)) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_participants_inbox ON conversation_participants (conversation) WHERE inbox = 1;
CREATE INDEX conversation_participants_active ON conversation_participants (conversation) WHERE active = 1;

INSERT INTO conversation_participants
  SELECT coalesce(json_extract(e.value, '$.user'), ''), d.created_at, d.id,
    max(json_type(e.value, '$.inbox') IS 'true'), max(json_type(e.value, '$.active') IS 'true')
  FROM conversations AS d, json_each(d.doc, '$.participants') AS e WHERE e.type = 'object' GROUP BY d.id, 1;

CREATE TRIGGER conversations_inserted AFTER INSERT ON conversations BEGIN
  INSERT INTO conversation_participants
    SELECT coalesce(json_extract(e.value, '$.user'), ''), new.created_at, new.id,
      max(json_type(e.value, '$.inbox') IS 'true'), max(json_type(e.value, '$.active') IS 'true')
    FROM json_each(new.doc, '$.participants') AS e WHERE e.type = 'object' GROUP BY 1;
END;
CREATE TRIGGER conversations_updated AFTER UPDATE OF doc ON conversations
  WHEN json_extract(old.doc, '$.participants') IS NOT json_extract(new.doc, '$.participants') BEGIN
  DELETE FROM conversation_participants WHERE created_at = old.created_at AND conversation = old.id AND user IN (
    SELECT coalesce(json_extract(e.value, '$.user'), '') FROM json_each(old.doc, '$.participants') AS e WHERE e.type = 'object');
  INSERT INTO conversation_participants
    SELECT coalesce(json_extract(e.value, '$.user'), ''), new.created_at, new.id,
      max(json_type(e.value, '$.inbox') IS 'true'), max(json_type(e.value, '$.active') IS 'true')
    FROM json_each(new.doc, '$.participants') AS e WHERE e.type = 'object' GROUP BY 1;
END;
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations BEGIN
  DELETE FROM conversation_participants WHERE created_at = old.created_at AND conversation = old.id AND user IN (
    SELECT coalesce(json_extract(e.value, '$.user'), '') FROM json_each(old.doc, '$.participants') AS e WHERE e.type = 'object');
END;

-- What clients ask for by its value. The expressions are those of the list dialect. Where most have
-- the same value, or all have one, org_path says who may see them without a look at the rows.
CREATE INDEX conversations_status ON conversations (json_extract(doc, '$.status'), created_at, id, org_path);
CREATE INDEX conversations_changed ON conversations (updated_at, id, org_path);
CREATE INDEX contacts_conversation ON contacts (json_extract(doc, '$.conversation'), created_at, id);
CREATE INDEX contacts_telephone ON contacts (json_extract(doc, '$.profile.telephone'), created_at, id);
CREATE INDEX contacts_email ON contacts (json_extract(doc, '$.profile.email'), created_at, id);
CREATE INDEX contacts_changed ON contacts (updated_at, id);
CREATE INDEX users_email ON users (json_extract(doc, '$.email'), created_at, id);
CREATE INDEX services_type ON services (json_extract(doc, '$.type'), created_at, id);
CREATE INDEX services_bot ON services (json_extract(doc, '$.bot'), created_at, id);
CREATE INDEX botinstances_bot ON botinstances (json_extract(doc, '$.bot'), created_at, id);

-- Few deliveries are not delivered; the others cost nothing here.
CREATE INDEX deliveries_status ON deliveries (status, seq) WHERE status <> 1;
CREATE INDEX deliveries_service_status ON deliveries (service, status, seq) WHERE status <> 1;
