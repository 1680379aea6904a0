package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// servers are the settings for each of the servers that a URL names, in its order. What is left in
// the settings of one are other ways to reach it, with TLS and without.
func servers(settings *pgx.ConnConfig) []*pgx.ConnConfig {
	ways := append([]*pgconn.FallbackConfig{{Host: settings.Host, Port: settings.Port, TLSConfig: settings.TLSConfig}}, settings.Fallbacks...)
	var all []*pgx.ConnConfig
	for i, way := range ways {
		if i > 0 && way.Host == ways[i-1].Host && way.Port == ways[i-1].Port {
			last := all[len(all)-1]
			last.Fallbacks = append(last.Fallbacks, way)
			continue
		}
		one := settings.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks = way.Host, way.Port, way.TLSConfig, nil
		all = append(all, one)
	}
	return all
}

// headStart is how long a server has to answer before the next one is asked, too. One whose machine is
// gone does not answer at all, and who waits for it comes too late: a node that has to show that it lives.
const headStart = 250 * time.Millisecond

// latest is which of the servers has let somebody in last: it is asked first.
type latest struct{ server atomic.Int32 }

// connectFirst returns a connection to the first of count servers that lets one in. It returns an error when all have
// refused, or when ctx ends: as long as one says nothing, the others are asked again, since one of them may be about to take
// its place. connect is called for several at the same time; close for a connection that nobody needs any more.
func connectFirst[C any](ctx context.Context, l *latest, count int, connect func(ctx context.Context, server int) (C, error), close func(C)) (conn C, err error) {
	if count == 1 {
		return connect(ctx, 0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		server int
		conn   C
		err    error
	}
	answers := make(chan answer, count)
	next, tries, open := int(l.server.Load()), 0, 0
	asking := make([]bool, count)
	ask := func() {
		for range count {
			server := next % count
			next++
			if asking[server] {
				continue
			}
			asking[server] = true
			tries++
			open++
			go func() {
				conn, err := connect(ctx, server)
				answers <- answer{server, conn, err}
			}()
			return
		}
	}
	ask()
	ticker := time.NewTicker(headStart)
	defer ticker.Stop()
	errs := make([]error, count)
	for open > 0 {
		select {
		case <-ticker.C:
			ask()
		case a := <-answers:
			asking[a.server] = false
			open--
			if a.err == nil {
				cancel()
				for ; open > 0; open-- {
					if late := <-answers; late.err == nil {
						close(late.conn)
					}
				}
				l.server.Store(int32(a.server))
				return a.conn, nil
			}
			errs[a.server] = a.err
			if tries < count {
				ask()
			}
		}
	}
	return conn, errors.Join(errs...)
}

// connector makes the connections that database/sql hands out.
type connector struct {
	latest  *latest
	servers []driver.Connector
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	return connectFirst(ctx, c.latest, len(c.servers),
		func(ctx context.Context, server int) (driver.Conn, error) { return c.servers[server].Connect(ctx) },
		func(conn driver.Conn) { _ = conn.Close() }) // nothing was done on it
}

func (c connector) Driver() driver.Driver { return c.servers[0].Driver() }
