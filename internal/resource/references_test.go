package resource_test

import (
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

const nowhere = "64b0f1a2c3d4e5f6071829ff"

// Contract: resources.md 2: A reference that a client sets must
func TestReferences(t *testing.T) {
	e := newEstate(t)
	form := string(id(e.made(bellhop.Forms, `{"name":"Lead"}`)))
	channel := string(id(e.made(bellhop.Channels, `{"name":"Sales"}`)))
	kbase := string(id(e.made(bellhop.KBases, `{}`)))
	group := string(id(e.made(bellhop.OrgGroups, `{}`)))
	partner := string(id(e.made(bellhop.Partners, `{}`)))
	top, ada := string(e.admin.Organization), string(e.admin.ID)
	for _, test := range []struct {
		kind        *bellhop.Kind
		body, field string // of the body, ID is replaced
		good        string
	}{
		{bellhop.OrgGroups, `{"organizations":["ID"]}`, "organizations", top},
		{bellhop.Channels, `{"users":["ID"]}`, "users", ada},
		{bellhop.Workflows, `{"channels":["ID"]}`, "channels", channel},
		{bellhop.Workflows, `{"organizations":["ID"]}`, "organizations", top},
		{bellhop.Workflows, `{"orggroups":["ID"]}`, "orggroups", group},
		{bellhop.KBItems, `{"kbase":"ID"}`, "kbase", kbase},
		{bellhop.Articles, `{"kbase":"ID"}`, "kbase", kbase},
		{bellhop.Organizations, `{"name":"X","categories":[{"name":"A"},{"name":"B","forms":["ID"]}]}`, "categories.forms", form},
	} {
		made := e.made(test.kind, strings.ReplaceAll(test.body, "ID", test.good))
		for _, bad := range []string{nowhere, partner} { // there is none, or one of another kind
			body := []byte(strings.ReplaceAll(test.body, "ID", bad))
			want := "Validation failed: " + test.field + " points to a"
			_, err := e.Create(t.Context(), e.admin, test.kind, body)
			wantCode(t, err, bellhop.Invalid, want)
			_, err = e.Patch(t.Context(), e.admin, test.kind, id(made), body)
			wantCode(t, err, bellhop.Invalid, want)
		}
		_, err := e.Create(t.Context(), e.admin, test.kind, []byte(strings.ReplaceAll(test.body, "ID", "x")))
		wantCode(t, err, bellhop.Invalid, test.field+" must be an id of 24 hex digits")
	}
}

// Contract: resources.md 2: Ids that the resource had before
// Contract: resources.md sort, limit, offset, select, populate: populate=a,b.c
func TestDanglingReferences(t *testing.T) {
	e := newEstate(t)
	gone := string(id(e.made(bellhop.Forms, `{"name":"Gone"}`)))
	kept := string(id(e.made(bellhop.Forms, `{"name":"Kept"}`)))
	organization := e.made(bellhop.Organizations, `{"name":"X","categories":[{"name":"A","forms":["`+gone+`"]}]}`)
	if err := e.Delete(t.Context(), e.admin, bellhop.Forms, bellhop.ID(gone)); err != nil {
		t.Fatal(err)
	}
	body := `{"categories":[{"name":"B","forms":["` + gone + `","` + kept + `"]}]}`
	e.fields(e.Patch(t.Context(), e.admin, bellhop.Organizations, id(organization), []byte(body)))
	got := e.fields(e.Get(t.Context(), e.admin, bellhop.Organizations, id(organization), "populate=categories.forms"))
	forms := got["categories"].([]any)[0].(map[string]any)["forms"].([]any)
	if form, ok := forms[1].(map[string]any); forms[0] != gone || !ok || form["name"] != "Kept" {
		t.Errorf("forms = %v", forms)
	}
	// Once it is let go of it is gone for good.
	e.fields(e.Patch(t.Context(), e.admin, bellhop.Organizations, id(organization), []byte(`{"categories":[]}`)))
	_, err := e.Patch(t.Context(), e.admin, bellhop.Organizations, id(organization), []byte(body))
	wantCode(t, err, bellhop.Invalid, "categories.forms points to a form that does not exist: "+gone)
}

// What lies outside of a caller's organizations does not exist for him, also as something
// to point to.
func TestReferencesOutside(t *testing.T) {
	e := newEstate(t)
	child := e.made(bellhop.Organizations, `{"name":"Child"}`)
	path := child["path"].(string)
	admin := &account.Caller{
		ID: e.admin.ID, Scope: bellhop.ScopeAdmin, Role: bellhop.RoleAdmin, Organization: id(child), OrgPath: path,
		Memberships: []account.Membership{{Place: account.Place{Organization: id(child), OrgPath: path}, Role: bellhop.RoleAdmin}},
	}
	channel := string(id(e.made(bellhop.Channels, `{"name":"At the top"}`)))
	for _, body := range []string{
		`{"channels":["` + channel + `"]}`, `{"organizations":["` + string(e.admin.Organization) + `"]}`,
	} {
		_, err := e.Create(t.Context(), admin, bellhop.Workflows, []byte(body))
		wantCode(t, err, bellhop.Invalid, "that does not exist")
	}
	_, err := e.Create(t.Context(), admin, bellhop.Channels, []byte(`{"users":["`+string(e.admin.ID)+`"]}`))
	wantCode(t, err, bellhop.Invalid, "users points to a user that does not exist")
	e.fields(e.Create(t.Context(), admin, bellhop.Workflows, []byte(`{"organizations":["`+string(id(child))+`"]}`)))
}

// Many ids are looked for in one query.
func TestManyReferences(t *testing.T) {
	e := newEstate(t)
	var ids []string
	for range 20 {
		ids = append(ids, string(id(e.made(bellhop.Channels, `{}`))))
	}
	for len(ids) < 3000 {
		ids = append(ids, ids[:20]...)
	}
	all := strings.Join(ids, `","`)
	e.made(bellhop.Workflows, `{"channels":["`+all+`"]}`)
	_, err := e.Create(t.Context(), e.admin, bellhop.Workflows, []byte(`{"channels":["`+all+`","`+nowhere+`"]}`))
	wantCode(t, err, bellhop.Invalid, "channels points to a channel that does not exist: "+nowhere)
}
