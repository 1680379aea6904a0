package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bellhop/internal/testenv"
)

func noEnv(string) string { return "" }

func TestSelftestRefuses(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "needs a word"},
		{[]string{"fly"}, `no command "selftest fly"`},
		{[]string{"crash", "--kills", "-1"}, "--kills"},
		{[]string{"crash", "--kills", "1000000"}, "--kills"},
		{[]string{"crash", "--duration", "2h"}, "--duration"},
		{[]string{"crash", "--kills", "0"}, "something else must be asked for"},
		{[]string{"crash", "--disk-full=quota"}, "tmpfs or limit"},
		{[]string{"crash", "--nodes", "3"}, "--nodes above 1 needs --database"},
		{[]string{"crash", "--nodes", "0", "--database", "postgres://h/d"}, "--nodes"},
		{[]string{"crash", "--faults", "-1"}, "--faults"},
		{[]string{"crash", "--faults", "1", "--fault-kinds", "flood"}, "flood cannot happen"},
		{[]string{"crash", "--restart-database", "true"}, "need --database"},
		{[]string{"crash", "--database", "postgres://h/d", "--restart-database", "true", "--postgres-data", "/x"}, "exclude each other"},
		{[]string{"crash", "--database", "mysql://h/d"}, "postgres://"},
		{[]string{"crash", "--database", "postgres://h/d", "--recovery", "0s"}, "--recovery"},
		{[]string{"crash", "now"}, "unexpected argument"},
	} {
		err := run(t.Context(), append([]string{"selftest"}, test.args...), noEnv, nil, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("selftest %v: %v, want %q", test.args, err, test.want)
		}
	}
	if err := run(t.Context(), []string{"selftest", "--help"}, noEnv, nil, io.Discard, io.Discard); err != nil {
		t.Errorf("selftest --help: %v", err)
	}
}

// A run that fails keeps its directory and says how to do it again.
func TestSelftestKeepsWhatFailed(t *testing.T) {
	dir := t.TempDir()
	c := crashConfig{kills: optional{1, true}, seed: 7, dir: dir, program: testenv.Need(t, "false")} // it is no server
	err := c.run(t.Context(), environment{noEnv, nil, io.Discard, io.Discard})
	if err == nil || !strings.Contains(err.Error(), "\nagain: bellhop selftest crash --kills 1 --seed 7") {
		t.Fatalf("error %v, want one that says how to do it again", err)
	}
	_, kept, _ := strings.Cut(err.Error(), "\nkept: ")
	kept, _, _ = strings.Cut(kept, "\n")
	if _, err := os.Stat(filepath.Join(kept, "kills")); err != nil || filepath.Dir(kept) != dir {
		t.Errorf("kept %q: %v", kept, err)
	}
}

func TestAgain(t *testing.T) {
	for _, line := range []string{
		"bellhop selftest crash --kills 20 --seed 7",
		"bellhop selftest crash --kills 0 --seed 7 --duration 30s --disk-full=limit --read-only --clock",
		"bellhop selftest crash --seed 7 --nodes 1 --faults 4 --recovery 12s --fault-kinds kill,drain",
	} {
		var c crashConfig
		fs := c.flags(environment{stderr: io.Discard})
		if err := parse(fs, strings.Fields(line)[3:], noEnv); err != nil {
			t.Fatal(err)
		}
		if err := c.check(); err != nil {
			t.Fatal(err)
		}
		if got := c.again(); got != line {
			t.Errorf("again() = %q, want %q", got, line)
		}
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{"kill,drain": "kill,drain", "pg_ctl -D /x": "'pg_ctl -D /x'", "it's": `'it'\''s'`} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestPlanKills(t *testing.T) {
	for _, kills := range []int{1, 2, 5, 20, 100} {
		const load = time.Minute
		plan := func() []crashStep { return planKills(rand.New(rand.NewPCG(1, 2)), kills, load) }
		steps := plan()
		if !reflect.DeepEqual(steps, plan()) {
			t.Errorf("%d kills: another plan from the same seed", kills)
		}
		n, total, kinds := 0, time.Duration(0), map[string]bool{}
		for _, step := range steps {
			n += crashKinds[step.kind]
			total += step.after
			kinds[step.kind] = true
		}
		if n != kills {
			t.Errorf("%d kills are planned, want %d", n, kills)
		}
		if total > 2*load {
			t.Errorf("%d kills take %v, want about %v", kills, total, load)
		}
		if kills >= 20 && len(kinds) != len(crashKinds) {
			t.Errorf("%d kills are of the kinds %v, want all", kills, kinds)
		}
	}
}

func TestCrashResultLine(t *testing.T) {
	r := crashResult{Part: "kills", Accepted: 12345, Duplicates: 7, Unexplained: 1, Recovery: 0.4159, RecoveryMedian: 0.1}
	r.sum()
	const want = "accepted=12345, lost=0, duplicates=7, unexplained=1, out-of-order=0, posted-twice=0, refused=0, recovery=0.42s, recovery-median=0.10s, problems=1"
	if got := r.line(); got != want {
		t.Errorf("line() = %q, want %q", got, want)
	}
	r.Part = "clock"
	if got := r.line(); got != "clock: "+want {
		t.Errorf("line() = %q, want %q", got, "clock: "+want)
	}
}

func TestAgeTable(t *testing.T) {
	ages := []time.Duration{time.Millisecond, 5 * time.Millisecond, 6 * time.Millisecond, 40 * time.Millisecond, time.Second}
	const want = "2 up to 5ms, 1 up to 10ms, 0 up to 20ms, 1 up to 40ms, 0 up to 80ms, 1 longer (longest 1s)"
	if got := ageTable(ages); got != want {
		t.Errorf("ageTable = %q, want %q", got, want)
	}
}

// The server's log comes in pieces.
func TestCrashLog(t *testing.T) {
	ledger := newCrashLedger()
	p := &crashProcess{listening: make(chan string, 1)}
	var kept bytes.Buffer
	log := &crashLog{file: &kept, process: p, ledger: ledger}
	text := `{"msg":"listening","url":"http://127.0.0.1:1"}` + "\n" + `{"msg":"panic in a handler"}` + "\npanic: oops\n"
	for i := range len(text) {
		if _, err := log.Write([]byte(text[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if url := <-p.listening; url != "http://127.0.0.1:1" {
		t.Errorf("listening at %q", url)
	}
	if kept.String() != text || len(ledger.odd) != 2 {
		t.Errorf("kept %q, strange %v", &kept, ledger.odd)
	}
}

func TestClockFrom(t *testing.T) {
	if clockFrom("") != nil {
		t.Error("there is a clock without a file")
	}
	file := filepath.Join(t.TempDir(), "clock")
	clock := clockFrom(file)
	for _, test := range []struct {
		text string
		want time.Duration
	}{{"", 0}, {"-3h0m0s", -3 * time.Hour}, {"2h\n", 2 * time.Hour}, {"soon", 0}} {
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(clock()); got > test.want || got < test.want-time.Minute {
			t.Errorf("with %q the clock is %v ahead, want %v", test.text, got, test.want)
		}
	}
}
