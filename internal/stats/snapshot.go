package stats

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// longestSnapshot bounds what one request reads.
const longestSnapshot = 366 * 24 * time.Hour

// snapshot is what is counted of a span of time, as it is shown.
type snapshot struct {
	Start         bellhop.Time `json:"start"`
	End           bellhop.Time `json:"end"`
	Conversations breakdown    `json:"conversations"`
	Messages      breakdown    `json:"messages"`
	Contacts      breakdown    `json:"contacts"`
	FirstAnswer   *durations   `json:"firstAnswer"`
	Duration      *durations   `json:"duration"`
}

// breakdown is how many resources were created, and by field how many of them have which value.
type breakdown map[string]any

// durations are in milliseconds.
type durations struct {
	Count   int64 `json:"count"`
	Average int64 `json:"average"`
	Median  int64 `json:"median"`
	Longest int64 `json:"longest"`
}

// counted are the kinds that a snapshot counts, and by which fields.
var counted = []struct {
	kind   *bellhop.Kind
	fields [2]string
}{
	{bellhop.Conversations, [2]string{"type", "status"}},
	{bellhop.Messages, [2]string{"type", "role"}},
	{bellhop.Contacts, [2]string{}},
}

// Snapshot counts what was created in a span of time where the caller may list messages
// (docs/contract/resources.md section 1): a JSON object.
func (s *Stats) Snapshot(ctx context.Context, caller *account.Caller, rawQuery string) (json.RawMessage, error) {
	if err := caller.MayList(bellhop.Messages); err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(strings.TrimLeft(rawQuery, "?"))
	if err != nil {
		return nil, bellhop.InvalidField("query", "is not form-encoded")
	}
	span := &store.Span{Visible: caller.Visible(bellhop.Messages)}
	if err := readSpan(span, values); err != nil {
		return nil, err
	}
	shown := snapshot{Start: span.From, End: span.To}
	err = s.db.ViewInTurn(ctx, caller.ID, func(ctx context.Context, tx *store.Tx) error {
		if err := narrow(ctx, tx, caller, span, values); err != nil {
			return err
		}
		return shown.read(ctx, tx, span)
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, shown)
}

func readSpan(span *store.Span, values url.Values) error {
	for _, end := range []struct {
		name string
		to   *bellhop.Time
	}{{"start", &span.From}, {"end", &span.To}} {
		text := values.Get(end.name)
		if text == "" {
			return bellhop.InvalidField(end.name, "is required")
		}
		var err error
		if *end.to, err = bellhop.ParseTime(text); err != nil {
			return bellhop.InvalidField(end.name, "must be a date")
		}
	}
	switch {
	case span.From >= span.To:
		return bellhop.InvalidField("start", "must be before end")
	case span.To.Sub(span.From) > longestSnapshot:
		return bellhop.InvalidField("start", "must be at most 366 days before end")
	}
	return nil
}

// narrow reads organization and orgPath, the latter also as filters of lists write it.
func narrow(ctx context.Context, tx *store.Tx, caller *account.Caller, span *store.Span, values url.Values) error {
	span.Organization = bellhop.ID(values.Get("organization"))
	span.OrgPath = strings.TrimPrefix(values.Get("orgPath"), "^")
	if span.Organization != "" {
		if _, err := visible(ctx, tx, caller, span.Organization); err != nil {
			return err
		}
	}
	if span.OrgPath == "" {
		return nil
	}
	path, err := visible(ctx, tx, caller, bellhop.ID(span.OrgPath[strings.LastIndexByte(span.OrgPath, '#')+1:]))
	if err == nil && path != span.OrgPath {
		return bellhop.Organizations.NotFound()
	}
	return err
}

// visible returns the path of an organization whose messages the caller may list.
func visible(ctx context.Context, tx *store.Tx, caller *account.Caller, id bellhop.ID) (string, error) {
	doc, err := tx.Document(ctx, bellhop.Organizations, id)
	if err != nil {
		return "", err
	}
	if !caller.Sees(bellhop.Messages, doc.ID, doc.OrgPath) {
		return "", bellhop.Organizations.NotFound()
	}
	return doc.OrgPath, caller.Allowed(bellhop.Messages, bellhop.Messages.Access.List, doc.ID, doc.OrgPath)
}

func (s *snapshot) read(ctx context.Context, tx *store.Tx, span *store.Span) error {
	for i, to := range []*breakdown{&s.Conversations, &s.Messages, &s.Contacts} {
		counts, err := tx.CountBy(ctx, counted[i].kind, span, counted[i].fields)
		if err != nil {
			return err
		}
		*to = breakdownOf(counted[i].kind, counted[i].fields, counts)
	}
	answers, err := tx.FirstAnswers(ctx, span)
	if err != nil {
		return err
	}
	took, err := tx.ConversationDurations(ctx, span)
	s.FirstAnswer, s.Duration = durationsOf(answers), durationsOf(took)
	return err
}

// breakdownOf adds counts up. Each value that a field can have is there, also with 0.
func breakdownOf(kind *bellhop.Kind, fields [2]string, counts []store.Count) breakdown {
	var created int64
	b := breakdown{}
	for i, name := range fields {
		if name == "" {
			continue
		}
		by := map[string]int64{}
		for _, value := range kind.Field(name).Enum {
			by[value] = 0
		}
		for _, c := range counts {
			if c.Values[i] != "" {
				by[c.Values[i]] += c.N
			}
		}
		b[name] = by
	}
	for _, c := range counts {
		created += c.N
	}
	b["created"] = created
	return b
}

func durationsOf(d store.Durations) *durations {
	if d.Count == 0 {
		return nil
	}
	return &durations{Count: d.Count, Average: int64(d.Average + 0.5), Median: d.Median, Longest: d.Longest}
}
