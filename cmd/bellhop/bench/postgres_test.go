package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A process as the system tells of it: a name, its parent, and its times in ticks: user, system, and those of its ended
// children.
type told struct {
	pid    int
	name   string
	parent int
	times  [4]int
}

func tell(t *testing.T, processes ...told) (proc string) {
	t.Helper()
	proc = t.TempDir()
	for _, p := range processes {
		dir := filepath.Join(proc, strconv.Itoa(p.pid))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%d (%s) S %d 1 1 0 -1 4194560 5 6 7 8 %d %d %d %d 20 0 1 0 99\n",
			p.pid, p.name, p.parent, p.times[0], p.times[1], p.times[2], p.times[3])
		if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func TestPostgresUsage(t *testing.T) {
	proc := tell(t,
		told{1, "init", 0, [4]int{1000, 1000, 1000, 1000}},
		told{10, "postgres", 1, [4]int{1, 2, 30, 40}},
		told{11, "postgres", 10, [4]int{500, 600, 0, 0}},
		told{12, "a (b) c", 10, [4]int{7000, 8000, 9, 9}}, // what archives its log, say
		told{20, "postgres", 1, [4]int{1000, 1000, 0, 0}}, // another server
	)
	p, err := findPostgresIn(proc, 11)
	if err != nil || p == nil {
		t.Fatalf("findPostgres = %v, %v", p, err)
	}
	u, err := p.usage(t.Context())
	if want := (1 + 2 + 30 + 40 + 500 + 600 + 7000 + 8000) * 10 * time.Millisecond; err != nil || u.CPU != want {
		t.Errorf("usage = %+v, %v, want %v", u, err, want)
	}
}

// The number of a process on another machine means nothing, or somebody else, here.
func TestPostgresElsewhere(t *testing.T) {
	proc := tell(t, told{1, "init", 0, [4]int{}}, told{5, "cat", 1, [4]int{}})
	for _, pid := range []int{4, 5} {
		if p, err := findPostgresIn(proc, pid); p != nil || err != nil {
			t.Errorf("findPostgres of process %d = %v, %v, want nil", pid, p, err)
		}
	}
}
