package listen

import (
	"net/url"
	"testing"
)

func TestJoin(t *testing.T) {
	for _, c := range []struct{ target, path, query, want string }{
		{"http://h:3000", "/", "", "http://h:3000/"},
		{"http://h", "/", "a=1", "http://h/?a=1"},
		{"http://h/bot", "/", "a=1", "http://h/bot?a=1"},
		{"http://h/bot/", "/", "", "http://h/bot/"},
		{"http://h/bot/", "/hook", "", "http://h/bot/hook"},
		{"http://h/bot", "/hook/", "", "http://h/bot/hook/"},
		{"http://h/b%2Fot", "/a%2Fb//c", "", "http://h/b%2Fot/a%2Fb//c"},
		{"http://h/?key=1#part", "/hook", "a=%20", "http://h/hook?key=1&a=%20"},
		{"http://h", "//elsewhere.test/", "", "http://h//elsewhere.test/"},
		{"http://h", "/../../x", "", "http://h/../../x"},
	} {
		target, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		got, err := join(target, c.path, c.query)
		if err != nil || got.String() != c.want {
			t.Errorf("join(%s, %s, %s) = %v, %v; want %s", c.target, c.path, c.query, got, err, c.want)
		}
	}
	if _, err := join(&url.URL{Scheme: "http", Host: "h"}, "/%zz", ""); err == nil {
		t.Error("a path that is escaped wrongly was taken")
	}
}

// What a stranger asks for stays below the path that the developer has named, also at a process that resolves dots, as
// browsers and proxies do with %2e and \, and servlet containers with parameters.
func TestJoinStaysBelow(t *testing.T) {
	for _, path := range []string{
		"/..", "/../admin", "/a/../../admin", "/%2e%2e/admin", "/.%2E/admin", "/..%2fadmin", "/a%2f..%2f..%2fadmin", `/..\admin`, "/..%5cadmin", "/..;x=1/admin",
	} {
		target := &url.URL{Scheme: "http", Host: "h", Path: "/bot"}
		if u, err := join(target, path, ""); err == nil {
			t.Errorf("join(%s, %s) = %s, want an error", target, path, u)
		}
		if u, err := join(&url.URL{Scheme: "http", Host: "h", Path: "/"}, path, ""); err != nil || u.Host != "h" {
			t.Errorf("without a path there is nothing to leave, but %s leads to %v, %v", path, u, err)
		}
	}
	for _, path := range []string{"/...", "/a..b/..c", "/v1..2", "/.well-known/x", "/%2e%2e%2e"} {
		if _, err := join(&url.URL{Scheme: "http", Host: "h", Path: "/bot"}, path, ""); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzJoin(f *testing.F) {
	f.Add("/a%2Fb", "x=1")
	f.Add("//h/..", "#")
	f.Fuzz(func(t *testing.T, path, query string) {
		target := &url.URL{Scheme: "http", Host: "h", Path: "/bot"}
		if u, err := join(target, "/"+path, query); err == nil && u.Host != "h" {
			t.Errorf("%q leads to the host %q", path, u.Host)
		}
	})
}
