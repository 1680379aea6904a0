package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"bellhop/internal/testenv"
)

// bots is where the published npm package is installed.
var bots = filepath.Join("..", "..", "cmd", "bellhop", "testdata", "node")

// patience bounds how long the npm package is waited for; all of it takes a few seconds.
const patience = 5 * time.Minute

// TestNode plays the table on the published npm package, all scenarios in one process.
func TestNode(t *testing.T) {
	node := testenv.Need(t, "node")
	if _, err := os.Stat(filepath.Join(bots, "node_modules", "chipchat", "package.json")); err != nil {
		testenv.Lack(t, "the npm package chipchat in "+bots)
	}
	scenarios := table(t)
	fakes := make([]*fake, len(scenarios))
	input := make([]object, len(scenarios))
	for i, s := range scenarios {
		fakes[i] = newFake(s)
		server := httptest.NewServer(fakes[i])
		t.Cleanup(server.Close)
		want := s.wanted(s.Node)
		input[i] = object{
			"id": s.id, "host": server.URL, "options": s.Options, "env": s.Env, "handlers": s.Handlers, "middleware": s.Middleware,
			"serve": s.Serve, "steps": s.Steps,
			"want": object{"calls": len(want["calls"]), "errors": len(want["errors"]), "requests": len(want["requests"])},
		}
	}
	came := playNode(t, node, encode(input))
	for i, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			got, ok := came[s.id]
			if !ok {
				t.Fatal("nothing came of it")
			}
			got.Requests = fakes[i].asked()
			judge(t, s.wanted(s.Node), got, equal)
		})
	}
}

// playNode returns what came of each scenario by its id.
func playNode(t *testing.T, node, input string) map[int]played {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "scenarios.js", strconv.FormatInt(patience.Milliseconds(), 10))
	cmd.Dir = bots
	cmd.Stdin = bytes.NewReader([]byte(input))
	var log bytes.Buffer
	cmd.Stderr = &log
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("play the scenarios in Node: %v\n%s", err, log.Bytes()[max(0, log.Len()-4000):])
	}
	came := map[int]played{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); decoder.More(); {
		var p played
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("read what Node says: %v", err)
		}
		came[p.ID] = p
	}
	return came
}
