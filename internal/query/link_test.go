package query

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// Contract: resources.md Pagination headers: the URL carries all filters
// Contract: resources.md Pagination headers: so inside URLs
func TestValues(t *testing.T) {
	const raw = "?type=[chat,card]&text=~a;b,c&name[]=x,y&name[]=z&profile.telephone=%2B44&sort=-createdAt,name&limit=20&select=id,+text&populate=contact,messages&status=!"
	const want = "type=%5Bchat%2Ccard%5D&text=~a%3Bb%2Cc&name%5B%5D=x%2Cy&name%5B%5D=z&profile.telephone=%2B44&status=%21" +
		"&sort=-createdAt%2Cname&limit=20&offset=40&select=id%2Ctext&populate=contact%2Cmessages"
	q := mustParse(t, raw)
	if got := q.Values(40); got != want {
		t.Errorf("Values(40)\n got %s\nwant %s", got, want)
	}
	again := mustParse(t, q.Values(0))
	if !reflect.DeepEqual(again, q) {
		t.Errorf("Parse(Values) = %+v, want %+v", again, q)
	}
}

func TestValuesOfAQueryMadeInCode(t *testing.T) {
	q := New().Where("name", OneOf, "!a").Where("name", OneOf, "[a,b]", "c").Where("createdAt", AtLeast, "2024-01-31")
	const want = "name=%5B%21a%5D&name%5B%5D=%5Ba%2Cb%5D&name%5B%5D=c&createdAt=%3E%3D2024-01-31&limit=100&offset=0"
	if got := q.Values(0); got != want {
		t.Errorf("Values(0)\n got %s\nwant %s", got, want)
	}
}

// follow reads a Link header as the SDK does (docs/contract/resources.md section 4).
func follow(header string) string {
	for entry := range strings.SplitSeq(header, ",") {
		parts := strings.Split(entry, ";")
		if len(parts) > 1 && strings.Contains(parts[1], "next") {
			return strings.Trim(strings.TrimSpace(parts[0]), "<>")
		}
	}
	return ""
}

// Contract: resources.md Pagination headers: Link | <absolute URL>
// Contract: resources.md Pagination headers: no entry next when
// Contract: resources.md Pagination headers: so inside URLs
func TestLinkHeader(t *testing.T) {
	const base = "http://127.0.0.1:8080/v2/things"
	link := func(rel, offset string) string {
		return "<" + base + "?a=%5B1%2C2%5D&limit=20&offset=" + offset + `>; rel="` + rel + `"`
	}
	tests := []struct {
		name            string
		offset          string
		total, returned int
		want            []string
	}{
		{"nothing", "0", 0, 0, nil},
		{"one page", "0", 20, 20, nil},
		{"first of two", "0", 40, 20, []string{link("next", "20"), link("first", "0"), link("last", "20")}},
		{"an exact multiple ends", "20", 40, 20, []string{link("prev", "0"), link("first", "0"), link("last", "20")}},
		{"middle", "20", 45, 20, []string{link("next", "40"), link("prev", "0"), link("first", "0"), link("last", "40")}},
		{"odd offset", "5", 45, 20, []string{link("next", "25"), link("prev", "0"), link("first", "0"), link("last", "40")}},
		{"behind the end", "100", 45, 0, []string{link("prev", "80"), link("first", "0"), link("last", "40")}},
	}
	for _, test := range tests {
		q := mustParse(t, "a=[1,2]&limit=20&offset="+test.offset)
		if got, want := LinkHeader(base, q, test.total, test.returned), strings.Join(test.want, ", "); got != want {
			t.Errorf("%s: LinkHeader\n got %s\nwant %s", test.name, got, want)
		}
	}
}

// Contract: resources.md Pagination headers: it splits the header
// Contract: resources.md Pagination headers: the URL between
// Contract: resources.md Pagination headers: The SDK asks for pages
func TestTheSDKFollowsLinks(t *testing.T) {
	const total = 45
	raw := "name=next;rel,&meta.next=[a,b]&limit=20"
	for page, wantLeft := range []int{45, 25, 5} {
		q := mustParse(t, raw)
		if q.Offset != page*20 {
			t.Fatalf("page %d begins at %d", page, q.Offset)
		}
		header := LinkHeader("https://api.example/v2/things", q, total, min(wantLeft, 20))
		next := follow(header)
		u, err := url.Parse(next)
		if err != nil || next != "" && !u.IsAbs() {
			t.Fatalf("page %d: next is %q: %v", page, next, err)
		}
		if last := wantLeft <= 20; (next == "") != last {
			t.Fatalf("page %d: next is %q", page, next)
		}
		raw = u.RawQuery
	}
}

func TestLinkHeaderWithAHostileHost(t *testing.T) {
	header := LinkHeader("http://a,b;\"<c>\r\n d", New(), 200, 100)
	if got := strings.Count(header, ","); got != 2 || strings.ContainsAny(header, "\r\n") {
		t.Errorf("LinkHeader = %q", header)
	}
}
