package chipchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// shelf serves total users in pages, with links to a host by which nobody reaches it.
func shelf(total int) *server {
	return &server{answer: func(r request) (int, http.Header, string) {
		q, _ := url.ParseQuery(r.query)
		limit, _ := strconv.Atoi(q.Get("limit"))
		offset, _ := strconv.Atoi(q.Get("offset"))
		body, end := "[", min(offset+limit, total)
		for i := offset; i < end; i++ {
			if i > offset {
				body += ","
			}
			body += fmt.Sprintf(`{"id":"%d"}`, i)
		}
		header := http.Header{"X-Total-Count": {strconv.Itoa(total)}}
		link := func(rel string, offset int) string {
			q.Set("offset", strconv.Itoa(offset))
			return fmt.Sprintf(`<https://elsewhere.test/v2/users?%s>; rel="%s"`, q.Encode(), rel)
		}
		links := link("prev", 0) + ", " + link("first", 0)
		if end < total {
			links = link("next", end) + ", " + links
		}
		header.Set("Link", links)
		return 200, header, body + "]"
	}}
}

func TestAll(t *testing.T) {
	cases := []struct {
		name            string
		total           int
		query           Query
		paging          Paging
		items, requests int
	}{
		{"nothing", 0, nil, Paging{}, 0, 1},
		{"one page", 100, nil, Paging{}, 100, 1},
		{"exact multiple", 40, Query{"limit": 20}, Paging{}, 40, 2},
		{"rest", 41, nil, Paging{Limit: 20}, 41, 3},
		{"count limit by default", 2500, nil, Paging{Limit: 500}, 2000, 4},
		{"count limit inside a page", 100, nil, Paging{Limit: 20, CountLimit: 30}, 30, 2},
		{"no count limit", 2500, nil, Paging{Limit: 500, CountLimit: -1}, 2500, 5},
		{"request limit", 100, nil, Paging{Limit: 10, RequestLimit: 3}, 30, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := shelf(c.total)
				begun := time.Now()
				all, err := newBot(t, s, nil).Users.All(t.Context(), c.query, c.paging)
				if err != nil || len(all) != c.items || len(s.seen()) != c.requests {
					t.Fatalf("%d items in %d requests, %v; want %d in %d", len(all), len(s.seen()), err, c.items, c.requests)
				}
				for i, u := range all {
					if u.ID != ID(strconv.Itoa(i)) {
						t.Fatalf("item %d is %s", i, u.ID)
					}
				}
				if took := time.Since(begun); took != time.Duration(c.requests-1)*100*time.Millisecond {
					t.Errorf("took %v for %d requests", took, c.requests)
				}
			})
		})
	}
}

func TestEachStopsEarlyAndKeepsTheQuery(t *testing.T) {
	s := shelf(100)
	q := Query{"status": "active"}
	for u, err := range newBot(t, s, nil).Users.Each(t.Context(), q, Paging{Limit: 3, Backoff: -1}) {
		if err != nil {
			t.Fatal(err)
		}
		if u.ID == "4" {
			break
		}
	}
	seen := s.seen()
	if len(seen) != 2 || seen[1].path != "/v2/users" || seen[1].query != "limit=3&offset=3&status=active" || seen[1].token == "" {
		t.Errorf("requests %+v", seen)
	}
	if len(q) != 1 {
		t.Errorf("query of the caller became %v", q)
	}
}

func TestEachGivesErrorOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs []error
	for _, err := range newBot(t, shelf(100), nil).Users.Each(ctx, nil, Paging{Limit: 50, Backoff: time.Hour}) {
		if err != nil {
			errs = append(errs, err)
		}
		cancel()
	}
	if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("errors %v, want one context canceled", errs)
	}
	_, err := newBot(t, answers(200), nil).Users.All(t.Context(), Query{"x": struct{}{}}, Paging{})
	if err == nil {
		t.Error("All with an impossible query = nil")
	}
}

func TestListTellsTotal(t *testing.T) {
	page, err := newBot(t, shelf(7), nil).Users.List(t.Context(), Query{"limit": 5})
	if err != nil || page.Total != 7 || len(page.Items) != 5 || page.Header.Get("X-Total-Count") != "7" {
		t.Errorf("page %+v, %v", page, err)
	}
	s := &server{answer: func(request) (int, http.Header, string) { return 200, nil, `[]` }}
	if page, err := newBot(t, s, nil).Users.List(t.Context(), nil); err != nil || page.Total != -1 {
		t.Errorf("page %+v, %v", page, err)
	}
	s = &server{answer: func(request) (int, http.Header, string) { return 200, nil, `{"not":"a list"}` }}
	if _, err := newBot(t, s, nil).Users.List(t.Context(), nil); err == nil {
		t.Error("an object passed for a list")
	}
}

func TestNextQuery(t *testing.T) {
	cases := []struct {
		links []string
		want  string
	}{
		{nil, ""},
		{[]string{`<https://a.test/v2/users?offset=1>; rel="next"`}, "offset=1"},
		{[]string{`<https://a.test/?a=1>; rel="prev", <https://a.test/?arr=%5Ba%2Cb%5D&offset=2>; rel="next"`}, "arr=%5Ba%2Cb%5D&offset=2"},
		{[]string{`<https://a.test/?a=1>; rel="prev"`, `<https://a.test/?a=2>; rel="next"`}, "a=2"},
		{[]string{`</v2/users?offset=1>; rel="next"`}, ""},
		{[]string{`<https://a.test/?next=1>; rel="last"`}, ""},
		{[]string{`nonsense`}, ""},
	}
	for _, c := range cases {
		if got := nextQuery(http.Header{"Link": c.links}); got != c.want {
			t.Errorf("nextQuery(%q) = %q, want %q", c.links, got, c.want)
		}
	}
}

func TestPaginationOfAllLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := shelf(250)
		b := newBot(t, s, func(o *Options) { o.Pagination = &Paging{Offset: 20, CountLimit: 210, Backoff: time.Second} })
		begun := time.Now()
		page, err := b.Users.List(t.Context(), nil)
		if err != nil || len(page.Items) != 210 || page.Items[0].ID != "20" || page.Total != 250 || page.Header == nil {
			t.Fatalf("List = %+v, %v", page, err)
		}
		if took := time.Since(begun); len(s.seen()) != 3 || took != 2*time.Second {
			t.Errorf("%d requests in %v, want 3 in 2s", len(s.seen()), took)
		}
		all, err := b.Users.All(t.Context(), Query{"limit": 10}, Paging{CountLimit: 15})
		if err != nil || len(all) != 15 || all[0].ID != "20" {
			t.Errorf("All = %d, %v", len(all), err)
		}
		requests := len(s.seen())
		_, _ = b.Users.Get(t.Context(), "1", nil) // the answer is a list all the same
		if seen := s.seen()[requests:]; len(seen) != 1 || seen[0].query != "" {
			t.Errorf("Get asked %+v", seen)
		}
		if _, err := b.Users.List(t.Context(), Query{"x": struct{}{}}); err == nil {
			t.Error("List with an impossible query = nil")
		}
	})
}

func TestPaginationOfNothing(t *testing.T) {
	b := newBot(t, shelf(0), func(o *Options) { o.Pagination = &Paging{} })
	if page, err := b.Users.List(t.Context(), nil); err != nil || len(page.Items) != 0 || page.Total != 0 {
		t.Errorf("List = %+v, %v", page, err)
	}
}
