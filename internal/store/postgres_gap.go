package store

import (
	"context"
	"errors"

	"bellhop"
)

func (e *postgresEngine) lastCommitted(ctx context.Context, tx *Tx) (number int64, err error) {
	err = tx.get(ctx, "SELECT last_delivery FROM numbers", nil, &number)
	return number, err
}

// Nodes read it all the time: it is one round trip, and no transaction but its own.
const readAppended = `SELECT ` + pendingColumns + ` FROM deliveries AS d JOIN events AS e ON e.seq = d.event
	WHERE d.seq > $1 AND d.seq <= $2 AND d.status = 0 AND d.attempts = 0 AND d.partition = ANY ($3::bigint[])
		AND EXISTS (SELECT 1 FROM unnest($4::bigint[], $5::bigint[]) AS g (after, up_to) WHERE d.seq > g.after AND d.seq <= g.up_to)
	ORDER BY d.seq LIMIT $6::bigint`

func (e *postgresEngine) appended(ctx context.Context, gaps []Gap, partitions []int, n int) ([]Pending, error) {
	of, after, upTo := newArray(ofInts, 12*len(partitions)), newArray(ofInts, 12*len(gaps)), newArray(ofInts, 12*len(gaps))
	for _, p := range partitions {
		of.int(int64(p))
	}
	for _, g := range gaps {
		after.int(g.After)
		upTo.int(g.UpTo)
	}
	params := [][]byte{intParam(gaps[0].After), intParam(gaps[len(gaps)-1].UpTo), of.param(), after.param(), upTo.param(), intParam(int64(n))}
	s, err := e.follow(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { e.follower <- s }()
	for tries := 1; ; tries++ {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
		var found []Pending
		p := s.pipe(ctx)
		p.send(readAppended, params, func(values [][]byte) error {
			r := row{values: values}
			found = append(found, r.pending())
			return r.err
		})
		_, err := p.run()
		if err == nil {
			return found, nil
		}
		if !s.isLost() {
			return nil, err
		}
		if tries == 2 { // once the server may have closed the connection since it was used last
			return nil, notReached(err)
		}
	}
}

// follow waits for the session that reads what was appended. Whoever got it gives it back to follower.
func (e *postgresEngine) follow(ctx context.Context) (*session, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case s := <-e.follower:
		if s == nil {
			return nil, ErrClosed
		}
		return s, nil
	}
}

// pending reads what pendingColumns says.
func (r *row) pending() Pending {
	var d bellhop.Delivery
	e := new(bellhop.Event)
	d.Seq = r.int()
	salt := uint32(r.int())
	d.Service, d.Lane = bellhop.ID(r.text()), bellhop.ID(r.text())
	d.Due, d.Ends = bellhop.Time(r.int()), bellhop.Time(r.int())
	d.Attempts, d.LastStatus, d.LastError = int(r.int()), int(r.int()), r.text()
	d.CreatedAt = bellhop.Time(r.int())
	copy(d.ReplayOf[:], r.next())
	d.Instance, d.Replay = r.bytes(), replayOfOrigin(r.optional())
	d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)

	e.Seq = r.int()
	eventSalt, chosen := uint32(r.int()), r.optional()
	e.Name, e.Organization, e.OrgPath, e.Key = r.text(), bellhop.ID(r.text()), r.text(), r.text()
	e.CreatedAt = bellhop.Time(r.int())
	e.Payload, e.InstanceAt, e.Trace = r.bytes(), int(r.int()), r.text()
	id, err := eventID(e.CreatedAt, e.Seq, eventSalt, chosen)
	e.ID, r.err = id, errors.Join(r.err, err)
	return Pending{Delivery: d, Event: e}
}
