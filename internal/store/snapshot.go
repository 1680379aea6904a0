package store

import (
	"context"
	"database/sql"
	"fmt"

	"bellhop"
)

// Span is what a snapshot is taken of: what was created from From on and before To, that
// Visible shows, and that lies in the organization, or in the path or below it, if they are set.
type Span struct {
	From, To     bellhop.Time
	Visible      Visible
	Organization bellhop.ID
	OrgPath      string
}

// Count is how many resources of a kind have these values in the fields that were asked for.
// A field that is absent, or not asked for, has the value "".
type Count struct {
	Values [2]string
	N      int64
}

// Durations are those that were found, in milliseconds. Without any, all is 0.
type Durations struct {
	Count           int64
	Average         float64
	Median, Longest int64
}

// CountBy counts the resources of kind in a span by two of their texts, or fewer if a name is
// empty. It reads the rows of the span alone, by an index.
func (tx *Tx) CountBy(ctx context.Context, kind *bellhop.Kind, span *Span, fields [2]string) ([]Count, error) {
	s := tx.selection(documentSource(bellhop.Organizations))
	within, some := s.within(span)
	if !some {
		return nil, nil
	}
	values := [2]string{"''", "''"}
	for i, name := range fields {
		if name == "" {
			continue
		}
		values[i] = "coalesce(" + s.dialect.text(s.member("c", name)) + ", '')"
	}
	var counts []Count
	_, err := tx.scanRows(ctx, within+"SELECT "+values[0]+", "+values[1]+", count(*) FROM scope JOIN "+s.created(kind, span)+" GROUP BY 1, 2 ORDER BY 1, 2",
		s.args, func(row scanner) error {
			var c Count
			err := row.Scan(&c.Values[0], &c.Values[1], &c.N)
			counts = append(counts, c)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("count %s: %w", kind.Plural, err)
	}
	return counts, nil
}

// FirstAnswers are how long contacts waited: in each consumer conversation of the span, from
// the first message of the contact to the first one after it that an agent, or a bot as one, sent
// him.
func (tx *Tx) FirstAnswers(ctx context.Context, span *Span) (Durations, error) {
	return tx.durations(ctx, span, func(s *selection, created string) string {
		typ, role, hidden := s.member("c", "type"), s.member("m", "role"), s.member("m", "isBackchannel")
		return `SELECT (SELECT m.created_at FROM messages AS m WHERE m.parent = q.id AND m.created_at >= q.asked
				AND ` + s.dialect.text(role) + ` = 'agent' AND (` + s.dialect.truth(hidden) + `) IS NOT TRUE
				ORDER BY m.created_at LIMIT 1) - q.asked AS took
			FROM (SELECT c.id, (SELECT m.created_at FROM messages AS m WHERE m.parent = c.id
				AND ` + s.dialect.text(role) + ` = 'contact' ORDER BY m.created_at LIMIT 1) AS asked
				FROM scope JOIN ` + created + ` WHERE ` + s.dialect.text(typ) + ` = 'contact') AS q`
	})
}

// ConversationDurations are how long the conversations of the span took that are closed now: from
// their creation to their newest message.
func (tx *Tx) ConversationDurations(ctx context.Context, span *Span) (Durations, error) {
	return tx.durations(ctx, span, func(s *selection, created string) string {
		return `SELECT (SELECT m.created_at FROM messages AS m WHERE m.parent = c.id ORDER BY m.created_at DESC LIMIT 1) - c.created_at AS took
			FROM scope JOIN ` + created + ` WHERE ` + s.dialect.text(s.member("c", "status")) + ` = 'closed'`
	})
}

// durations sums up what a query for took, which is NULL where there is nothing, finds among
// the conversations of a span.
func (tx *Tx) durations(ctx context.Context, span *Span, query func(s *selection, created string) string) (Durations, error) {
	var d Durations
	s := tx.selection(documentSource(bellhop.Organizations))
	within, some := s.within(span)
	if !some {
		return d, nil
	}
	text := within + ", found AS (" + query(&s, s.created(bellhop.Conversations, span)) + `),
		times AS MATERIALIZED (SELECT took FROM found WHERE took >= 0)
		SELECT count(*), avg(took), max(took), (SELECT took FROM times ORDER BY took LIMIT 1 OFFSET (SELECT count(*) / 2 FROM times)) FROM times`
	var average sql.NullFloat64
	var longest, median sql.NullInt64
	if err := tx.queryRow(ctx, text, s.args...).Scan(&d.Count, &average, &longest, &median); err != nil {
		return d, fmt.Errorf("measure conversations: %w", err)
	}
	d.Average, d.Longest, d.Median = average.Float64, longest.Int64, median.Int64
	return d, nil
}

func (s *selection) member(table, name string) jsonValue {
	return s.dialect.member(s.dialect.document(table+".doc"), name)
}

// within begins a statement: scope are the paths of the organizations that have something in
// the span. It is false if there are none.
func (s *selection) within(span *Span) (text string, some bool) {
	where, some := s.where(nil, span.Visible)
	if where == "" {
		where = " WHERE TRUE"
	}
	if span.Organization != "" {
		where += " AND d.id = " + s.add(string(span.Organization))
	}
	if span.OrgPath != "" {
		where += " AND " + s.isBelow("d.org_path", []string{span.OrgPath})
	}
	return "WITH scope AS MATERIALIZED (SELECT d.org_path FROM " + s.from + where + ") ", some
}

// created joins the resources of kind that were created in the span, as c.
func (s *selection) created(kind *bellhop.Kind, span *Span) string {
	return kind.Plural + " AS c ON c.org_path = scope.org_path AND c.created_at >= " + s.add(int64(span.From)) + " AND c.created_at < " + s.add(int64(span.To))
}
