package wire

import (
	"strings"
	"testing"
)

// Contract: extensions.md 5.1: 1001 | the server ends
// Contract: extensions.md 5.1: 1002 | a frame broke
// Contract: extensions.md 5.1: 4401 | the token
// Contract: extensions.md 5.1: 4404 | the tunnel
// Contract: extensions.md 5.1: 4409 | taken over
// Contract: extensions.md 5.1: After anything else
func TestIsFinal(t *testing.T) {
	for code, want := range map[int]bool{
		CloseGoingAway: false, CloseProtocol: false, CloseUnauthorized: true, CloseDeleted: true, CloseReplaced: true,
		-1: false, 0: false, 1000: false, 1006: false, 1011: false, 4000: false,
	} {
		if IsFinal(code) != want {
			t.Errorf("IsFinal(%d) = %v, want %v", code, !want, want)
		}
	}
}

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
