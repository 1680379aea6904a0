package wire

import (
	"strings"
	"testing"
)

// Contract: extensions.md 5: `GET /v2/tunnels?name=<name>`
func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"default": true, "a": true, "my-bot-2": true, strings.Repeat("a", 64): true,
		"": false, "A": false, "a_b": false, "a b": false, "é": false, strings.Repeat("a", 65): false,
	} {
		if ValidName(name) != want {
			t.Errorf("ValidName(%q) = %v, want %v", name, !want, want)
		}
	}
}
