-- Who takes part in which conversation, since no index reaches into the arrays of documents:
-- a row for each user, and '' for those who are none. inbox and active say that it is so for
-- one of his entries. Triggers keep it, so that it is right whatever changes a conversation.
CREATE TABLE conversation_participants (
  "user" TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, conversation TEXT COLLATE "C" NOT NULL,
  inbox BIGINT NOT NULL, active BIGINT NOT NULL,
  PRIMARY KEY ("user", created_at, conversation));
CREATE INDEX conversation_participants_inbox ON conversation_participants (conversation) WHERE inbox = 1;
CREATE INDEX conversation_participants_active ON conversation_participants (conversation) WHERE active = 1;

CREATE FUNCTION participants_of(fields JSONB) RETURNS TABLE ("user" TEXT, inbox BIGINT, active BIGINT)
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(e.value ->> 'user', ''),
    max((coalesce(e.value -> 'inbox', 'null') = 'true')::int)::bigint, max((coalesce(e.value -> 'active', 'null') = 'true')::int)::bigint
  FROM jsonb_array_elements(CASE jsonb_typeof(fields -> 'participants') WHEN 'array' THEN fields -> 'participants' ELSE '[]' END) AS e
  WHERE jsonb_typeof(e.value) = 'object' GROUP BY 1
$$;

CREATE FUNCTION keep_participants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM conversation_participants AS p WHERE p.created_at = old.created_at AND p.conversation = old.id
      AND p."user" IN (SELECT o."user" COLLATE "C" FROM participants_of(old.fields) AS o);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO conversation_participants ("user", created_at, conversation, inbox, active)
      SELECT n."user", new.created_at, new.id, n.inbox, n.active FROM participants_of(new.fields) AS n;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER conversations_inserted AFTER INSERT ON conversations
  FOR EACH ROW EXECUTE FUNCTION keep_participants();
CREATE TRIGGER conversations_updated AFTER UPDATE ON conversations
  FOR EACH ROW WHEN (old.fields -> 'participants' IS DISTINCT FROM new.fields -> 'participants') EXECUTE FUNCTION keep_participants();
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations
  FOR EACH ROW EXECUTE FUNCTION keep_participants();

-- What clients ask for by its value. An entry of an index may not be long, whatever clients have sent: each begins with
-- the beginning of the value. Where most have the same value, or all have one, org_path says who may see them
-- without a look at the rows.
CREATE INDEX conversations_status ON conversations (left(fields ->> 'status', 200) COLLATE "C", created_at, id, org_path);
CREATE INDEX conversations_changed ON conversations (updated_at, id, org_path);
CREATE INDEX contacts_conversation ON contacts (left(fields ->> 'conversation', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_telephone ON contacts (left(fields -> 'profile' ->> 'telephone', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_email ON contacts (left(fields -> 'profile' ->> 'email', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_changed ON contacts (updated_at, id);
CREATE INDEX users_email ON users (left(fields ->> 'email', 200) COLLATE "C", created_at, id);
CREATE INDEX services_type ON services (left(fields ->> 'type', 200) COLLATE "C", created_at, id);
CREATE INDEX services_bot ON services (left(fields ->> 'bot', 200) COLLATE "C", created_at, id);
CREATE INDEX botinstances_bot ON botinstances (left(fields ->> 'bot', 200) COLLATE "C", created_at, id);

-- Few deliveries are not delivered; the others cost nothing here.
CREATE INDEX deliveries_status ON deliveries (status, seq) WHERE status <> 1;
CREATE INDEX deliveries_service_status ON deliveries (service, status, seq) WHERE status <> 1;
