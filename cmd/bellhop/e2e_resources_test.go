//go:build !race

package main_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNodeResources uses resources as bots do, with the published SDK: what is refused is an error with the
// message and the status of the answer.
//
// Contract: resources.md 5: The SDK rejects with an error
// Contract: resources.md 5: A 2xx body must never have
func TestNodeResources(t *testing.T) {
	node, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	user := admin.newBot("Echo")
	input, err := json.Marshal(object{
		"host": admin.url, "token": user.Token, "email": user.Email, "refreshToken": user.RefreshToken,
		"calls": [][]any{
			{"forms", "create", object{"name": "Lead", "fields": []object{{"name": "Brand"}}}},
			{"forms", "get", "$id"},
			{"forms", "update", "$id", object{"meta": object{"a": "b"}}},
			{"forms", "list", object{"name": "Lead"}},
			{"forms", "delete", "$id"},
			{"forms", "get", "$id"},
			{"forms", "create", object{}},
			{"forms", "create", object{"name": "X", "error": true}},
			{"conversations", "get", "17"},
			{"channels", "create", object{"name": "X"}},
			{"messages", "list"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "resources.js")
	cmd.Dir, cmd.Stdin = filepath.Join("testdata", "node"), bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	want := []string{
		`"key":"brand"`, `"name":"Lead"`, `"meta":{"a":"b"}`, `"result":[{`, `"result":`,
		`{"message":"Form not found","statusCode":404}`,
		`{"message":"Validation failed: name is required","statusCode":400}`,
		`{"message":"Validation failed: error is not a name for a field","statusCode":400}`,
		`{"message":"Conversation not found","statusCode":404}`,
		`{"message":"Permission denied","statusCode":403}`,
		`{"message":"Missing mandatory query parameter","statusCode":400}`,
	}
	if len(lines) != len(want) {
		t.Fatalf("%d calls, want %d:\n%s", len(lines), len(want), out)
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			t.Errorf("call %d = %s, want %s", i, lines[i], part)
		}
	}
}
