package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// canceler tells the server to stop what a caller who has left had asked for. The connection stays: to make a new one
// for everybody who leaves would be the wrong thing to do for a server that is slow already. The one of the driver does
// the same, but waits for a while.
type canceler struct{ conn *pgconn.PgConn }

// HandleCancel is called when the context of a statement ends before it.
func (c canceler) HandleCancel(ctx context.Context) {
	_ = c.conn.Conn().SetDeadline(time.Now().Add(connectFor)) // a server that does not answer is gone
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectFor)
	defer cancel()
	_ = c.conn.CancelRequest(ctx) // returns when the server has stopped the statement, or never heard of it
}

// HandleUnwatchAfterCancel is called when the statement has ended nevertheless.
func (c canceler) HandleUnwatchAfterCancel() { _ = c.conn.Conn().SetDeadline(time.Time{}) }
