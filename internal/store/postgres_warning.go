package store

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// warned is where a connection keeps the warning that came last.
const warned = "warned"

// noteWarning keeps a warning for takeWarning. One that comes with a COMMIT says that nobody waits for replicas any more: who
// waited for too long himself has stopped it, or an administrator has.
func noteWarning(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		conn.CustomData()[warned] = errors.New("the database warns: " + n.Message)
	}
}

// takeWarning returns the warning that came last, and forgets it.
func takeWarning(conn *pgx.Conn) error {
	data := conn.PgConn().CustomData()
	warning, _ := data[warned].(error)
	delete(data, warned)
	return warning
}
