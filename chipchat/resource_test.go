package chipchat

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

// TestKinds asks for a resource of each kind of docs/contract/sdk.md section 2.
func TestKinds(t *testing.T) {
	s := &server{answer: func(request) (int, http.Header, string) {
		return 200, nil, `{"id":"1","name":"n","title":"t","fields":[{"name":"Size","key":"size","required":true}],"organizations":["2"],
			"orggroups":["3"],"size":5,"extra":true}`
	}}
	b := newBot(t, s, nil)
	ctx := t.Context()
	raws := []json.RawMessage{
		got(ctx, t, b.Users).Raw, got(ctx, t, b.Bots).Raw, got(ctx, t, b.BotInstances).Raw, got(ctx, t, b.Channels).Raw,
		got(ctx, t, b.Contacts).Raw, got(ctx, t, b.Conversations).Raw, got(ctx, t, b.Messages.Resource).Raw,
		got(ctx, t, b.Organizations).Raw, got(ctx, t, b.Services).Raw,
		got(ctx, t, b.KBItems).Raw, got(ctx, t, b.Workflows).Raw,
	}
	group, form, article, file := got(ctx, t, b.OrgGroups), got(ctx, t, b.Forms), got(ctx, t, b.Articles), got(ctx, t, b.Files)
	raws = append(raws, group.Raw, form.Raw, article.Raw, file.Raw)
	for _, raw := range raws {
		if !json.Valid(raw) {
			t.Errorf("raw %q", raw)
		}
	}
	for _, r := range []*Resource[Document]{
		b.Partners, b.Metrics, b.Points, b.KBases, b.Locations, b.WATemplates, b.Tests, b.TestResults, b.Links,
	} {
		if d := *got(ctx, t, r); d.ID() != "1" || d["extra"] != true {
			t.Errorf("document %v", d)
		}
	}
	if group.Organizations[0] != "2" || !form.Fields[0].Required || form.Fields[0].Key != "size" || article.Title != "t" || file.Size != 5 {
		t.Errorf("decoded %+v %+v %+v %+v", group, form, article, file)
	}
	want := []string{"articles", "botinstances", "bots", "channels", "contacts", "conversations", "files", "forms", "kbases",
		"kbitems", "links", "locations", "messages", "metrics", "organizations", "orggroups", "partners", "points", "services",
		"testresults", "tests", "users", "watemplates", "workflows"}
	var paths []string
	for _, r := range s.seen() {
		paths = append(paths, r.path[len("/v2/"):len(r.path)-len("/1")])
	}
	slices.Sort(paths)
	if !slices.Equal(paths, want) {
		t.Errorf("asked for %q, want %q", paths, want)
	}
}

func got[T any](ctx context.Context, t *testing.T, r *Resource[T]) *T {
	t.Helper()
	v, err := r.Get(ctx, "1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestExposed(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.Secret, o.Webhook = "s", "hook" })
	if b.Host() != "https://api.example.test" || b.Webhook() != "/hook" || b.Secret() != "s" || b.Cache() == nil ||
		b.Auth().User != testBot || b.Tokens().Token == "" {
		t.Errorf("host %q, webhook %q, auth %+v", b.Host(), b.Webhook(), b.Auth())
	}
}
