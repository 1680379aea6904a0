//go:build !race

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// postgresPlan is what EXPLAIN says of a step: what it is, how often it was taken, and how many rows it found and threw away
// each time.
type postgresPlan struct {
	Node    string         `json:"Node Type"`
	Table   string         `json:"Relation Name"`
	Index   string         `json:"Index Name"`
	Rows    float64        `json:"Actual Rows"`
	Loops   float64        `json:"Actual Loops"`
	Removed float64        `json:"Rows Removed by Filter"`
	Again   float64        `json:"Rows Removed by Index Recheck"`
	Plans   []postgresPlan `json:"Plans"`
}

// read returns how many rows were read in all, and what the steps were.
func (p *postgresPlan) read() (rows int, steps string) {
	if p.Table != "" || p.Index != "" {
		rows = int((p.Rows + p.Removed + p.Again) * p.Loops)
	}
	steps = fmt.Sprintf("%s %s %s: %d rows\n", p.Node, p.Table, p.Index, rows)
	for i := range p.Plans {
		n, more := p.Plans[i].read()
		rows += n
		steps += more
	}
	return rows, steps
}

func explainPostgres(ctx context.Context, tx *Tx, text string, args []any) (plan postgresPlan, err error) {
	_, err = tx.scanRows(ctx, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+text, args, func(row scanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		var plans []struct{ Plan postgresPlan }
		err := json.Unmarshal([]byte(text), &plans)
		plan = plans[0].Plan
		return err
	})
	return plan, err
}

// fewRead is how many rows a page of a hundred may read: the rows themselves, what each is looked up in, and what is passed
// over because it is not what was asked for.
const fewRead = 1000

// TestNoListReadsAWholeTableOnPostgreSQL counts the rows that the lists of TestNoListReadsAWholeTable read there, in tables
// of up to 40,000. How it counts them is its own affair: it reads everything in the order of the disk rather than half of it by an
// index.
func TestNoListReadsAWholeTableOnPostgreSQL(t *testing.T) {
	db := openPostgresForLists(t)
	fillMany(t, db, many)
	if _, err := db.writer.pg.Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	for _, list := range hotLists() {
		if strings.Contains(list.query, "participants.name=") || list.sorts && strings.Contains(list.index, "user=?") || strings.Contains(list.query, "sort=name") {
			continue // finds next to nothing in much, or has to put in order whatever there is
		}
		page, _ := explained(t, db, explainPostgres, list.kind, list.query, list.visible)
		n, steps := page.read()
		most := fewRead
		if list.visible.Roots != nil && strings.Contains(list.index, "user=?") {
			most = 6000 // it may as well read all that is visible as look at each
		}
		if n > most {
			t.Errorf("%s reads %d rows:\n%s", list.String(), n, steps)
		}
	}
}
