package account

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// listed returns the names of the bots that c finds in a list.
func (f *fixture) listed(c *Caller) string {
	f.t.Helper()
	var names []string
	err := f.db.View(f.t.Context(), func(tx *store.Tx) error {
		docs, _, err := tx.List(f.t.Context(), bellhop.Bots, query.New(), c.Visible(bellhop.Bots))
		for _, doc := range docs {
			var bot struct{ Name string }
			if err := doc.Decode(&bot); err != nil {
				return err
			}
			names = append(names, bot.Name)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// Who may read bots is shown those that are meant for an organization of his, and no others.
//
// Contract: auth.md Permissions: A bot whose audience has
// Contract: auth.md Permissions: They see its record
func TestAudience(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	leaf := f.mustCreate(bellhop.Organizations, object{"name": "Leaf", "parent": string(west), "tags": []any{"beta"}}).ID
	bots := map[string]bellhop.ID{
		"top":    f.bot("top", f.top, nil),
		"subs":   f.bot("subs", f.top, object{"audience": "suborgs"}),
		"beta":   f.bot("beta", f.top, object{"audience": "suborgs", "tags": []any{"alpha", "beta"}}),
		"gamma":  f.bot("gamma", f.top, object{"audience": "suborgs", "tags": []any{"gamma"}}),
		"west":   f.bot("west", west, nil),
		"below":  f.bot("below", west, object{"audience": "suborgs"}),
		"leaf":   f.bot("leaf", leaf, object{"audience": "suborgs"}),
		"east":   f.bot("east", east, object{"tags": []any{"beta"}}), // of the owner alone: tags mean nothing
		"global": f.bot("global", east, object{"audience": "global"}),
	}
	admin := func(name string, organization bellhop.ID) *Caller {
		return f.as(f.user(name, bellhop.RoleAdmin, organization))
	}
	mixed := f.as(f.mustCreate(bellhop.Users, object{"name": "Mixed", "email": "mixed@example.com", "organizations": []any{
		object{"organization": string(leaf), "role": "agent"}, object{"organization": string(east), "role": "admin"},
	}, "status": "active"}).ID)
	low := *admin("low", leaf)
	low.Scope = bellhop.ScopeAgent
	for _, test := range []struct {
		name   string
		caller *Caller
		want   string
	}{
		{"admin at the top", f.as(f.ada), "below beta east gamma global leaf subs top west"},
		{"admin of west", admin("wes", west), "below beta global leaf subs west"}, // leaf has the tag
		{"admin of the leaf", admin("lea", leaf), "below beta global leaf subs"},
		{"admin of east", admin("eas", east), "east global subs"},
		{"supervisor of the leaf", f.as(f.user("sue", bellhop.RoleSupervisor, leaf)), "below beta global leaf subs"},
		{"agent of the leaf", f.as(f.user("agnes", bellhop.RoleAgent, leaf)), ""},
		{"low token of an admin", &low, ""},
		{"agent of the leaf, admin of east", mixed, "east global subs"},
		{"bot of east", f.botCaller(bots["east"]), "east global subs"},
	} {
		if got := f.listed(test.caller); got != test.want {
			t.Errorf("%s lists %q, want %q", test.name, got, test.want)
		}
		for name, id := range bots {
			doc := f.document(bellhop.Bots, id)
			listed := slices.Contains(strings.Fields(test.want), name)
			if err := test.caller.MayRead(bellhop.Bots, doc); (err == nil) != listed {
				t.Errorf("%s reads %s: %v, but is to find it in a list: %v", test.name, name, err, listed)
			}
		}
	}

	// What he only sees he cannot change, and its tokens are not shown.
	global := f.document(bellhop.Bots, bots["global"])
	lea := admin("leo", leaf)
	for _, err := range []error{lea.MayUpdate(bellhop.Bots, global), lea.MayDelete(bellhop.Bots, global)} {
		if message(err) != "Permission denied" {
			t.Errorf("change of a bot of others: %v", err)
		}
	}
	if err := lea.MayUpdate(bellhop.Bots, f.document(bellhop.Bots, bots["east"])); message(err) != "Bot not found" {
		t.Errorf("change of a bot that is not meant for him: %v", err)
	}
	err := f.db.View(t.Context(), func(tx *store.Tx) error {
		body, err := f.a.ShowBot(t.Context(), tx, lea, global)
		if strings.Contains(string(body), `"token"`) {
			t.Errorf("a bot of others is shown as %s", body)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := lea.MayRead(bellhop.Users, f.document(bellhop.Users, bots["global"])); message(err) != "User not found" {
		t.Errorf("the user of a bot of others: %v", err)
	}

	// Each change counts from the next request on.
	for _, step := range []struct {
		kind *bellhop.Kind
		id   bellhop.ID
		sent object
		want string
	}{
		{bellhop.Organizations, leaf, object{"tags": []any{"gamma"}}, "below gamma global leaf subs"},
		{bellhop.Bots, bots["gamma"], object{"tags": nil}, "below gamma global leaf subs"},
		{bellhop.Bots, bots["gamma"], object{"audience": "owner"}, "below global leaf subs"},
		{bellhop.Bots, bots["global"], object{"audience": "suborgs"}, "below leaf subs"},
	} {
		if err := f.update(step.kind, f.system, step.id, step.sent); err != nil {
			t.Fatal(err)
		}
		if got := f.listed(f.as(lea.ID)); got != step.want {
			t.Errorf("after %v: lists %q, want %q", step.sent, got, step.want)
		}
	}
}

// However many tags the bots of all organizations have, everybody is let in.
func TestManyTags(t *testing.T) {
	f := newFixture(t, Config{})
	tags := func(from, n int) []any {
		all := make([]any, n)
		for i := range all {
			all[i] = fmt.Sprintf("tag%d", from+i)
		}
		return all
	}
	for n := range 330 {
		f.bot(fmt.Sprintf("bot%d", n), f.top, object{"audience": "suborgs", "tags": tags(n*100, 100)})
	}
	leaf := f.mustCreate(bellhop.Organizations, object{"name": "Leaf", "parent": string(f.top), "tags": []any{"tag0", "tag32999"}}).ID
	if got, want := f.listed(f.as(f.user("lea", bellhop.RoleAdmin, leaf))), "bot0 bot329"; got != want {
		t.Errorf("admin of the leaf lists %q, want %q", got, want)
	}
	_, err := f.create(bellhop.Bots, f.as(f.ada), object{"name": "Tagged", "tags": tags(0, 101)})
	if want := "Validation failed: tags must be at most 100"; message(err) != want {
		t.Errorf("101 tags: %v, want %q", err, want)
	}
}
