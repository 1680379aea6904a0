package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// longText is of so many characters that nothing makes shorter, and begins as others do.
func longText(r rolls, length int) string {
	text := make([]rune, length)
	for i := range text {
		text[i] = '一' + rune(i)
		if i >= maxIndexed {
			text[i] = '一' + rune(r.IntN(20_000))
		}
	}
	return string(text)
}

// What clients ask for by its value has an index, and may be longer than an entry of one. It is stored all the same, and found
// as a whole alone.
func TestLongTextsAreFound(t *testing.T) { forEngines(t, testLongTextsAreFound) }

func testLongTextsAreFound(t *testing.T, db *DB) {
	r := rolls{rand.New(rand.NewPCG(4, 4))}
	for _, field := range []struct {
		kind *bellhop.Kind
		path query.Path
	}{
		{bellhop.Conversations, query.Path{"status"}},
		{bellhop.Contacts, query.Path{"conversation"}},
		{bellhop.Contacts, query.Path{"profile", "telephone"}},
		{bellhop.Contacts, query.Path{"profile", "email"}},
		{bellhop.Users, query.Path{"email"}},
		{bellhop.Services, query.Path{"type"}},
		{bellhop.Services, query.Path{"bot"}},
		{bellhop.BotInstances, query.Path{"bot"}},
	} {
		texts := []string{longText(r, 4000), longText(r, 4000), longText(r, maxIndexed), longText(r, maxIndexed-1), longText(r, maxIndexed+1), "short"}
		ids := make([]string, len(texts))
		insert(t, db, field.kind, func(add func(*bellhop.Document)) {
			for i, text := range texts {
				var body any = text
				for _, name := range slices.Backward(field.path) {
					body = map[string]any{name: body}
				}
				id := db.ids.New(1706659200000)
				ids[i] = string(id)
				add(&bellhop.Document{ID: id, Body: encode(body)})
			}
		})
		find := func(op query.Op, values ...string) []string {
			q := query.New().Where(field.path.String(), op, values...)
			found, _ := listIDs(t, db, field.kind, q, Visible{All: true})
			return found
		}
		for i, text := range texts {
			if found := find(query.OneOf, text); !slices.Equal(found, ids[i:i+1]) {
				t.Errorf("%s of which %s is text %d: %v, want %v", field.kind.Plural, field.path, i, found, ids[i:i+1])
			}
		}
		if found := find(query.OneOf, texts[1], "short", texts[0][:maxIndexed*3]); !slices.Equal(found, []string{ids[1], ids[2], ids[5]}) {
			t.Errorf("%s of which %s is one of three: %v of %v", field.kind.Plural, field.path, found, ids)
		}
		if found := find(query.NoneOf, texts[0], texts[3]); slices.Contains(found, ids[0]) || !slices.Contains(found, ids[1]) || slices.Contains(found, ids[3]) {
			t.Errorf("%s of which %s is neither: %v of %v", field.kind.Plural, field.path, found, ids)
		}
	}
	// Who takes part is a reference; one that is none does no harm.
	insert(t, db, bellhop.Conversations, func(add func(*bellhop.Document)) {
		add(&bellhop.Document{ID: db.ids.New(1706659200000), Body: encode(map[string]any{"participants": []any{map[string]any{"user": longText(r, 4000)}}})})
	})
}
