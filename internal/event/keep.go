package event

// keepers are the members of a resource that receivers rely on, whatever its kind
// (docs/contract/events.md sections 1 and 2). A cut of objects leaves them.
var keepers = []string{
	"id", "organization", "orgPath", "conversation", "type", "role", "status", "contact", "user", "text",
	"bot", "enabled", "meta", "participants", "createdAt", "updatedAt",
}

// fixtures are those of them that are ids, and never cut.
var fixtures = []string{"id", "organization", "orgPath", "conversation", "bot"}

// classify says for the resource data.<name> what may be cut of it.
func classify(name string, resource *node) {
	if name == "links" {
		return
	}
	mark(resource, ordinary)
	for _, key := range keepers {
		if kid := resource.kid(key); kid != nil {
			kid.keep = true
		}
	}
	for _, key := range fixtures {
		if kid := resource.kid(key); kid != nil && kid.kind() == '"' {
			kid.class = fixed
		}
	}
	if meta := resource.kid("meta"); meta != nil {
		mark(meta, inMeta|ordinary)
		keepTargets(meta)
	}
	if text := resource.kid("text"); name == "message" && text != nil {
		mark(text, messageText|ordinary)
	}
	if list := resource.kid("participants"); name == "conversation" && list != nil {
		list.class = people
	}
}

// keepTargets keeps what tells a bot that a command or a mention is meant for it
// (docs/contract/events.md section 1).
func keepTargets(meta *node) {
	for _, key := range []string{"users", "targetUser", "targetBot"} {
		if kid := meta.kid(key); kid != nil {
			kid.keep = true
		}
	}
}

// mark gives n and all below it a class. Half an id is worse than none, so ids are fixed.
func mark(n *node, c class) {
	n.class = c
	if isID(n.raw) {
		n.class = fixed
	}
	for i := range n.kids {
		mark(&n.kids[i], c)
	}
}

// isID reports whether the JSON value is the id of a resource, 24 hex digits.
func isID(raw []byte) bool {
	if len(raw) != 26 || raw[0] != '"' {
		return false
	}
	for _, c := range raw[1:25] {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
