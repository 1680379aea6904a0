package query

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"bellhop"
)

// FuzzParse checks that nothing panics, that every refusal is the client's to read, and that
// the URLs of Link headers ask for the same again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "??id=1", "a=[1,2]&a[]=3&a=!&b=![x]&c=~%7E+%2B", "sort=-a,b&limit=5&offset=7&select=-a,-b.c&populate=x.y",
		"a[][]=1&=2", "%5B%5D", "a=%", "select=[a,b]", "a=>=1&b=<=2&c=![]&d=[]&e[]=&e[]=,", "a.b..c=.&.=1", "sort=-,--a", "select=--a,-",
	} {
		f.Add(seed)
	}
	const doc = `{"id":"1","a":{"b":[1,{"c":2}],"b.c":3},"-a":4}`
	f.Fuzz(func(t *testing.T, rawQuery string) {
		q, err := Parse(plain, rawQuery)
		if err != nil {
			if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Invalid {
				t.Fatalf("Parse(%q) = %v", rawQuery, err)
			}
			return
		}
		if projected := Project(json.RawMessage(doc), q.Select); !json.Valid(projected) {
			t.Fatalf("Project(%+v) = %s", q.Select, projected)
		}
		values := q.Values(q.Offset)
		if strings.ContainsAny(values, `,;[]<>" `) {
			t.Fatalf("Values = %s", values)
		}
		again, err := Parse(plain, values)
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("Parse(%q) = %+v\nParse(%q) = %+v, %v", rawQuery, q, values, again, err)
		}
	})
}

// FuzzProject checks that what is left of a document is JSON, and all of it was there.
func FuzzProject(f *testing.F) {
	f.Add(`{"id":"1","a":[{"b":1},2,[{"b":3}]]}`, "a.b")
	f.Add(`{"a.b":{"":1}}`, "-a.b.,-a")
	f.Fuzz(func(t *testing.T, body, names string) {
		s := mustParse(t, "").Select
		if q, err := ParseSingle("select=" + names); err == nil {
			s = q.Select
		}
		projected := Project(json.RawMessage(body), s)
		if len(projected) > len(body) || json.Valid([]byte(body)) != json.Valid(projected) {
			t.Fatalf("Project(%s, %+v) = %s", body, s, projected)
		}
	})
}
