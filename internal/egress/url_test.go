package egress

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// refusedURLs are refused by CheckURL, with the text that follows "params.url ".
var refusedURLs = []struct{ raw, want string }{
	{"", "is required"},
	{"hook", "must be absolute"},
	{"/hook", "must be absolute"},
	{"//example.com/hook", "must be absolute"},
	{"example.com/hook", "must be absolute"},
	{"?a=b", "must be absolute"},
	{"127.0.0.1:80/", "must be absolute"},
	{"example.com:8080/hook", "must have the scheme"},
	{"ftp://example.com/", "must have the scheme"},
	{"file:///etc/passwd", "must have the scheme"},
	{"javascript:alert(1)", "must have the scheme"},
	{"gopher://example.com:70/", "must have the scheme"},
	{"ws://example.com/", "must have the scheme"},
	{"unix:///run/docker.sock", "must have the scheme"},
	{"http:", "must have a host"},
	{"http:hook", "must have a host"},
	{"http:/hook", "must have a host"},
	{"http://", "must have a host"},
	{"http:///hook", "must have a host"},
	{"http://:80/", "must have a host"},
	{"http://user:pw@/", "must have a host"},
	{"http://example.com/#", "must not have a fragment"},
	{"http://example.com/#top", "must not have a fragment"},
	{"http://exa mple.com/", "must not contain spaces"},
	{"http://example.com/a b", "must not contain spaces"},
	{"http://example.com/?a b", "must not contain spaces"},
	{"http://example.com/\r\nX: y", "must not contain spaces"},
	{"http://example.com/?\x00", "must not contain spaces"},
	{"http://example.com/\x7f", "must not contain spaces"},
	{" http://example.com/", "must not contain spaces"},
	{`http://example.com\@127.0.0.1/`, "must not contain a backslash"},
	{`http:\\example.com\`, "must not contain a backslash"},
	{"http://example.com:port/", "must have a valid port"},
	{"http://example.com:0/", "must have a valid port"},
	{"http://example.com:65536/", "must have a valid port"},
	{"http://example.com:-1/", "must have a valid port"},
	{"http://example.com:80:80/", "must"},
	{"http://[::1/", "must be a valid URL"},
	{"http://::1/", "must"},
	{"http://user:s3cret%zz@example.com/", "must be a valid URL"},
	{"http://example.com/%zz", "must be a valid URL"},
	{"http://exa%mple.com/", "must be a valid URL"},
	{"http://ex\u00e4mple.com/", "must have a host name in ASCII"},
	{"http://\uff11\uff12\uff17.0.0.1/", "must have a host name in ASCII"},
	{"http://127\u30020\u30020\u30021/", "must have a host name in ASCII"},
	{"http://a..b/", "must have a valid host name"},
	{"http://./", "must have a valid host name"},
	{"http://a!b/", "must have a valid host name"},
	{"http://" + strings.Repeat("a", 64) + ".com/", "must have a valid host name"},
	{"http://" + strings.Repeat("a.", 127) + "com/", "must have a host name of at most"},
	{"http://example.com/" + strings.Repeat("a", 2048), "must have at most 2048 bytes"},

	{"http://127.0.0.1/", "must not point"},
	{"https://127.0.0.1:8080/hook", "must not point"},
	{"http://user:pw@127.0.0.1/", "must not point"},
	{"http://example.com@127.0.0.1/", "must not point"},
	{"http://127.0.0.1./", "must not point"},
	{"http://127.1/", "must not point"},
	{"http://127.0.1/", "must not point"},
	{"http://2130706433/", "must not point"},
	{"http://0x7f000001/", "must not point"},
	{"http://0x7F.0.0.1/", "must not point"},
	{"http://0177.0.0.1/", "must not point"},
	{"http://017700000001/", "must not point"},
	{"http://0/", "must not point"},
	{"http://0.0.0.0/", "must not point"},
	{"http://10.0.0.1/", "must not point"},
	{"http://012.0.0.1/", "must not point"},
	{"http://172.16.5.4/", "must not point"},
	{"http://192.168.0.1/", "must not point"},
	{"http://192.168.257/", "must not point"},
	{"http://169.254.169.254/latest/meta-data/", "must not point"},
	{"http://2852039166/", "must not point"},
	{"http://100.100.100.200/", "must not point"},
	{"http://168.63.129.16/", "must not point"},
	{"http://224.0.0.1/", "must not point"},
	{"http://255.255.255.255/", "must not point"},
	{"http://[::]/", "must not point"},
	{"http://[::1]/", "must not point"},
	{"http://[0:0:0:0:0:0:0:1]:80/", "must not point"},
	{"http://[::ffff:127.0.0.1]/", "must not point"},
	{"http://[::ffff:7f00:1]/", "must not point"},
	{"http://[::ffff:8.8.8.8]/", "must not point"},
	{"http://[::127.0.0.1]/", "must not point"},
	{"http://[64:ff9b::7f00:1]/", "must not point"},
	{"http://[2002:7f00:1::]/", "must not point"},
	{"http://[2001::1]/", "must not point"},
	{"http://[fd00:ec2::254]/", "must not point"},
	{"http://[fe80::1]/", "must not point"},
	{"http://[fec0::1]/", "must not point"},
	{"http://[ff02::1]/", "must not point"},
	{"http://[fe80::1%25eth0]/", "must have a valid IPv6 address"},
	{"http://256.256.256.256/", "must have a valid IPv4 address"},
	{"http://1.2.3.4.5/", "must have a valid IPv4 address"},
	{"http://4294967296/", "must have a valid IPv4 address"},
	{"http://example.1/", "must have a valid IPv4 address"},
}

func TestCheckURLRefuses(t *testing.T) {
	client, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range refusedURLs {
		u, err := client.CheckURL(c.raw)
		if err == nil {
			t.Errorf("CheckURL(%q) = %v, want an error", c.raw, u)
		} else if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("CheckURL(%q) = %q, want %q...", c.raw, err, c.want)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("CheckURL(%q) tells the password", c.raw)
		}
	}
}

// Do refuses all of them as well, for URLs come to it from elsewhere too.
func TestDoRefusesURLs(t *testing.T) {
	client, err := New(Config{Resolver: &answers{lists: [][]string{{"127.0.0.1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	client.connect = func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		t.Errorf("dialed %v", to)
		return nil, net.ErrClosed
	}
	raws := []string{"http://localhost/", "http://localtest.me/", "http://127.0.0.1.nip.io/", "http://metadata/"}
	for _, c := range refusedURLs {
		raws = append(raws, c.raw)
	}
	for _, raw := range raws {
		u, err := http.NewRequest("GET", raw, nil)
		if err != nil {
			continue // has no URL to be given
		}
		resp, err := client.Do(t.Context(), &Request{URL: u.URL})
		if err == nil {
			t.Errorf("Do(%q) = %d", raw, resp.Status)
		}
	}
}

func TestCheckURLAccepts(t *testing.T) {
	client := newClient(t, Config{})
	for _, raw := range []string{
		"https://example.com",
		"https://user:s3cret@example.com/hook",
		"HTTP://EXAMPLE.COM:8080/hook?a=b&c",
		"http://example.com:/hook",
		"http://example.com./hook?",
		"http://xn--exmple-cua.com/",
		"http://under_score.example.com/",
		"http://localhost:3000/",
		"http://8.8.8.8/",
		"http://134744072/",
		"http://[2a00:1450::1]:8080/",
		"http://127.0.0.1:1/",
		"http://127.1/",
		"http://[::1]/",
		"http://[::ffff:127.0.0.1]/",
		"http://example.com/\u00e4?q=\u00e4",
		"http://example.com/a%20b?x=%23",
		"http://user%40x:p%3Aw%2F@example.com/",
		"http://example.com//a/../b",
	} {
		u, err := client.CheckURL(raw)
		if err != nil {
			t.Errorf("CheckURL(%q) = %v", raw, err)
		} else if u.Host == "" {
			t.Errorf("CheckURL(%q) has no host", raw)
		}
	}
}

// Whatever CheckURL lets pass is one well-formed request to one host.
func FuzzCheckURL(f *testing.F) {
	for _, c := range refusedURLs {
		f.Add(c.raw)
	}
	for _, c := range addresses {
		f.Add(c.url)
	}
	f.Add("https://user:s3cret@example.com/hook?a=b")
	f.Add("http://A/\"")
	f.Add("http://[2a00:1450::1]:8080/\u00e4?\u00e4=;&")
	client, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := client.CheckURL(raw)
		if err != nil {
			return
		}
		to, err := targetOf(u)
		if err != nil || to.host == "" || to.port == 0 {
			t.Fatalf("targetOf(%q) = %+v, %v", raw, to, err)
		}
		if to.literal.IsValid() && !client.allowed(to.literal) {
			t.Fatalf("CheckURL(%q) leads to %v", raw, to.literal)
		}
		// Printed and read again it leads to the same place. What is asked for there may be spelled
		// in another way, but URLs are stored as they were typed.
		again, err := client.CheckURL(u.String())
		if err != nil {
			t.Fatalf("CheckURL(%q) prints %q, then %v", raw, u, err)
		}
		if back, err := targetOf(again); err != nil || back != to {
			t.Fatalf("CheckURL(%q) leads to %+v, printed as %q to %+v, %v", raw, to, u, back, err)
		}
		r := &Request{Method: "POST", URL: u, Body: []byte("{}")}
		b := bufio.NewReader(bytes.NewReader(r.appendTo(nil)))
		got, err := http.ReadRequest(b)
		if err != nil {
			t.Fatalf("request to %q is malformed: %v", raw, err)
		}
		if got.Host != strings.TrimSuffix(u.Host, ":") || got.ContentLength != 2 {
			t.Fatalf("request to %q: Host %q, %d bytes", raw, got.Host, got.ContentLength)
		}
		if user, _, has := got.BasicAuth(); has != (u.User != nil) || has && !strings.HasPrefix(u.User.Username(), user) {
			t.Fatalf("request to %q: user %q", raw, user)
		}
	})
}
