package store

import (
	"context"
	"fmt"
	"slices"

	"bellhop"
)

// record records results in one statement of each sort, each result once: of those that a delivery has several of, the
// later ones come after the earlier.
func (e *postgresEngine) record(ctx context.Context, tx *Tx, results []Result) ([]bool, error) {
	if !tx.write {
		return nil, errWriteInView
	}
	pending := make([]bool, len(results))
	for from := 0; from < len(results); {
		places := map[int64]int{} // in results, by the delivery
		to := from
		for ; to < len(results); to++ {
			if _, known := places[results[to].Delivery]; known {
				break
			}
			places[results[to].Delivery] = to
		}
		if err := tx.recordSome(ctx, results[from:to], func(delivery int64) { pending[places[delivery]] = true }); err != nil {
			return nil, err
		}
		from = to
	}
	return pending, tx.countEnds(ctx, results, pending)
}

// All of these find rows by their number. An index of pending ones, which a sum is not looked up in, is full of those that are not
// any more. And the server must not read all deliveries and look for each of them among the results, as it would where there
// are few as yet, and would go on to do (see postgres_plan.go): with LIMIT, which leaves nothing out, it expects one result, not ten,
// and since the sum needs a result it does not expect one delivery.
const (
	// recordFirst is for first attempts alone, which are nearly all.
	recordFirst = `UPDATE deliveries AS d SET status = r.status, due = r.due, attempts = r.number, last_status = r.last_status,
			last_error = r.error, delivered_at = r.delivered_at, key = NULL, first_attempt = r.record
		FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bytea[])
			AS r (delivery, number, status, due, last_status, error, delivered_at, record) LIMIT $9::bigint) AS r
		WHERE d.seq = r.delivery AND d.status + 0 * r.delivery = 0 AND d.attempts < r.number RETURNING d.seq`

	recordAny = `WITH r AS (
			SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bytea[])
				AS r (delivery, number, status, due, last_status, error, delivered_at, record) LIMIT $9::bigint),
		changed AS (
			UPDATE deliveries AS d SET status = r.status, due = r.due, attempts = r.number, last_status = r.last_status,
				last_error = r.error, delivered_at = r.delivered_at, key = NULL,
				first_attempt = CASE r.number WHEN 1 THEN r.record ELSE d.first_attempt END
			FROM r WHERE d.seq = r.delivery AND d.status + 0 * r.delivery = 0 AND d.attempts < r.number RETURNING d.seq, r.number, r.record),
		later AS (
			INSERT INTO attempts (delivery, number, record) SELECT c.seq, c.number, c.record FROM changed AS c WHERE c.number > 1)
		SELECT seq FROM changed`

	recordEnds = `UPDATE deliveries AS d SET status = r.status, last_error = r.error
		FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS r (delivery, status, error) LIMIT $4::bigint) AS r
		WHERE d.seq = r.delivery AND d.status + 0 * r.delivery = 0 RETURNING d.seq`
)

// recordSome records results of different deliveries, and tells found which of them were pending.
func (tx *Tx) recordSome(ctx context.Context, results []Result, found func(delivery int64)) error {
	row := func(values [][]byte) error {
		delivery, err := intValue(values[0])
		if err == nil {
			found(delivery)
		}
		return err
	}
	p := tx.session.pipe(ctx)
	attempted := func(r Result) bool { return r.Attempt != nil }
	if slices.ContainsFunc(results, attempted) {
		sendAttempts(p, results, row)
	}
	if !allOf(results, attempted) {
		sendEnds(p, results, row)
	}
	tx.writes++
	if _, err := p.run(); err != nil {
		return tx.failed(ctx, fmt.Errorf("record attempts: %w", err))
	}
	return nil
}

func allOf[T any](all []T, is func(T) bool) bool {
	return !slices.ContainsFunc(all, func(v T) bool { return !is(v) })
}

func sendAttempts(p *pipe, results []Result, row func([][]byte) error) {
	n := len(results)
	delivery, number, status, due := newArray(ofInts, 12*n), newArray(ofInts, 12*n), newArray(ofInts, 12*n), newArray(ofInts, 12*n)
	lastStatus, deliveredAt := newArray(ofInts, 12*n), newArray(ofInts, 12*n)
	lastError, record := newArray(ofTexts, 4*n), newArray(ofBytes, 512*n)
	text := recordFirst
	var buf []byte
	for i := range results {
		r := &results[i]
		if r.Attempt == nil {
			continue
		}
		if r.Attempt.Number != 1 {
			text = recordAny
		}
		delivery.int(r.Delivery)
		number.int(int64(r.Attempt.Number))
		status.int(int64(r.Status))
		due.int(int64(r.Due))
		lastStatus.int(int64(r.Attempt.Status))
		lastError.text(r.Attempt.Error)
		deliveredAt.int(int64(r.deliveredAt()))
		buf = appendAttempt(buf[:0], r.Attempt)
		record.bytes(buf)
	}
	p.send(text, [][]byte{delivery.param(), number.param(), status.param(), due.param(), lastStatus.param(), lastError.param(),
		deliveredAt.param(), record.param(), intParam(int64(n))}, row)
}

func sendEnds(p *pipe, results []Result, row func([][]byte) error) {
	delivery, status, lastError := newArray(ofInts, 0), newArray(ofInts, 0), newArray(ofTexts, 0)
	for i := range results {
		if r := &results[i]; r.Attempt == nil {
			delivery.int(r.Delivery)
			status.int(int64(r.Status))
			lastError.text(r.Error)
		}
	}
	p.send(recordEnds, [][]byte{delivery.param(), status.param(), lastError.param(), intParam(int64(len(results)))}, row)
}

// countEnds counts the ends of deliveries that replays of ranges have made. Two that count in the same replays do so in the
// same order.
func (tx *Tx) countEnds(ctx context.Context, results []Result, pending []bool) error {
	counts := map[bellhop.ID]*struct{ sent, failed int64 }{}
	var replays []bellhop.ID
	for i := range results {
		r := &results[i]
		if !pending[i] || r.Replay == "" || r.Status == bellhop.Pending {
			continue
		}
		c := counts[r.Replay]
		if c == nil {
			c = &struct{ sent, failed int64 }{}
			counts[r.Replay] = c
			replays = append(replays, r.Replay)
		}
		if r.Status == bellhop.Delivered {
			c.sent++
		} else {
			c.failed++
		}
	}
	slices.Sort(replays)
	for _, id := range replays {
		_, err := tx.exec(ctx, "UPDATE replays SET sent = sent + $1, failed = failed + $2 WHERE id = $3", counts[id].sent, counts[id].failed, id)
		if err != nil {
			return fmt.Errorf("count in replay %s: %w", id, err)
		}
	}
	return nil
}
