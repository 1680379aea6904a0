package chipchat

import (
	"testing"
	"time"
)

func TestQueryEncode(t *testing.T) {
	at := time.Date(2024, 5, 26, 12, 15, 30, 123456789, time.FixedZone("", 2*3600))
	cases := []struct {
		query Query
		want  string
	}{
		{nil, ""},
		{Query{"text": "~price", "conversation": testConversation}, "conversation=64b0f1a2c3d4e5f607182970&text=~price"},
		{Query{"sort": "-createdAt", "limit": 20, "offset": uint8(3)}, "limit=20&offset=3&sort=-createdAt"},
		{Query{"type": []string{"chat", "a b"}}, "type=%5Bchat%2Ca+b%5D"},
		{Query{"organization": []ID{"1", "2"}}, "organization=%5B1%2C2%5D"},
		{Query{"n": []any{1, true, "x"}}, "n=%5B1%2Ctrue%2Cx%5D"},
		{Query{"n": []int{}}, "n=%5B%5D"},
		{Query{"select": []string{"id", "text"}, "populate": []string{"contact"}}, "populate=contact&select=id%2Ctext"},
		{Query{"profile": Query{"telephone": "+441134960999"}}, "profile.telephone=%2B441134960999"},
		{Query{"a": map[string]any{"b": Query{"c": false}}}, "a.b.c=false"},
		{Query{"at": at, "f": 1.5}, "at=2024-05-26T10%3A15%3A30.123Z&f=1.5"},
		{Query{"meta.mood": "👍&x=1"}, "meta.mood=%F0%9F%91%8D%26x%3D1"},
	}
	for _, c := range cases {
		if got, err := c.query.encode(); err != nil || got != c.want {
			t.Errorf("encode(%v) = %q, %v, want %q", c.query, got, err, c.want)
		}
	}
	for _, q := range []Query{{"a": nil}, {"a": struct{}{}}, {"a": []any{nil}}, {"a": []string{"x,y"}}, {"a": Query{"b": nil}}} {
		if got, err := q.encode(); err == nil {
			t.Errorf("encode(%v) = %q, want an error", q, got)
		}
	}
}
