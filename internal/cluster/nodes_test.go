package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/testenv"
)

// fast is how many times faster nodes find each other dead than in earnest.
const fast = 3

// world is some nodes on one PostgreSQL.
type world struct {
	*testing.T
	config store.Config
	life   func(cluster.Config) cluster.Config // how long nodes live without a beat
	ahead  time.Duration                       // by which the clocks of nodes are

	mu      sync.Mutex
	holders map[int]*node // who delivers a partition, as its deliverer knows
}

// newWorld returns one whose nodes are taken for dead by nobody. Its test mostly waits, so others run meanwhile.
func newWorld(t *testing.T) *world {
	t.Parallel()
	return &world{T: t, config: storetest.Postgres(t), life: cluster.Config.Lasting, holders: map[int]*node{}}
}

// newMortalWorld returns one where who is silent is found dead fast. On a slow machine others may be, too, and come back.
func newMortalWorld(t *testing.T) *world {
	w := newWorld(t)
	w.life = func(c cluster.Config) cluster.Config { return c }
	return w
}

// node is a process, and its deliverer.
type node struct {
	w       *world
	db      *store.DB
	line    *testenv.Line // between it and the database
	cluster *cluster.Cluster
	stop    context.CancelFunc
	ended   chan struct{}

	held  map[int]store.NodeID // guarded by world.mu
	drops int                  // guarded by world.mu
	slow  chan struct{}        // if it is not nil, Give waits for it
}

// start adds a node.
func (w *world) start(name string, prepare ...func(*node)) *node {
	w.Helper()
	n := &node{w: w, ended: make(chan struct{}), held: map[int]store.NodeID{}}
	config := w.config
	n.line = testenv.NewLine(w.T, config.Database)
	config.Database = n.line.URL()
	var err error
	if n.db, err = store.Open(w.Context(), config); err != nil {
		w.Fatal(err)
	}
	configured := w.life(cluster.Config{
		DB: n.db, Name: name, Version: "v1", Now: func() time.Time { return time.Now().Add(w.ahead) }, Log: slog.New(slog.NewTextHandler(testWriter{w.T, name}, nil)),
	}.Faster(fast))
	n.cluster = cluster.New(configured)
	n.cluster.DeliverWith(n)
	for _, f := range prepare {
		f(n)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	n.stop = cancel
	go func() {
		defer close(n.ended)
		if err := n.cluster.Run(ctx); err != nil {
			w.Errorf("%s: Run = %v", name, err)
		}
	}()
	w.Cleanup(func() {
		cancel()
		<-n.ended
		n.db.Close()
	})
	return n
}

// testWriter writes a log to that of a test.
type testWriter struct {
	t    *testing.T
	name string
}

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s: %s", w.name, bytes.TrimSpace(b))
	return len(b), nil
}

// Take, Give and Drop make a node a deliverer, and see to it that each partition has one at a time.
func (n *node) Take(id store.NodeID, partitions []int) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	for _, p := range partitions {
		if other := n.w.holders[p]; other != nil && other.cluster.Sure() {
			n.w.Errorf("partition %d is taken by %s and delivered by %s", p, id, other.held[p])
		}
		n.w.holders[p] = n
		n.held[p] = id
	}
}

func (n *node) Give(ctx context.Context, partition int) error {
	if n.slow != nil {
		select {
		case <-n.slow:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n.release(partition)
	return nil
}

func (n *node) release(partition int) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	delete(n.held, partition)
	if n.w.holders[partition] == n {
		delete(n.w.holders, partition)
	}
}

func (n *node) Drop() {
	n.w.mu.Lock()
	n.drops++
	held := slices.Collect(maps.Keys(n.held))
	n.w.mu.Unlock()
	for _, p := range held {
		n.release(p)
	}
}

func (n *node) count() int {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	return len(n.held)
}

// eventually waits until ok.
func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	deadline := time.After(10 * time.Minute)
	for !ok() {
		select {
		case <-deadline:
			w.Fatalf("not within ten minutes: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// balanced waits until the nodes share all partitions equally.
func (w *world) balanced(nodes ...*node) {
	w.Helper()
	w.eventually(fmt.Sprintf("%d nodes share all", len(nodes)), func() bool {
		sum, least, most := 0, store.Partitions, 0
		for _, n := range nodes {
			c := n.count()
			sum, least, most = sum+c, min(least, c), max(most, c)
			if s := n.cluster.Stats(); s.Nodes != len(nodes) || s.Owned != c {
				return false
			}
		}
		return sum == store.Partitions && most-least <= 1
	})
}

// write makes a transaction that writes.
func (n *node) write() (as store.NodeID, err error) {
	err = n.db.Update(n.w.Context(), func(tx *store.Tx) error {
		as = tx.Node()
		return tx.SetLoopTold(n.w.Context(), "665f1f77bcf86cd799439011", 1)
	})
	return as, err
}

// Whoever joins gets his share, whoever leaves hands his over, and each partition has one owner.
func TestNodesShare(t *testing.T) {
	w := newWorld(t)
	a := w.start("a")
	w.balanced(a)
	if as, err := a.write(); err != nil || as != a.cluster.Self() {
		t.Errorf("a write is one of node %q, %v, want %q", as, err, a.cluster.Self())
	}
	b := w.start("b")
	w.balanced(a, b)
	c := w.start("c")
	w.balanced(a, b, c)
	w.eventually("all nodes agree on who owns what", func() bool {
		for p := range store.Partitions {
			owner, _ := a.cluster.Owner(p)
			for _, n := range []*node{b, c} {
				if other, _ := n.cluster.Owner(p); other != owner {
					return false
				}
			}
		}
		return true
	})
	var names []string
	for _, n := range b.cluster.Nodes() {
		names = append(names, fmt.Sprint(n.Name, n.Self, n.Version, n.Partitions > 80))
	}
	if want := []string{"afalsev1true", "btruev1true", "cfalsev1true"}; !slices.Equal(names, want) {
		t.Errorf("nodes %q, want %q", names, want)
	}
	if a.cluster.Ready() != nil {
		t.Errorf("Ready() = %v", a.cluster.Ready())
	}

	a.cluster.Retire(t.Context())
	if a.count() != 0 || a.cluster.Ready() == nil {
		t.Errorf("it has retired, owns %d partitions, and is ready: %v", a.count(), a.cluster.Ready())
	}
	if _, err := a.write(); err != nil {
		t.Errorf("a node that has retired writes: %v", err)
	}
	a.stop()
	<-a.ended
	w.balanced(b, c)
	b.cluster.Retire(t.Context())
	b.stop()
	<-b.ended
	w.balanced(c)
	c.cluster.Retire(t.Context()) // there is nobody else
	c.stop()
	<-c.ended
	if d := w.start("d"); true {
		w.balanced(d)
	}
}

// What is under way when a partition is given is waited for; then somebody else has it.
func TestNodesWaitForGiving(t *testing.T) {
	w := newWorld(t)
	free := make(chan struct{})
	a := w.start("a", func(n *node) { n.slow = free })
	w.balanced(a)
	b := w.start("b")
	w.eventually("b is there", func() bool { return a.cluster.Stats().Nodes == 2 && b.cluster.Stats().Nodes == 2 })
	if n := b.count(); n > 0 || a.count() != store.Partitions {
		t.Errorf("b has %d partitions that a has not given", n)
	}
	close(free)
	w.balanced(a, b)
}

// A move that takes too long may still be made: what was to be moved is nobody's work until that is known.
func TestNodesDoNotTakeBackWhatMayBeMoved(t *testing.T) {
	w := newWorld(t)
	a := w.start("a")
	w.balanced(a)
	pg, err := pgx.Connect(t.Context(), w.config.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := pg.Exec(ctx, "DROP FUNCTION hold_move CASCADE"); err != nil { // other tests use the database, too
			t.Error(err)
		}
		pg.Close(ctx)
	})
	// Commits wait as for a disk: who has given up the connection does not end them.
	for _, text := range []string{
		`CREATE FUNCTION hold_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			PERFORM set_config('lock_timeout', '0', true);
			LOOP
				BEGIN
					PERFORM pg_advisory_xact_lock(4711);
					RETURN NULL;
				EXCEPTION WHEN query_canceled THEN NULL;
				END;
			END LOOP;
		END $$`,
		`CREATE CONSTRAINT TRIGGER hold_move AFTER UPDATE ON leases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (OLD.node <> '' AND NEW.node <> OLD.node) EXECUTE FUNCTION hold_move()`,
		"SELECT pg_advisory_lock(4711)",
	} {
		if _, err := pg.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	b := w.start("b")
	w.eventually("a has given some", func() bool { return a.count() < store.Partitions })
	w.eventually("a tries again to move them", func() bool {
		var waits bool
		err := pg.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'leases'::regclass AND NOT granted)").Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if a.count() == store.Partitions {
			t.Fatal("a delivers again what it has given, which may be moved to b at any time")
		}
		return waits
	})
	if _, err := pg.Exec(t.Context(), "SELECT pg_advisory_unlock(4711)"); err != nil {
		t.Fatal(err)
	}
	w.balanced(a, b)
	if fences := a.cluster.Stats().Fences + b.cluster.Stats().Fences; fences > 0 {
		t.Errorf("a node was taken for dead %d times", fences)
	}
}

// A node whose connections are gone is dead, and what it has goes to others. When it is back it
// joins under another id, and has dropped what it had.
func TestNodesDie(t *testing.T) {
	for _, test := range []struct {
		name    string
		die, up func(*testenv.Line)
	}{
		{"cut off", (*testenv.Line).Cut, (*testenv.Line).Mend},
		// As if it was stopped: its connections are there, and silent.
		{"frozen", (*testenv.Line).Freeze, (*testenv.Line).Thaw},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newMortalWorld(t)
			var mu sync.Mutex
			var left []store.NodeID
			a := w.start("a", func(n *node) {
				n.cluster.Left(func(id store.NodeID) {
					mu.Lock()
					defer mu.Unlock()
					left = append(left, id)
				})
			})
			b := w.start("b")
			w.balanced(a, b)
			was := b.cluster.Self()
			test.die(b.line)
			w.balanced(a)
			if b.cluster.Sure() {
				t.Error("a node is sure although others have taken it for dead")
			}
			if s := a.cluster.Stats(); s.Takeovers == 0 {
				t.Errorf("the survivor has %+v", s)
			}
			w.eventually("the survivor is told who left", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slices.Contains(left, was)
			})
			test.up(b.line)
			as, err := b.write() // it waits until b has joined anew
			if err != nil || as == was || as == "" {
				t.Errorf("a write after it is back is one of %q, %v; it was %q", as, err, was)
			}
			w.balanced(a, b)
			w.mu.Lock()
			defer w.mu.Unlock()
			if b.drops == 0 || b.cluster.Stats().Fences == 0 {
				t.Errorf("dropped %d times, fences %d", b.drops, b.cluster.Stats().Fences)
			}
			for p, id := range b.held {
				if id == was {
					t.Errorf("it still delivers partition %d as %s", p, was)
				}
			}
		})
	}
}

// An answer to the node that a process was does not come any more, and nobody waits for it, though the database was there all
// the time.
func TestFencedWhileAsking(t *testing.T) {
	w := newMortalWorld(t)
	a := w.start("a")
	b := w.start("b")
	w.balanced(a, b)
	was, isWaiting := b.cluster.Self(), b.cluster.IsWaiting(a.cluster.Self())
	pg, err := pgx.Connect(t.Context(), w.config.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(t.Context())
	if _, err := pg.Exec(t.Context(), "DELETE FROM nodes WHERE id = $1", string(was)); err != nil {
		t.Fatal(err)
	}
	w.eventually("the node knows that it is dead", func() bool { return b.cluster.Self() != was })
	w.eventually("nobody waits for an answer to it", func() bool { return !isWaiting() })
}

// A transaction of a node that is taken for dead while it runs is not committed, and one that was
// begun before is not after its death.
func TestFencedInTransaction(t *testing.T) {
	w := newMortalWorld(t)
	a := w.start("a")
	b := w.start("b")
	w.balanced(a, b)
	was := b.cluster.Self()
	runs := 0
	err := b.db.Update(t.Context(), func(tx *store.Tx) error {
		if runs++; runs == 1 {
			b.line.Freeze() // the transaction is open
			w.balanced(a)
			b.line.Thaw()
		}
		if runs > 1 && tx.Node() == was {
			t.Error("it is run again as the node that is dead")
		}
		return tx.SetLoopTold(t.Context(), bellhop.ID(fmt.Sprintf("665f1f77bcf86cd7994390%02d", runs)), 1)
	})
	w.balanced(a, b)
	told := map[string]bool{}
	viewErr := a.db.View(t.Context(), func(tx *store.Tx) error {
		for i := range 9 {
			at, err := tx.LoopTold(t.Context(), bellhop.ID(fmt.Sprintf("665f1f77bcf86cd7994390%02d", i)))
			if err != nil {
				return err
			}
			if at > 0 {
				told[fmt.Sprint(i)] = true
			}
		}
		return nil
	})
	if viewErr != nil {
		t.Fatal(viewErr)
	}
	if told["1"] {
		t.Error("what a dead node has written is there")
	}
	if err == nil && !told[fmt.Sprint(runs)] || err != nil && len(told) > 0 {
		t.Errorf("Update = %v after %d runs, and written is %v", err, runs, told)
	}
}

// The database is restarted, or cannot be reached by anybody: nobody is dead because of that.
func TestNobodyDiesOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	w.life = cluster.Config.Mortal // they have as long to come back
	a, b := w.start("a"), w.start("b")
	w.balanced(a, b)
	ids := []store.NodeID{a.cluster.Self(), b.cluster.Self()}
	a.line.Cut()
	b.line.Cut()
	w.eventually("nobody is sure", func() bool { return !a.cluster.Sure() && !b.cluster.Sure() })
	w.eventually("longer than a death takes", func() bool { return a.cluster.Stats().Beat > 7*time.Second })
	if a.cluster.Ready() == nil {
		t.Error("a node that cannot reach the database is ready")
	}
	a.line.Mend()
	b.line.Mend()
	w.balanced(a, b)
	if now := []store.NodeID{a.cluster.Self(), b.cluster.Self()}; !slices.Equal(now, ids) {
		t.Errorf("nodes %v became %v", ids, now)
	}
}

// Messages come to all nodes, or to one, in order; large ones, too.
func TestNodesTell(t *testing.T) {
	w := newWorld(t)
	type heard struct {
		mu  sync.Mutex
		all []string
	}
	hear := func(h *heard) func(*node) {
		return func(n *node) {
			n.cluster.Subscribe("topic", func(from store.NodeID, payload []byte) {
				h.mu.Lock()
				defer h.mu.Unlock()
				text := string(payload)
				if len(text) > 20 {
					text = fmt.Sprintf("%d of %q", len(text), text[:1])
				}
				h.all = append(h.all, text)
			})
		}
	}
	var ha, hb heard
	a := w.start("a", hear(&ha))
	b := w.start("b", hear(&hb))
	w.balanced(a, b)
	has := func(h *heard, want ...string) func() bool {
		return func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Equal(h.all, want)
		}
	}
	// Until b listens what is said is lost; then it is not.
	w.eventually("b listens", func() bool {
		a.cluster.Publish("topic", []byte("are you there?"))
		hb.mu.Lock()
		defer hb.mu.Unlock()
		return len(hb.all) > 0
	})
	a.cluster.Publish("topic", []byte("end"))
	for name, h := range map[string]*heard{"a": &ha, "b": &hb} {
		w.eventually(name+" hears the end", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.all) > 0 && h.all[len(h.all)-1] == "end"
		})
	}
	ha.mu.Lock()
	ha.all = nil
	ha.mu.Unlock()
	hb.mu.Lock()
	hb.all = nil
	hb.mu.Unlock()
	a.cluster.Publish("topic", []byte("one"))
	a.cluster.Publish("topic", []byte{0, 255})
	a.cluster.Send(b.cluster.Self(), "topic", []byte("two words"))
	a.cluster.Send(a.cluster.Self(), "topic", []byte("to myself"))
	a.cluster.Publish("topic", bytes.Repeat([]byte("x"), 7000))
	a.cluster.Publish("topic", bytes.Repeat([]byte{0}, 1<<20))
	a.cluster.Publish("topic", nil)
	w.eventually("a hears", has(&ha, "one", "\x00\xff", "to myself", `7000 of "x"`, `1048576 of "\x00"`, ""))
	w.eventually("b hears", has(&hb, "one", "\x00\xff", "two words", `7000 of "x"`, `1048576 of "\x00"`, ""))

	hb.mu.Lock()
	hb.all = nil
	hb.mu.Unlock()
	a.line.Freeze() // what is gathered meanwhile goes together
	for i := range 100 {
		a.cluster.Gather(b.cluster.Self(), "topic", fmt.Sprint(i), "x", fmt.Sprint(i%3))
	}
	a.line.Thaw()
	w.eventually("b hears what was gathered", func() bool {
		hb.mu.Lock()
		defer hb.mu.Unlock()
		heard := map[string]bool{}
		for _, text := range hb.all {
			for _, item := range strings.Split(text, "\n")[1:] {
				heard[item] = true
			}
		}
		return len(heard) == 4 && heard["x"] && heard["0"] && heard["1"] && heard["2"] && strings.HasPrefix(hb.all[len(hb.all)-1], "99\n")
	})
	hb.mu.Lock()
	defer hb.mu.Unlock()
	if n := len(hb.all); n > 50 {
		t.Errorf("what was gathered 100 times came in %d messages, want few", n)
	}
}

// Who was cut off is told that he may have missed something.
func TestNodesMiss(t *testing.T) {
	w := newWorld(t)
	missed := make(chan struct{}, 100)
	a := w.start("a", func(n *node) { n.cluster.Missed(func() { missed <- struct{}{} }) })
	w.balanced(a)
	<-missed // before it listened
	a.line.Cut()
	a.line.Mend()
	<-missed
}

func TestNodesAsk(t *testing.T) {
	w := newWorld(t)
	hang := make(chan struct{})
	var counted atomic.Int64
	a := w.start("a")
	b := w.start("b", func(n *node) {
		n.cluster.Answer("double", func(_ context.Context, from store.NodeID, question []byte) ([]byte, error) {
			switch {
			case from != a.cluster.Self():
				t.Errorf("asked by %s, want %s", from, a.cluster.Self())
			case len(question) == 0:
				return nil, &bellhop.Error{Code: bellhop.Conflict, Message: "Nothing to double", RetryAfter: time.Second}
			case question[0] == '!':
				return nil, errors.New("it is odd")
			}
			return append(question, question...), nil
		})
		n.cluster.Answer("count", func(context.Context, store.NodeID, []byte) ([]byte, error) {
			return []byte(fmt.Sprint(counted.Add(1))), nil
		})
		n.cluster.Answer("hang", func(ctx context.Context, _ store.NodeID, _ []byte) ([]byte, error) {
			close(hang)
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	w.balanced(a, b)
	to := b.cluster.Self()
	w.eventually("b listens", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // until then it was lost
		defer cancel()
		answer, err := a.cluster.Ask(ctx, to, "double", []byte("ab"))
		return err == nil && string(answer) == "abab"
	})
	large := bytes.Repeat([]byte{7, 0}, cluster.MaxQuestion/4)
	if answer, err := a.cluster.Ask(t.Context(), to, "double", large); err != nil || len(answer) != 2*len(large) {
		t.Errorf("a large question: %d bytes, %v", len(answer), err)
	}
	_, err := a.cluster.Ask(t.Context(), to, "double", nil)
	if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Conflict || e.Message != "Nothing to double" || e.RetryAfter != time.Second {
		t.Errorf("an answer that is an error: %v", err)
	}
	if _, err := a.cluster.Ask(t.Context(), to, "double", []byte("!")); err == nil || !strings.Contains(err.Error(), "it is odd") {
		t.Errorf("an answer that is an internal error: %v", err)
	}
	if _, err := a.cluster.Ask(t.Context(), to, "double", make([]byte, cluster.MaxQuestion/2+1)); err == nil {
		t.Error("an answer that is too large came")
	}
	if _, err := a.cluster.Ask(t.Context(), to, "triple", nil); !errors.Is(err, cluster.ErrNoAnswer) {
		t.Errorf("a topic that nobody answers on: %v", err)
	}
	if _, err := a.cluster.Ask(t.Context(), "0123456789abcdef01234567", "double", nil); !errors.Is(err, cluster.ErrNoNode) {
		t.Errorf("a node that is not there: %v", err)
	}
	a.cluster.AskTwice(to, "count")
	for range 10 { // they come after both
		if _, err := a.cluster.Ask(t.Context(), to, "count", nil); err != nil {
			t.Error(err)
		}
	}
	w.eventually("all is answered once", func() bool { return counted.Load() >= 11 })
	if n := counted.Load(); n != 11 {
		t.Errorf("%d answers to 11 questions of which one has come twice", n)
	}
	asked := make(chan error, 1)
	go func() {
		_, err := a.cluster.Ask(t.Context(), to, "hang", nil)
		asked <- err
	}()
	<-hang
	b.line.Cut() // it dies while it is asked, of which others hear at once
	pg, err := pgx.Connect(t.Context(), w.config.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(t.Context())
	if _, err := pg.Exec(t.Context(), "DELETE FROM nodes WHERE id = $1", string(to)); err != nil {
		t.Fatal(err)
	}
	if err := <-asked; !errors.Is(err, cluster.ErrNoNode) {
		t.Errorf("a node that dies: %v", err)
	}
	b.line.Mend()
}
