package event

import (
	"regexp"
	"strings"
	"testing"
)

func TestValidName(t *testing.T) {
	syntax := regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$`)
	for _, name := range []string{
		"order.created", "a.b", "a1_-.0.-._", "order." + strings.Repeat("x", 122), "order." + strings.Repeat("x", 123),
		"", "order", "order.", ".order", "a..b", "1a.b", "_a.b", "-a.b", "A.b", "a.B", "a.*", "a.b c", "a.é", "a.b\n", "a.b.",
	} {
		want := syntax.MatchString(name) && len(name) <= 128
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestActivityType(t *testing.T) {
	for name, want := range map[string]string{
		"message.create.contact.chat": "Create", "user.create": "Create", "message.update": "Update", "conversation.delete": "Delete",
		"user.login": "Activity", "service.error": "Activity", "channel.notify": "Activity", "message.error": "Activity",
		"order.created": "Activity", "order.item.create": "Activity", "create": "Activity", "": "Activity",
	} {
		if got := ActivityType(name); got != want {
			t.Errorf("ActivityType(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, c := range []struct{ who, name, verb, thing, want string }{
		{"User", "Jenny Jones", "created", "chat message", "User Jenny Jones created a chat message"},
		{"Bot", "Echo", "updated", "conversation", "Bot Echo updated a conversation"},
		{"User", "Ada", "deleted", "organization", "User Ada deleted an organization"},
		{"User", "Ada", "created", "user", "User Ada created a user"},
		{"User", "Ada", "created", "article", "User Ada created an article"},
		{"User", "Ada", "created", "orggroup", "User Ada created an orggroup"},
		{"User", "Ada Smit", "logged in", "", "User Ada Smit logged in"},
		{"System", "", "reported", "error of service MCC Webhook", "System reported an error of service MCC Webhook"},
		{"Contact", " ", "created", "mention message", "Contact created a mention message"},
		{"Contact", strings.Repeat("é", 300), "created", "tag message", "Contact " + strings.Repeat("é", 100) + "… created a tag message"},
	} {
		if got := Summary(c.who, c.name, c.verb, c.thing); got != c.want {
			t.Errorf("Summary(%q, %q, %q, %q) = %q, want %q", c.who, c.name, c.verb, c.thing, got, c.want)
		}
	}
}
