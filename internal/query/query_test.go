package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"bellhop"
)

var plain = &bellhop.Kind{Name: "thing", Plural: "things"} // not in the registry

func mustParse(t *testing.T, rawQuery string) *Query {
	t.Helper()
	q, err := Parse(plain, rawQuery)
	if err != nil {
		t.Fatalf("Parse(%q) = %v", rawQuery, err)
	}
	return q
}

// What every operator looks like, in all spellings.
//
// Contract: resources.md Parsing: Standard form decoding
// Contract: resources.md Parsing: Field names are dotted paths
// Contract: resources.md Parsing: The SDK flattens nested options
// Contract: resources.md Parsing: A query given as text
// Contract: resources.md Parsing: Reserved names
// Contract: resources.md Parsing: A literal plus
// Contract: resources.md Parsing: Everything else is a filter
func TestParseFilters(t *testing.T) {
	long := strings.Repeat("a", 200)
	tests := []struct {
		query string
		want  []Filter
	}{
		{"", nil},
		{"&&", nil},
		{"name=v", []Filter{{Path{"name"}, OneOf, []string{"v"}}}},
		{"name=!v", []Filter{{Path{"name"}, NoneOf, []string{"v"}}}},
		{"name=~v", []Filter{{Path{"name"}, Contains, []string{"v"}}}},
		{"name=%7Ev", []Filter{{Path{"name"}, Contains, []string{"v"}}}},
		{"name=^v", []Filter{{Path{"name"}, Prefix, []string{"v"}}}},
		{"name=$v", []Filter{{Path{"name"}, Suffix, []string{"v"}}}},
		{"name=>v", []Filter{{Path{"name"}, Greater, []string{"v"}}}},
		{"name=>=v", []Filter{{Path{"name"}, AtLeast, []string{"v"}}}},
		{"name=<v", []Filter{{Path{"name"}, Less, []string{"v"}}}},
		{"name=<=v", []Filter{{Path{"name"}, AtMost, []string{"v"}}}},
		{"name=", []Filter{{Path{"name"}, Exists, nil}}},
		{"name", []Filter{{Path{"name"}, Exists, nil}}},
		{"name=!", []Filter{{Path{"name"}, Missing, nil}}},
		{"name=~", []Filter{{Path{"name"}, Contains, []string{""}}}},

		// Arrays in all spellings.
		{"type=[chat,card]", []Filter{{Path{"type"}, OneOf, []string{"chat", "card"}}}},
		{"type=%5Bchat%2Ccard%5D", []Filter{{Path{"type"}, OneOf, []string{"chat", "card"}}}},
		{"type[]=chat&type[]=card", []Filter{{Path{"type"}, OneOf, []string{"chat", "card"}}}},
		{"type%5B%5D=chat&a=b&type%5B%5D=card", []Filter{
			{Path{"type"}, OneOf, []string{"chat", "card"}}, {Path{"a"}, OneOf, []string{"b"}},
		}},
		{"type=![chat,card]", []Filter{{Path{"type"}, NoneOf, []string{"chat", "card"}}}},
		{"arr=[1,a%20b]", []Filter{{Path{"arr"}, OneOf, []string{"1", "a b"}}}},
		{"arr=[]", []Filter{{Path{"arr"}, OneOf, nil}}},
		{"arr=[!a,~b,]", []Filter{{Path{"arr"}, OneOf, []string{"!a", "~b", ""}}}},
		{"arr=[a", []Filter{{Path{"arr"}, OneOf, []string{"[a"}}}},
		{"arr=[", []Filter{{Path{"arr"}, OneOf, []string{"["}}}},
		{"arr[]=!a", []Filter{{Path{"arr"}, OneOf, []string{"!a"}}}},
		{"arr[]=", []Filter{{Path{"arr"}, OneOf, []string{""}}}},

		// Form decoding.
		{"name=a+b%2Bc", []Filter{{Path{"name"}, OneOf, []string{"a b+c"}}}},
		{"profile.telephone=%2B441134960999", []Filter{{Path{"profile", "telephone"}, OneOf, []string{"+441134960999"}}}},
		{"name=100%&b=%zz%4", []Filter{{Path{"name"}, OneOf, []string{"100%"}}, {Path{"b"}, OneOf, []string{"%zz%4"}}}},
		{"name=%c3%A9%00%ff", []Filter{{Path{"name"}, OneOf, []string{"é\ufffd\ufffd"}}}},
		{"name=a;b=c", []Filter{{Path{"name"}, OneOf, []string{"a;b=c"}}}},
		{"?id=1", []Filter{{Path{"id"}, OneOf, []string{"1"}}}},
		{"???id=1?", []Filter{{Path{"id"}, OneOf, []string{"1?"}}}},

		{"tags=a&tags=b", []Filter{{Path{"tags"}, OneOf, []string{"a"}}, {Path{"tags"}, OneOf, []string{"b"}}}},
		{"meta.a.b=" + long, []Filter{{Path{"meta", "a", "b"}, OneOf, []string{long}}}},
		{"updatedAt=>=2024-01-31", []Filter{{Path{"updatedAt"}, AtLeast, []string{"2024-01-31"}}}},
		{"name=!!v", []Filter{{Path{"name"}, NoneOf, []string{"!v"}}}},
		{"sort=a&limit=2&offset=3&select=b&populate=c&select[]=d", nil},
	}
	for _, test := range tests {
		if got := mustParse(t, test.query).Filters; !reflect.DeepEqual(got, test.want) {
			t.Errorf("Parse(%q).Filters = %v, want %v", test.query, got, test.want)
		}
	}
}

// Contract: resources.md Parsing: The SDK flattens nested options
// Contract: resources.md Parsing: The same query as the SDK sends it
// Contract: resources.md Parsing: All spellings mean
func TestBothSpellingsOfTheSDKAreTheSame(t *testing.T) {
	const unpaged = "conversation=64b0f1a2c3d4e5f607182970&text=~price&select=id%2C%20text&type=[chat,card]&sort=-createdAt"
	const paged = "conversation=64b0f1a2c3d4e5f607182970&text=%7Eprice&select=id%2C+text&type=%5Bchat%2Ccard%5D&sort=-createdAt&limit=100&offset=0"
	a, err := Parse(bellhop.Messages, unpaged)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(bellhop.Messages, paged)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("without pagination %+v, with it %+v", a, b)
	}
}

// Contract: resources.md Filter operators: ~ ^ $ take plain text
// Contract: resources.md Filter operators: At most 100 filters
func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"no name", "=1", "Validation failed: query has a value without a name"},
		{"brackets alone", "[]=1", "Validation failed: query has a value without a name"},
		{"long name", strings.Repeat("a", 257) + "=1", "Validation failed: query has a name longer than 256 bytes"},
		{"deep name", "a" + strings.Repeat(".a", 20) + "=1", "Validation failed: query has a name of more than 20 parts"},
		{"long query", "a=" + strings.Repeat("b", 1<<16), "Validation failed: query is longer than 65536 bytes"},
		{"filters", strings.Repeat("a=1&", 100) + "b=1", "Validation failed: b is one filter too many: at most 100 are taken"},
		{"values", "a=[" + strings.Repeat(",", 1000) + "]", "Validation failed: a is one value too many: at most 1000 are taken"},
		{"values in brackets", strings.Repeat("a[]=1&", 1001), "Validation failed: a is one value too many: at most 1000 are taken"},
		{"sort keys", "sort=a,b,c,d,e,f,g,h,i,j,k", "Validation failed: sort has more than 10 names"},
		{"deep select", "select=a" + strings.Repeat(".a", 20), "Validation failed: select has a name of more than 20 parts"},
	}
	for _, test := range tests {
		_, err := Parse(plain, test.query)
		e, ok := errors.AsType[*bellhop.Error](err)
		if !ok || e.Code != bellhop.Invalid || e.Message != test.want {
			t.Errorf("%s: Parse = %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := Parse(plain, strings.Repeat("a=1&", 100)); err != nil {
		t.Errorf("100 filters: %v", err)
	}
}

// Contract: resources.md Mandatory filters: messages: at least one of
// Contract: resources.md Mandatory filters: conversations with any meta.* filter
// Contract: resources.md Mandatory filters: Otherwise 400
func TestMandatoryFilters(t *testing.T) {
	tests := []struct {
		kind  *bellhop.Kind
		query string
		ok    bool
	}{
		{bellhop.Messages, "", false},
		{bellhop.Messages, "text=~a&user=1&sort=createdAt", false},
		{bellhop.Messages, "id=1", true},
		{bellhop.Messages, "organization=1", true},
		{bellhop.Messages, "conversation=1", true},
		{bellhop.Messages, "type[]=chat", true},
		{bellhop.Messages, "role=agent", true},
		{bellhop.Messages, "createdAt=>2024-01-31", true},
		{bellhop.Conversations, "", true},
		{bellhop.Conversations, "name=Tour", true},
		{bellhop.Conversations, "meta.intent=greeting", false},
		{bellhop.Conversations, "meta.intent=greeting&participants.name=a", false},
		{bellhop.Conversations, "meta.intent=greeting&type=contact", true},
		{bellhop.Conversations, "meta.intent=greeting&participants.user=1", true},
		{bellhop.Conversations, "meta.intent=greeting&updatedAt=>2024-01-31", true},
		{bellhop.Conversations, "meta=", true},
		{bellhop.Contacts, "meta.intent=greeting", true},
	}
	for _, name := range []string{"id", "organization", "conversation", "type", "role", "createdAt"} {
		tests = append(tests, tests[0])
		tests[len(tests)-1].query, tests[len(tests)-1].ok = name+"=1", true
	}
	for _, name := range []string{"id", "type", "participants.user", "status", "createdAt", "categoryIndex", "category", "organization", "updatedAt"} {
		tests = append(tests, tests[len(tests)-1])
		tests[len(tests)-1].kind, tests[len(tests)-1].query = bellhop.Conversations, "meta.a.b=1&"+name+"=1"
	}
	for _, test := range tests {
		_, err := Parse(test.kind, test.query)
		if (err == nil) != test.ok {
			t.Errorf("Parse(%s, %q) = %v, want ok %v", test.kind.Name, test.query, err, test.ok)
		}
		if e, ok := errors.AsType[*bellhop.Error](err); err != nil && (!ok || e.Code != bellhop.Invalid || e.Message != "Missing mandatory query parameter") {
			t.Errorf("Parse(%s, %q) = %v", test.kind.Name, test.query, err)
		}
	}
}

// Contract: resources.md sort, limit, offset, select, populate: limit | default 100
// Contract: resources.md sort, limit, offset, select, populate: offset | default 0
func TestParsePage(t *testing.T) {
	tests := []struct {
		query         string
		limit, offset int
	}{
		{"", 100, 0},
		{"limit=20&offset=40", 20, 40},
		{"limit=1000", 1000, 0},
		{"limit=1001", 1000, 0},
		{"limit=99999999999999999999&offset=99999999999999999999", 1000, 1<<31 - 1},
		{"limit=0&offset=-1", 100, 0},
		{"limit=-5", 100, 0},
		{"limit=ten&offset=ten", 100, 0},
		{"limit=&offset=", 100, 0},
		{"limit=1&limit=2", 2, 0},
	}
	for _, test := range tests {
		q := mustParse(t, test.query)
		if q.Limit != test.limit || q.Offset != test.offset {
			t.Errorf("Parse(%q) = limit %d, offset %d, want %d, %d", test.query, q.Limit, q.Offset, test.limit, test.offset)
		}
	}
}

// Contract: resources.md sort, limit, offset, select, populate: sort=field,-field2
func TestParseSort(t *testing.T) {
	created := Key{Path: Path{"createdAt"}}
	tests := []struct {
		query string
		want  []Key
	}{
		{"", []Key{created}},
		{"sort=", []Key{created}},
		{"sort=-", []Key{created}},
		{"sort=orgPath", []Key{{Path: Path{"orgPath"}}}},
		{"sort=-createdAt", []Key{{Path: Path{"createdAt"}, Descending: true}}},
		{"sort=a,%20-b.c", []Key{{Path: Path{"a"}}, {Path: Path{"b", "c"}, Descending: true}}},
		{"sort=[a,-b]", []Key{{Path: Path{"a"}}, {Path: Path{"b"}, Descending: true}}},
		{"sort=a&sort=b", []Key{{Path: Path{"a"}}, {Path: Path{"b"}}}},
		{"sort=a,-a,b", []Key{{Path: Path{"a"}}, {Path: Path{"b"}}}},
	}
	for _, test := range tests {
		if got := mustParse(t, test.query).Sort; !reflect.DeepEqual(got, test.want) {
			t.Errorf("Parse(%q).Sort = %v, want %v", test.query, got, test.want)
		}
	}
}

func TestSortByDefault(t *testing.T) {
	newest := Key{Path: Path{"createdAt"}, Descending: true}
	q := mustParse(t, "a=1")
	q.SortByDefault(newest)
	if !reflect.DeepEqual(q.Sort, []Key{newest}) {
		t.Errorf("Sort = %v, want the newest first", q.Sort)
	}
	if got := q.Values(0); strings.Contains(got, "sort") {
		t.Errorf("Values = %s, with an order that nobody named", got)
	}
	q = mustParse(t, "sort=createdAt")
	q.SortByDefault(newest)
	if q.Sort[0].Descending {
		t.Error("the client's order is lost")
	}
}

// Contract: resources.md sort, limit, offset, select, populate: select and populate also work on single GETs
func TestParseSingleTakesTheViewAlone(t *testing.T) {
	q, err := ParseSingle("select=a&populate=b.c,+d&limit=5&offset=5&text=~a")
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Filters) > 0 || q.Offset != 0 || q.Limit != DefaultLimit {
		t.Errorf("ParseSingle took a page: %+v", q)
	}
	if q.Select.Exclude || len(q.Select.Paths) != 1 || q.Select.Paths[0].String() != "a" {
		t.Errorf("Select = %+v", q.Select)
	}
	if want := []Path{{"b", "c"}, {"d"}}; !reflect.DeepEqual(q.Populate, want) {
		t.Errorf("Populate = %v, want %v", q.Populate, want)
	}
}
