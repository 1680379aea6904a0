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
		{"http://h/bot", "/../../x", "", "http://h/bot/../../x"},
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
