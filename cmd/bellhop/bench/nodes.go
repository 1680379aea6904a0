package bench

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Database makes databases on a PostgreSQL server, and reads its meters.
type Database interface {
	// Create makes an empty database and returns its URL.
	Create(ctx context.Context, name string) (string, error)
	// Drop removes a database that Create has made.
	Drop(ctx context.Context, name string) error
	// Read reads the meters, given the URL of a database.
	Read(ctx context.Context, database string) (Reading, error)
}

// Reading is what the meters of a PostgreSQL server say. The difference of two is what was done in between.
type Reading struct {
	WAL     int64 // bytes written to the log of the whole server
	Rows    int64 // inserted, updated or deleted in the database, by sessions that have ended
	Size    int64 // bytes of disk that the database takes
	Process int   // of the server for this connection
}

// team are several processes of one kind.
type team []*process

func (t team) title() string { return t[0].role }

// usage is the processor time of all, and the memory of the one that took most.
func (t team) usage(ctx context.Context) (all usage, err error) {
	for _, p := range t {
		u, err := p.usage(ctx)
		if err != nil {
			return all, err
		}
		all.CPU += u.CPU
		all.Peak = max(all.Peak, u.Peak)
	}
	return all, nil
}

// team are the nodes of a house.
func (h *house) team() team { return append(team{h.process}, h.others...) }

// workers are all who work in a house.
func (h *house) workers() []worker {
	if h.postgres == nil {
		return []worker{h.team()}
	}
	return []worker{h.team(), h.postgres}
}

// openNodes makes a database, starts nodes on it, and logs in at the first.
func (b *bench) openNodes(ctx context.Context, name string, nodes int) (*house, error) {
	dir, err := os.MkdirTemp(b.dir, "data-"+name+"-")
	if err != nil {
		return nil, err
	}
	h := &house{data: filepath.Join(dir, "data"), name: "bellhop_bench_" + name + "_" + strings.ToLower(crand.Text()[:8])}
	if h.database, err = b.Database.Create(ctx, h.name); err != nil {
		return nil, err
	}
	b.databases = append(b.databases, h.name)
	if h.empty, err = b.Database.Read(ctx, h.database); err != nil {
		return nil, err
	}
	if h.postgres, err = findPostgres(h.empty.Process); err != nil {
		return nil, err
	}
	// Arguments can be seen by all users of a machine, and the URL may have a password in it.
	h.env = []string{"BELLHOP_DATABASE=" + h.database, "BELLHOP_KEY_FILE=" + filepath.Join(dir, "key")}
	h.args = []string{"--listen", "127.0.0.1:0", "--egress-allow", "127.0.0.0/8"}
	password := crand.Text()
	if err := b.setUp(ctx, h, password); err != nil {
		return nil, err
	}
	if err := b.serve(ctx, h); err != nil {
		return nil, err
	}
	for range nodes - 1 {
		p, err := b.startWith(ctx, h.env, serverRole, h.args...)
		if err != nil {
			return nil, err
		}
		h.others = append(h.others, p)
	}
	h.api, err = login(ctx, h.hello.URL, adminEmail, password)
	return h, err
}

// shareNodes opens nodes, or returns those that another scenario has opened: each has connections to a server that may
// not have many.
func (b *bench) shareNodes(ctx context.Context, name string, nodes, services int) (*house, error) {
	h := b.shared[name]
	if h == nil {
		var err error
		if h, err = b.openNodes(ctx, name, nodes); err != nil {
			return nil, err
		}
		if err := b.subscribe(ctx, h, services); err != nil {
			return nil, err
		}
		b.shared[name] = h
	}
	h.users++
	return h, nil
}

// read reads the meters of the database of a house, if there is one.
func (h *house) read(ctx context.Context, b *bench) (Reading, error) {
	if h == nil || h.database == "" {
		return Reading{}, nil
	}
	return b.Database.Read(ctx, h.database)
}

// closeNodes ends the nodes of a house and removes its database. It notes what was written for each of some events.
func (b *bench) closeNodes(ctx context.Context, h *house, s *Scenario, events int) error {
	for _, p := range h.team() {
		b.end(p) // sessions tell what they have done at their end
	}
	last, err := h.read(ctx, b)
	if err == nil && events > 0 {
		s.add("rows written per event", "rows", float64(last.Rows-h.empty.Rows)/float64(events))
		s.add("disk per event", "bytes", float64(last.Size-h.empty.Size)/float64(events))
	}
	return errors.Join(err, b.dropDatabase(ctx, h.name), os.RemoveAll(filepath.Dir(h.data)))
}

// dropDatabase removes a database that this run has made.
func (b *bench) dropDatabase(ctx context.Context, name string) error {
	if err := b.Database.Drop(ctx, name); err != nil {
		return fmt.Errorf("remove the database %s: %w", name, err)
	}
	for i, made := range b.databases {
		if made == name {
			b.databases = append(b.databases[:i], b.databases[i+1:]...)
			break
		}
	}
	return nil
}
