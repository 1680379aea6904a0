package account

import (
	"encoding/json"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func TestSetup(t *testing.T) {
	db, err := store.Open(t.Context(), store.Config{Dir: filepath.Join(t.TempDir(), "data"), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, err := New(t.Context(), db, Config{cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	if set, err := a.IsSetUp(t.Context()); err != nil || set {
		t.Errorf("IsSetUp of an empty store = %v, %v", set, err)
	}
	good := SetupRequest{Organization: "Acme", Email: " ada@example.com ", Password: "p"}
	for _, test := range []struct {
		want   string
		change func(r *SetupRequest)
	}{
		{"Validation failed: name is required", func(r *SetupRequest) { r.Organization = " " }},
		{"Validation failed: email is required", func(r *SetupRequest) { r.Email = "" }},
		{"Validation failed: email is not an email address", func(r *SetupRequest) { r.Email = "ada" }},
		{"Validation failed: password must not be empty", func(r *SetupRequest) { r.Password = "" }},
	} {
		r := good
		test.change(&r)
		if _, err := a.Setup(t.Context(), r); message(err) != test.want {
			t.Errorf("Setup(%+v) = %q, want %q", r, message(err), test.want)
		}
	}

	// Of many at once one succeeds.
	var done atomic.Int32
	var result SetupResult
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := a.Setup(t.Context(), good)
			if err == nil {
				done.Add(1)
				result = r
			} else if codeOf(err) != bellhop.Conflict {
				t.Errorf("Setup: %v", err)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Fatalf("%d of 4 set up, want 1", done.Load())
	}
	if set, err := a.IsSetUp(t.Context()); err != nil || !set {
		t.Errorf("IsSetUp = %v, %v", set, err)
	}

	f := &fixture{t: t, db: db, a: a}
	organization, user := f.fields(bellhop.Organizations, result.Organization), f.fields(bellhop.Users, result.User)
	parent, ok := organization["parent"]
	if organization["level"] != 1.0 || organization["path"] != string(result.Organization) || !ok || parent != nil ||
		organization["displayName"] != "Acme" || organization["status"] != "active" {
		t.Errorf("organization = %v", organization)
	}
	if user["role"] != "admin" || user["status"] != "active" || user["name"] != "ada" || user["email"] != "ada@example.com" {
		t.Errorf("user = %v", user)
	}
	text, _ := json.Marshal(result)
	if want := `{"organization":"` + string(result.Organization) + `","user":"` + string(result.User) + `","email":"ada@example.com"}`; string(text) != want {
		t.Errorf("result = %s, want %s", text, want)
	}
	if _, err := f.login("ada@example.com", "p"); err != nil {
		t.Errorf("login: %v", err)
	}
}

func TestSigningKeyStays(t *testing.T) {
	f := newFixture(t, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	again, err := New(t.Context(), f.db, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := again.Authenticate(t.Context(), ada.Token); err != nil || c.ID != f.ada {
		t.Errorf("after a restart: %v, %v", c, err)
	}
}

func TestSetPassword(t *testing.T) {
	f := newFixture(t, Config{})
	f.mustCreate(bellhop.Users, object{"name": "Ivo", "email": "ivo@example.com"})
	if err := f.a.SetPassword(t.Context(), " Ivo@Example.com", "q"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.login("ivo@example.com", "q"); err != nil {
		t.Errorf("login of one who was invited: %v", err)
	}
	bot := f.bot("Echo", f.top, nil)
	for _, test := range []struct{ email, password, want string }{
		{"eve@example.com", "q", "User not found"},
		{adaEmail, "", "Validation failed: password must not be empty"},
		{bellhop.BotEmail(bot), "q", "Validation failed: password is nothing that bots have"},
	} {
		if err := f.a.SetPassword(t.Context(), test.email, test.password); message(err) != test.want {
			t.Errorf("SetPassword(%q) = %q, want %q", test.email, message(err), test.want)
		}
	}
}
