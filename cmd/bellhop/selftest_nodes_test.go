package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPlanFaults(t *testing.T) {
	kinds := faultNames()
	plan := func() []faultStep { return planFaults(rand.New(rand.NewPCG(1, 2)), kinds, 3*len(kinds)) }
	steps := plan()
	if !reflect.DeepEqual(steps, plan()) {
		t.Error("another plan from the same seed")
	}
	count, hurried := map[string]int{}, 0
	for _, step := range steps {
		count[step.kind]++
		if step.hurry {
			hurried++
		}
	}
	for _, kind := range kinds {
		if count[kind] != 3 {
			t.Errorf("%d of %d faults are %s, want 3", count[kind], len(steps), kind)
		}
	}
	if hurried == 0 || hurried > len(steps)/2 {
		t.Errorf("%d of %d faults do not wait, want some", hurried, len(steps))
	}
}

func TestChooseFaults(t *testing.T) {
	if got, err := chooseFaults(nil, []string{faultKill}); err != nil || len(got) != 1 {
		t.Errorf("chooseFaults of nothing = %v, %v", got, err)
	}
	if _, err := chooseFaults([]string{faultHole}, []string{faultKill}); err == nil || !strings.Contains(err.Error(), "only kill") {
		t.Errorf("chooseFaults of what cannot happen: %v", err)
	}
}

func TestNodesTakeTurns(t *testing.T) {
	n := &crashNodes{all: []*crashServer{{address: "a"}, {address: "b"}, {}}, away: map[string]time.Time{}}
	seen := map[string]int{}
	for range 6 {
		seen[n.url()]++
	}
	if seen["a"] < 2 || seen["b"] < 2 || seen[""] > 0 {
		t.Errorf("requests went to %v", seen)
	}
	n.failed("a")
	for range 6 {
		if url := n.url(); url != "b" {
			t.Errorf("a request went to %q", url)
		}
	}
	n.failed("b")
	n.url() // there is nobody better
}

func TestLifeAddress(t *testing.T) {
	for _, number := range []int{0, 1, 249, 250, 1000} {
		if got := lifeAt((&crashLife{number: number}).address()); got != number {
			t.Errorf("run %d is at the address of run %d", number, got)
		}
	}
	for _, address := range []string{"127.0.0.1", "::1", "127.77.0.0"} {
		if got := lifeAt(netip.MustParseAddr(address)); got != -1 {
			t.Errorf("%s is the address of run %d", address, got)
		}
	}
}

// What a node must not write that was taken for dead is found when it has.
func TestCheckTrapped(t *testing.T) {
	for _, test := range []struct{ name, delivery, services, problem string }{
		{"nothing was written", `{"status":"delivered","attempts":[{}],"lastStatus":200}`, `[]`, ""},
		{"an attempt", `{"status":"delivered","attempts":[{}],"lastStatus":410}`, `[]`, "has written"},
		{"a death", `{"status":"dead","attempts":[{}],"lastStatus":410}`, `[]`, "has written"},
		{"an attempt more", `{"status":"delivered","attempts":[{},{}],"lastStatus":200}`, `[]`, "has written"},
		{"a state", `{"status":"delivered","attempts":[{}],"lastStatus":200}`, `[{"name":"/all/0"}]`, "/all/0 is inactive"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := test.services
			if strings.HasPrefix(r.URL.Path, "/v2/deliveries/") {
				answer = test.delivery
			} else if r.URL.Query().Get("status") != "inactive" {
				answer = "[]"
			}
			_, _ = w.Write([]byte(answer))
		}))
		r := &crashRig{client: newCrashClient(&crashServer{address: server.URL}, time.Minute), result: &crashResult{}, trapped: []*crashArrival{{delivery: "d", attempt: 1, event: &crashEvent{}}}}
		if err := r.checkTrapped(t.Context()); err != nil {
			t.Error(err)
		}
		problems := strings.Join(r.result.Problems, "\n")
		if (problems == "") != (test.problem == "") || !strings.Contains(problems, test.problem) {
			t.Errorf("%s: problems %q, want %q", test.name, problems, test.problem)
		}
		server.Close()
	}
}
