//go:build !race && unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop/internal/testenv"
)

// TestQuickstart does what docs/quickstart.md says, command by command, as somebody who begins with nothing: a fresh home,
// no network but this machine. Its blocks are read as follows; what stands behind the language is not shown to readers.
//
//	bash [TERMINAL]        is typed in that terminal, or in one's own, and ends well
//	bash TERMINAL stays    stays in the foreground; the next block of the terminal begins with Ctrl-C
//	bash again             is typed again until the text that follows is there, as by somebody who looks a second time
//	bash everywhere        is typed in each terminal from then on
//	text [TERMINAL]        lines that the terminal has shown since, in this order, others between them
//	LANGUAGE FILE          is saved in the file
//
// Where something has to be other than on the page it is replaced in all of it: two ports, and the place of the clone.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"bash", "awk", "go", "npm"} {
		testenv.Need(t, program)
	}
	npm := newNPM(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "quickstart.md"))
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	page := strings.NewReplacer("8080", ports[0], "3000", ports[1], "~/bellhop", root, "$HOME/bellhop", root).Replace(string(text))
	home := t.TempDir()
	q := quickstart{t: t, terminals: map[string]*typing{}, home: home, env: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=dumb",
		"BELLHOP_LISTEN=127.0.0.1:" + ports[0],
		// What is compiled, and what was fetched to do so, is what a clone has after its first build. With another value of
		// CGO_ENABLED than that of these tests nothing would be.
		"CGO_ENABLED=" + goEnv(t, "CGO_ENABLED"), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false",
		"npm_config_registry=" + npm, "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false",
	}}
	t.Cleanup(q.closeAll)
	for blocks := blocksOf(t, page); len(blocks) > 0; blocks = blocks[1:] {
		q.follow(blocks)
	}
}

// block is what stands between fences.
type block struct {
	line  int
	words []string // behind the fence
	text  string
}

var fences = regexp.MustCompile("(?ms)^```(\\S[^\n]*)\n(.*?)^```$")

func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	for _, at := range fences.FindAllStringSubmatchIndex(page, -1) {
		blocks = append(blocks, block{
			line:  strings.Count(page[:at[0]], "\n") + 1,
			words: strings.Fields(page[at[2]:at[3]]), text: page[at[4]:at[5]],
		})
	}
	if len(blocks) < 20 || strings.Count(page, "```") != 2*len(blocks) {
		t.Fatalf("of %d fences %d begin or end a block that was read", strings.Count(page, "```"), 2*len(blocks))
	}
	return blocks
}

// quickstart is somebody who follows the page.
type quickstart struct {
	t          *testing.T
	home       string
	env        []string
	everywhere string
	terminals  map[string]*typing // by name, "" is one's own
}

// follow does what the first block says; those behind it may say how often.
func (q *quickstart) follow(blocks []block) {
	q.t.Helper()
	b := blocks[0]
	about := fmt.Sprintf("docs/quickstart.md:%d", b.line)
	words := b.words[1:]
	stays := slices.Contains(words, "stays")
	terminal := ""
	if len(words) > 0 && (b.words[0] == "text" || words[0] != "again") {
		terminal = words[0]
	}
	switch {
	case b.words[0] == "text":
		shown := q.terminals[terminal]
		if shown == nil {
			q.t.Fatalf("%s: there is no terminal %q", about, terminal)
		}
		if missing := shown.wait(b.text); missing != "" {
			q.t.Fatalf("%s: the terminal did not show %q, but\n%s", about, missing, shown.output())
		}
	case b.words[0] != "bash":
		if err := os.WriteFile(strings.Replace(terminal, "~", q.home, 1), []byte(b.text), 0o600); err != nil {
			q.t.Fatalf("%s: %v", about, err)
		}
	case terminal == "everywhere":
		q.everywhere += b.text
	case slices.Contains(words, "again"):
		q.again(about, b.text, blocks[1].text)
	default:
		run := q.typed(terminal, b.text)
		if stays {
			return
		}
		if err := run.ended(); err != nil {
			q.t.Fatalf("%s: %v\n%s", about, err, run.output())
		}
	}
}

// again types a block until it shows what is expected.
func (q *quickstart) again(about, text, expected string) {
	q.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		run := q.typed("", text)
		err := run.ended()
		if err == nil && run.missing(expected) == "" {
			return
		}
		if time.Now().After(deadline) {
			q.t.Fatalf("%s: %v, and %q is missing in\n%s", about, err, run.missing(expected), run.output())
		}
	}
}

// typed begins a block in a terminal.
func (q *quickstart) typed(terminal, text string) *typing {
	q.t.Helper()
	if before := q.terminals[terminal]; before != nil {
		before.interrupt(q.t)
	}
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", q.everywhere+text)
	cmd.Dir, cmd.Env = q.home, q.env
	run, err := startTyping(cmd)
	if err != nil {
		q.t.Fatal(err)
	}
	q.terminals[terminal] = run
	return run
}

func (q *quickstart) closeAll() {
	for name, run := range q.terminals {
		run.interrupt(q.t)
		if q.t.Failed() {
			q.t.Logf("terminal %q:\n%s", name, run.output())
		}
	}
}

// freePorts are ports of this machine that nobody listens at, free again when it returns. They are not of those that
// systems give to whoever asks for any port, as other tests do before these are taken.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	const lowest, highest = 20_000, 30_000
	for tries := 0; len(ports) < n; tries++ {
		port := strconv.Itoa(lowest + rand.IntN(highest-lowest))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			if tries > 100 {
				t.Fatal(err)
			}
			continue
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return ports
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return string(bytes.TrimSpace(out))
}
