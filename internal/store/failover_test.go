package store_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/testenv"
)

// pair is a server and its replica, on which each commit waits until it is there too.
type pair struct {
	*testing.T
	leader, replica *testenv.Program
}

func newPair(t *testing.T) *pair {
	leader, _ := ownServer(t)
	if err := leader.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := leader.Start(testenv.WithReplica()...); err != nil {
		t.Fatal(err)
	}
	replica, err := leader.StartReplica()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { replica.Stop() })
	p := &pair{t, leader, replica}
	p.waitFor(testenv.ReplicaName)
	return p
}

// on runs statements on a server, each by itself.
func (p *pair) on(server *testenv.Program, statements ...string) {
	p.Helper()
	conn, err := pgx.Connect(p.Context(), server.URL())
	if err != nil {
		p.Fatal(err)
	}
	defer conn.Close(p.Context())
	for _, statement := range statements {
		if _, err := conn.PgConn().Exec(p.Context(), statement).ReadAll(); err != nil {
			p.Fatal(err)
		}
	}
}

// until runs on the leader and returns when a condition is met there.
func (p *pair) until(condition string) {
	p.Helper()
	p.on(p.leader, "DO $$ BEGIN WHILE NOT ("+condition+") LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$")
}

// waitFor makes commits wait for the replica of that name. Those that wait already look when something is written.
func (p *pair) waitFor(replica string) {
	p.Helper()
	p.on(p.leader, "ALTER SYSTEM SET synchronous_standby_names = "+replica, "SELECT pg_reload_conf()",
		"SET synchronous_commit = off; SELECT pg_logical_emit_message(true, 'test', '')")
	p.until("current_setting('synchronous_standby_names') = '" + replica + "'")
}

// untilWaiting returns when so many commits wait for a replica.
func (p *pair) untilWaiting(n string) {
	p.Helper()
	p.until("(SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep') = " + n)
}

// A server that is replaced by its replica loses nothing of what anybody was told to be stored, and nobody is told that of
// something which is not on the replica. Numbers go on behind all that were given, and the old server is refused.
func TestFailover(t *testing.T) {
	p := newPair(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // as a machine that is gone: nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	config := store.Config{Database: p.leader.Or(p.replica, silent.Addr()), KeyFile: filepath.Join(t.TempDir(), "key")}
	db := open(t, config)
	lane := bellhop.ID(strings.Repeat("1", 24))
	publish := func(e *bellhop.Event) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			*e = bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k", CreatedAt: noon, Payload: []byte("{}")}
			return tx.Append(t.Context(), e, []bellhop.Delivery{{Service: lane}})
		})
	}
	insert := func(id bellhop.ID) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.Insert(t.Context(), bellhop.Contacts, &bellhop.Document{ID: id, Organization: organization,
				OrgPath: string(organization), CreatedAt: noon, UpdatedAt: noon, Body: []byte("{}")})
		})
	}
	in := func(f func() error) <-chan error {
		done := make(chan error, 1)
		go func() { done <- f() }()
		return done
	}

	// Somebody ends the waiting of a commit: it goes on, and nobody is told until the replica has it.
	p.waitFor("nobody")
	var first, second bellhop.Event
	done := in(func() error { return publish(&first) })
	p.untilWaiting("1")
	p.on(p.leader, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
	p.until("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT')")
	p.untilWaiting("1")
	select {
	case err := <-done:
		t.Fatalf("Update = %v, before the replica has it", err)
	default:
	}
	p.waitFor(testenv.ReplicaName)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mark, err := db.Mark(t.Context(), bellhop.Users)
	if err != nil {
		t.Fatal(err)
	}

	// The leader crashes with commits that the replica does not have.
	p.on(p.replica, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	p.until("NOT EXISTS (SELECT 1 FROM pg_stat_replication)")
	published := in(func() error { return publish(&second) })
	p.untilWaiting("1")
	contact := bellhop.ID(strings.Repeat("2", 24))
	inserted := in(func() error { return insert(contact) })
	p.untilWaiting("2")
	if err := p.leader.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := p.replica.Promote(); err != nil {
		t.Fatal(err)
	}
	publishErr, insertErr := <-published, <-inserted
	if insertErr == nil || !strings.Contains(insertErr.Error(), "nobody knows") {
		t.Errorf("Update of a document = %v, want that nobody knows", insertErr)
	}
	if publishErr != nil && !bellhop.HasCode(publishErr, bellhop.Unavailable) {
		t.Errorf("Update = %v", publishErr)
	}
	err = db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Document(t.Context(), bellhop.Contacts, contact); !bellhop.HasCode(err, bellhop.NotFound) {
			t.Errorf("the document of a transaction that is lost: %v", err)
		}
		due, err := tx.Due(t.Context(), store.ServiceLane(lane), 1<<50, store.Cursor{}, nil, 9)
		if want := map[bool]int{true: 2, false: 1}[publishErr == nil]; len(due) != want {
			t.Errorf("%d deliveries are pending, want %d", len(due), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// What is new has higher numbers than what was lost can have had.
	if err := publish(&second); err != nil {
		t.Fatal(err)
	}
	if second.Seq < first.Seq+1<<18 {
		t.Errorf("events %d and %d are numbered as if nothing could be between them", first.Seq, second.Seq)
	}
	err = db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		if _, ok, err := tx.Changed(t.Context(), mark, bellhop.Users); ok || err != nil {
			t.Errorf("Changed = %t, %v: what was remembered counts as up to date", ok, err)
		}
		due, err := tx.Due(t.Context(), store.ServiceLane(lane), 1<<50, store.Cursor{}, nil, 9)
		if err == nil && (len(due) == 0 || due[len(due)-1].Delivery.Seq < 1<<18) {
			t.Errorf("deliveries %+v", due)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}

	// Nodes go on, and once the new server is gone they do not go back to the old one.
	node, err := db.ConnectNode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	node.Close()
	if err := p.replica.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := p.leader.Start(testenv.WithReplica()...); err != nil {
		t.Fatal(err)
	}
	silent.Close()
	if _, err := db.ConnectNode(t.Context()); err == nil || !strings.Contains(err.Error(), "taken the place") {
		t.Errorf("ConnectNode = %v, want that the old server is refused", err)
	}
}
