# Everything that is checked, on a developer's machine and by CI alike, is `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BOTS := cmd/bellhop/testdata/node

# Without C, as the program is built: so what its tests begin with is compiled once, for them and for the program. The race
# detector alone needs C.
export CGO_ENABLED := 0

.PHONY: help
help: ## show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# The race detector leaves the C of SQLite alone, with the library of C that it calls and the memory that this gives:
# translated to Go, they have no races of ours, and are twenty times slower with it. What it has nothing to see in runs
# without it, and its files are built so: tests of cmd/bellhop, whose server is another process; walks through the API that
# send one request after the other; what the store removes in days; the plans of lists in a big store. So do all tests of
# the pages, of which few do two things at a time: those run with it, too. The simulations run a few schedules with the
# detector, and many without, those on PostgreSQL only so.
#
# It runs on one processor: with more it crashes now and then in timers of synctest (go.dev/issue/78156), and what it finds
# is by order, not by chance to meet.
RACE := -race -cpu=1 -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc/...=-race=false' -gcflags='modernc.org/memory=-race=false'

# It has nothing to see in these, whose tests start no goroutine. What is new is tested with it, unless it stands here.
PLAIN := . ./internal/audit ./internal/openapi/... ./internal/query ./internal/trace ./internal/tunnel/wire

# What the rules promise holds on PostgreSQL, too: the same tests once more. All else that knows the engine is in the store,
# whose own tests run on both.
RULES := ./internal/account ./internal/resource ./internal/conversation ./internal/subscription ./internal/stats ./internal/live

.PHONY: test
test: tools vet $(BOTS)/node_modules/.package-lock.json ## install what the tests need, then run all of them
	@go run ./internal/testenv/withpostgres $(MAKE) --no-print-directory run-tests

# All of them share one PostgreSQL server, in a directory of its own, which lasts as long as they do. Three parts run at a
# time, since all of them wait now and then, the commands mostly, for browsers and servers; one that fails does not end the
# others. The target vet has looked at all that go test would look at once more, in each part.
PARTS := test-commands test-race test-walks test-postgres test-simulation test-plain

.PHONY: run-tests $(PARTS)
run-tests:
	@$(MAKE) --no-print-directory --keep-going --jobs=3 $(PARTS)

test-commands:
	@go test -vet=off -parallel 4 -timeout 30m ./cmd/bellhop

test-race:
	@CGO_ENABLED=1 go test -vet=off $(RACE) -timeout 30m $$(comm -23 <(go list ./... | sort) <(go list $(PLAIN) ./internal/ui | sort))
	@CGO_ENABLED=1 go test -vet=off $(RACE) -timeout 30m ./internal/ui -run 'Live|Streams|Sessions|URL'

test-walks:
	@go test -vet=off -timeout 15m ./internal/ui
	@go test -vet=off -timeout 15m ./internal/api ./internal/store ./internal/conversation -run 'Matrix|Bound|Largest|Samples|Rights|ReadsAWholeTable|Retain|Space|ManyTags'

test-postgres:
	@BELLHOP_TEST_ENGINE=postgres go test -vet=off -timeout 15m $(RULES)

test-simulation:
	@go test -vet=off -timeout 15m ./internal/dispatch -run '^TestSimulation' -seeds 120

test-plain:
	@go test -vet=off -timeout 15m $(PLAIN)

.PHONY: shots
shots: tools $(BOTS)/node_modules/.package-lock.json ## take pictures of all pages, into ./shots
	@go test -timeout 15m ./cmd/bellhop -run '^TestEveryPage$$' -shots $(CURDIR)/shots

.PHONY: build
build: ## build ./bellhop, one static binary
	go build -trimpath -o bellhop ./cmd/bellhop

.PHONY: vet
vet: ## go vet, and gofmt as a check
	@go vet ./...
	@$(MAKE) --no-print-directory fmt-check

.PHONY: fmt-check
fmt-check: ## fail and name the files that gofmt would change
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not gofmt'ed:" $$files >&2; exit 1; fi

# gcc and the C headers are for the race detector, chromium for the pages, strace for the proof that an answer follows
# its fsync, curl for what dev prints, postgresql for a server of the tests' own, node and npm for bots on the published SDK. Where there is no apt-get the tests say what they miss.
.PHONY: tools
tools:
	@packages=(); \
	need() { local package=$$1 command; shift; \
		for command in "$$@"; do if command -v "$$command" >/dev/null; then return; fi; done; \
		packages+=("$$package"); }; \
	need nodejs node; \
	need npm npm; \
	need strace strace; \
	need curl curl; \
	need postgresql initdb /usr/lib/postgresql/*/bin/initdb; \
	need chromium-headless-shell chromium-headless-shell chromium chromium-browser google-chrome; \
	if ! echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1; then packages+=(gcc libc6-dev); fi; \
	if [ $${#packages[@]} -eq 0 ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "not installed: $${packages[*]}" >&2; exit 0; fi; \
	root=(); \
	if [ "$$(id -u)" -ne 0 ]; then \
		if ! command -v sudo >/dev/null; then echo "not installed, and no sudo: $${packages[*]}" >&2; exit 0; fi; \
		root=(sudo); \
	fi; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${packages[@]}"

$(BOTS)/node_modules/.package-lock.json: $(BOTS)/package.json $(BOTS)/package-lock.json
	@cd $(BOTS) && if command -v npm >/dev/null; then npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json; fi
