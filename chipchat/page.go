package chipchat

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Paging bounds a walk over the pages of a list (docs/contract/sdk.md section 3). Zero values are the defaults;
// a negative value means no bound, or no pause.
type Paging struct {
	Limit        int           // items per page, unless the query has a limit: 100
	Offset       int           // items to leave out at the beginning, unless the query has an offset: none
	CountLimit   int           // items in all: 2000
	RequestLimit int           // requests: 10000
	Backoff      time.Duration // pause between requests: 100 ms
}

// completed fills what is zero with the values of general, which may be nil, and then with the defaults.
func (p Paging) completed(general *Paging) Paging {
	orElse := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	if general != nil {
		orElse(&p.Limit, general.Limit)
		orElse(&p.Offset, general.Offset)
		orElse(&p.CountLimit, general.CountLimit)
		orElse(&p.RequestLimit, general.RequestLimit)
		if p.Backoff == 0 {
			p.Backoff = general.Backoff
		}
	}
	orElse(&p.Limit, 100)
	orElse(&p.CountLimit, 2000)
	orElse(&p.RequestLimit, 10000)
	if p.Backoff == 0 {
		p.Backoff = 100 * time.Millisecond
	}
	return p
}

// All fetches the items of all pages, within the bounds of p; what is zero there is as in Options.Pagination.
func (r *Resource[T]) All(ctx context.Context, q Query, p Paging) ([]T, error) {
	var all []T
	for item, err := range r.Each(ctx, q, p) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// Each walks over the items of all pages, within the bounds of p, and fetches a page when it is reached. After an
// error, which comes with a zero item, the walk is over.
func (r *Resource[T]) Each(ctx context.Context, q Query, p Paging) iter.Seq2[T, error] {
	p = p.completed(r.paging)
	return func(yield func(T, error) bool) {
		if err := r.walk(ctx, q, p, nil, yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// whole is List in the presence of Options.Pagination: one page with the items of all.
func (r *Resource[T]) whole(ctx context.Context, q Query) (*Page[T], error) {
	var first *Page[T]
	var items []T
	err := r.walk(ctx, q, r.paging.completed(nil), func(page *Page[T]) {
		if first == nil {
			first = page
		}
	}, func(item T, _ error) bool {
		items = append(items, item)
		return true
	})
	if err != nil {
		return nil, err
	}
	return &Page[T]{Items: items, Total: first.Total, Header: first.Header}, nil
}

// walk fetches the pages and yields their items. It shows each page to seen first, unless that is nil.
func (r *Resource[T]) walk(
	ctx context.Context, q Query, p Paging, seen func(*Page[T]), yield func(T, error) bool,
) error {
	query, err := paged(q, p).encode()
	if err != nil {
		return fmt.Errorf("list %s: %w", r.plural, err)
	}
	for count, requests := 0, 1; ; requests++ {
		page, err := r.page(ctx, query)
		if err != nil {
			return err
		}
		if seen != nil {
			seen(page)
		}
		for _, item := range page.Items {
			if !yield(item, nil) {
				return nil
			}
			if count++; count == p.CountLimit {
				return nil
			}
		}
		if page.next == "" || len(page.Items) == 0 || requests == p.RequestLimit {
			return nil
		}
		query = page.next
		if err := pause(ctx, p.Backoff); err != nil {
			return fmt.Errorf("list %s: %w", r.plural, err)
		}
	}
}

func paged(q Query, p Paging) Query {
	q = maps.Clone(q)
	if q == nil {
		q = Query{}
	}
	if _, ok := q["limit"]; !ok && p.Limit > 0 {
		q["limit"] = p.Limit
	}
	if _, ok := q["offset"]; !ok && p.Offset > 0 {
		q["offset"] = p.Offset
	}
	return q
}

// nextQuery finds the query of the next page in the Link header. The rest of that URL is left aside: the server
// may be reached by another host than the one it believes to have, and the token is for that one only.
func nextQuery(header http.Header) string {
	for entry := range strings.SplitSeq(strings.Join(header.Values("Link"), ","), ",") {
		target, parameters, _ := strings.Cut(entry, ";")
		first, _, _ := strings.Cut(parameters, ";")
		if !strings.Contains(first, "next") {
			continue
		}
		u, err := url.Parse(strings.Trim(strings.TrimSpace(target), "<>"))
		if err != nil || !u.IsAbs() {
			return ""
		}
		return u.RawQuery
	}
	return ""
}
