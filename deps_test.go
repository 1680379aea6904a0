package bellhop_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers says for each package which of our packages it may import, all named from the root of the module, whatever that
// is called. CONTRIBUTING.md says why. Tests are exempt: they may stand a part on whatever it is used with.
var layers = map[string][]string{
	// Words: what things are called and when they are valid.
	".":                {},
	"./internal/event": {"."},
	"./internal/query": {"."},

	// The description of the API, made of words; and what holds tests to it.
	"./internal/openapi":             words,
	"./internal/openapi/openapitest": plus(words, "./internal/openapi"),

	// Ground: the only ways to the disk and to the outside.
	"./internal/trouble":         {},
	"./internal/store":           plus(words, "./internal/trouble"),
	"./internal/store/storetest": plus(words, "./internal/store", "./internal/testenv"),
	"./internal/egress":          {},

	// Between the nodes that share a store: who delivers what, and messages. All rules may use it.
	"./internal/cluster": plus(words, "./internal/trouble", "./internal/store"),

	// Rules: each may use those before it, and the dispatcher none.
	"./internal/audit":        ground,
	"./internal/account":      plus(ground, "./internal/audit"),
	"./internal/subscription": plus(ground, "./internal/audit", "./internal/account"),
	"./internal/resource":     plus(ground, "./internal/audit", "./internal/account", "./internal/subscription"),
	"./internal/conversation": plus(ground, "./internal/account", "./internal/subscription", "./internal/resource"),
	"./internal/live":         plus(ground, "./internal/account", "./internal/subscription"),
	"./internal/stats":        plus(ground, "./internal/account"),
	"./internal/dispatch":     ground,

	// What a tunnel speaks, which both of its ends know, needs nothing of ours. Which tunnels there are is a rule.
	"./internal/tunnel/wire":   {},
	"./internal/tunnel/roster": plus(ground, "./internal/account", "./internal/tunnel/wire"),

	// Edges: what speaks HTTP. They never see the store, nor each other.
	"./internal/web":    plus(words, "./internal/trouble"),
	"./internal/api":    plus(rules, "./internal/web", "./internal/openapi"),
	"./internal/ui":     plus(rules, "./internal/web", "./internal/openapi"),
	"./internal/tunnel": plus(rules, "./internal/trouble", "./internal/web", "./internal/tunnel/wire", "./internal/tunnel/roster"),

	// Tools of who writes a receiver: one tries it as the server would, one says why a signature is wrong.
	"./internal/check":  plus(words, "./internal/egress"),
	"./internal/verify": words,

	// The other end of a tunnel, on a developer's machine: it sees the server from outside only.
	"./internal/listen": {"./internal/tunnel/wire"},

	// Watchers: they are told by the hooks of what they watch, which knows nothing of them.
	"./internal/metrics": plus(ground, "./internal/dispatch", "./internal/web"),
	"./internal/trace":   plus(ground, "./internal/dispatch", "./internal/web"),
	"./internal/health":  plus(ground, "./internal/dispatch"),

	// Assembly: the server, put together of all that is below.
	"./internal/server": plus(rules, "./internal/trouble", "./internal/store", "./internal/egress", "./internal/cluster",
		"./internal/web", "./internal/api", "./internal/ui", "./internal/tunnel", "./internal/tunnel/roster", "./internal/metrics", "./internal/trace", "./internal/health"),

	// For tests of bots: the server as it is, and the SDK.
	"./chipchat/chipchattest": {".", "./internal/account", "./internal/server", "./chipchat"},

	// Beside them: the SDK stands alone, and tests have a package of their own.
	"./chipchat":             {},
	"./chipchat/conformance": {},
	"./internal/testenv":     {},

	// A program that runs tests with a database server.
	"./internal/testenv/withpostgres": {"./internal/testenv"},

	// A program around the server, which it sees from outside only.
	"./cmd/bellhop/bench": {},
}

// top may import anything of ours.
const top = "./cmd/bellhop"

var (
	words  = []string{".", "./internal/event", "./internal/query"}
	ground = plus(words, "./internal/trouble", "./internal/store", "./internal/egress", "./internal/cluster")
	rules  = plus(words, "./internal/audit", "./internal/account", "./internal/subscription", "./internal/resource",
		"./internal/conversation", "./internal/live", "./internal/stats", "./internal/dispatch")
)

// only says who alone may import a package of somebody else, or one of ours that has few users. A name that ends in a
// slash covers all below it.
var only = map[string][]string{
	"database/sql":                {"./internal/store", "./internal/store/storetest"},
	"modernc.org/":                {"./internal/store", "./internal/store/storetest"},
	"github.com/jackc/pgx/":       {"./internal/store", "./internal/testenv"},
	"./chipchat":                  {top, "./chipchat/chipchattest"},
	"./internal/server":           {top, "./chipchat/chipchattest"},
	"github.com/prometheus/":      {"./internal/metrics"},
	"go.opentelemetry.io/":        {"./internal/trace"},
	"go.yaml.in/yaml/":            {"./internal/openapi"},
	"github.com/santhosh-tekuri/": {"./internal/openapi/openapitest"},
	"testing":                     {"./internal/testenv", "./internal/store/storetest", "./chipchat/chipchattest"},
}

// impure is what the words, which do no I/O, have no use for.
var impure = []string{"database/sql", "net", "net/http", "net/http/", "os", "os/", "log", "log/", "syscall"}

// dialing opens connections to others: by a call, or by a value of a type that does.
var dialing = []string{
	"net.Dial", "net.DialIP", "net.DialTCP", "net.DialTimeout", "net.DialUDP", "net.DialUnix", "net.Dialer{",
	"tls.Dial", "tls.DialWithDialer", "tls.Dialer{",
	"http.DefaultClient", "http.DefaultTransport", "http.Get", "http.Head", "http.Post", "http.PostForm",
	"http.Client{", "http.Transport{",
}

// dialers may do so: egress for the server, whose rules on addresses nobody can pass by, and what is a client itself. That
// of chipchattest reaches what is in the memory of the test; that of testenv the database of tests.
var dialers = []string{"./internal/egress", "./internal/testenv", "./chipchat", "./chipchat/chipchattest", "./internal/check", "./internal/listen", "./cmd/bellhop/bench", top}

// modules are the modules that we import, each with its reason. A new one needs a sentence here and in its commit.
var modules = map[string]string{
	"modernc.org/sqlite":                                              "the database without cgo, so that the binary is static",
	"github.com/jackc/pgx/v5":                                         "the other database, PostgreSQL: batches, notifications, and TLS, in Go alone",
	"golang.org/x/crypto":                                             "argon2 for passwords, which the standard library lacks",
	"github.com/prometheus/client_golang":                             "the metrics, in the one form that everything reads",
	"go.opentelemetry.io/otel":                                        "traces, by the library of the standard",
	"go.opentelemetry.io/otel/sdk":                                    "the part of it that samples and batches",
	"go.opentelemetry.io/otel/trace":                                  "the part of it that names spans",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp": "the part of it that speaks to collectors",
	"go.opentelemetry.io/proto/otlp":                                  "tests play a collector",
	"google.golang.org/protobuf":                                      "what is sent to a collector, for tests",
	"github.com/coder/websocket":                                      "tunnels: WebSockets for both ends, with contexts, in a small library without others",
	"github.com/dustin/go-humanize":                                   "sizes as people write them, such as 20GiB; the database needs it, too",
	"golang.org/x/sync":                                               "errgroup holds what runs for the life of the server",
	"go.yaml.in/yaml/v4":                                              "the OpenAPI document as YAML, by the library of the YAML project, which needs no other",
	"github.com/santhosh-tekuri/jsonschema/v6":                        "tests hold every exchange to the schemas of the OpenAPI document",
	"github.com/tidwall/btree":                                        "ordered maps that share what is the same with their copies, for who listens",
	"github.com/chromedp/chromedp":                                    "tests drive the pages in a real browser",
	"github.com/chromedp/cdproto":                                     "the browser's protocol that chromedp speaks, for tests",
	"golang.org/x/net":                                                "which proxy the environment names for a host, and for which none",
	"github.com/creack/pty":                                           "tests press keys on a pseudo terminal",
	"golang.org/x/term":                                               "commands know a terminal, its width, and read a password unseen",
	"github.com/mattn/go-runewidth":                                   "how many columns a text takes, for tables with names in any script",
	"github.com/rogpeppe/go-internal":                                 "testscript, for scripts of the commands as users type them",
	"golang.org/x/sys":                                                "selftest fills the disk of another process: prlimit, mount and statfs; listen waits for keys: poll; a server may be silent for so long: TCP_USER_TIMEOUT",
}

// pkg is what `go list -json` tells of a package.
type pkg struct {
	Dir, ImportPath                             string
	GoFiles, Imports, TestImports, XTestImports []string
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := layers[p.ImportPath]
		if !known && p.ImportPath != top {
			t.Errorf("%s has no row in the table of layers", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if ours(imp) && p.ImportPath != top && !slices.Contains(allowed, imp) {
				t.Errorf("%s imports %s, which its layer may not", p.ImportPath, imp)
			}
			for name, users := range only {
				if covers(name, imp) && !slices.Contains(users, p.ImportPath) {
					t.Errorf("%s imports %s, which is only for %s", p.ImportPath, imp, strings.Join(users, ", "))
				}
			}
			if slices.Contains(words, p.ImportPath) && slices.ContainsFunc(impure, func(name string) bool { return covers(name, imp) }) {
				t.Errorf("%s imports %s, but words do no I/O", p.ImportPath, imp)
			}
			if p.ImportPath == "./chipchat" && foreign(imp) {
				t.Errorf("%s imports %s, but a bot takes no dependency of ours", p.ImportPath, imp)
			}
		}
	}
}

func TestDialing(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(dialers, p.ImportPath) {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if word := spelled(n); slices.Contains(dialing, word) {
					t.Errorf("%s: %s, but only egress dials out", fset.Position(n.Pos()), word)
				}
				return true
			})
		}
	}
}

// spelled returns "net.Dial" for a selector and "net.Dialer{" for a composite literal, or for new(net.Dialer).
func spelled(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if typ := spelled(n.Type); typ != "" {
			return typ + "{"
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && len(n.Args) == 1 {
			return spelled(n.Args[0]) + "{"
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok {
			return x.Name + "." + n.Sel.Name
		}
	}
	return ""
}

func TestModules(t *testing.T) {
	required, direct := requirements(t)
	for _, name := range direct {
		if modules[name] == "" {
			t.Errorf("go.mod requires %s, which has no reason here", name)
		}
	}
	for _, p := range packages(t) {
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if !foreign(imp) {
				continue
			}
			if name := owner(imp, required); modules[name] == "" {
				t.Errorf("%s imports %s of module %q, which has no reason here", p.ImportPath, imp, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if !slices.Contains(required, name) {
			t.Errorf("%s has a reason here, but go.mod does not require it", name)
		}
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out := goCommand(t, "list", "-json=Dir,ImportPath,GoFiles,Imports,TestImports,XTestImports", "./...")
	root := strings.TrimSpace(goCommand(t, "list", "-m"))
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("decoding go list: %v", err)
		}
		all = append(all, p.named(root))
	}
}

// named returns p with our own paths relative to the module's root.
func (p pkg) named(root string) pkg {
	p.ImportPath = local(root, p.ImportPath)
	for _, list := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
		for i, imp := range list {
			list[i] = local(root, imp)
		}
	}
	return p
}

func local(root, imp string) string {
	if rest, ok := strings.CutPrefix(imp, root); ok && (rest == "" || rest[0] == '/') {
		return "." + rest
	}
	return imp
}

// requirements returns all modules of go.mod, and those that are not marked as indirect.
func requirements(t *testing.T) (all, direct []string) {
	t.Helper()
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal([]byte(goCommand(t, "mod", "edit", "-json")), &mod); err != nil {
		t.Fatalf("decoding go.mod: %v", err)
	}
	for _, r := range mod.Require {
		all = append(all, r.Path)
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	return all, direct
}

func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func ours(imp string) bool {
	return imp == "." || strings.HasPrefix(imp, "./")
}

// foreign reports whether an import is neither ours nor of the standard library, whose paths begin without a dot.
func foreign(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !ours(imp) && strings.Contains(first, ".")
}

// owner returns the longest module path that holds an import.
func owner(imp string, required []string) string {
	best := ""
	for _, name := range required {
		if (imp == name || strings.HasPrefix(imp, name+"/")) && len(name) > len(best) {
			best = name
		}
	}
	return best
}

func covers(name, imp string) bool {
	return imp == name || strings.HasSuffix(name, "/") && strings.HasPrefix(imp, name)
}

func plus(list []string, more ...string) []string {
	return slices.Concat(list, more)
}
