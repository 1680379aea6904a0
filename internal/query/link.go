package query

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Values returns the query of a URL that asks for the same as q from offset on. Parse
// reads it back. All that could be mistaken for a part of a Link header is escaped.
func (q *Query) Values(offset int) string {
	var b strings.Builder
	add := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
	}
	for _, f := range q.Filters {
		if text, ok := f.text(); ok {
			add(f.Path.String(), text)
			continue
		}
		for _, value := range f.Values {
			add(f.Path.String()+"[]", value)
		}
	}
	if text := q.sortText(); text != "" {
		add("sort", text)
	}
	add("limit", strconv.Itoa(q.Limit))
	add("offset", strconv.Itoa(offset))
	if text := q.Select.text(); text != "" {
		add("select", text)
	}
	if text := join(q.Populate, ""); text != "" {
		add("populate", text)
	}
	return b.String()
}

// sortText returns the value of sort, nothing for the default.
func (q *Query) sortText() string {
	if q.unsorted && slices.EqualFunc(q.Sort, q.fallback, equalKeys) {
		return ""
	}
	names := make([]string, len(q.Sort))
	for i, key := range q.Sort {
		names[i] = key.Path.String()
		if key.Descending {
			names[i] = "-" + names[i]
		}
	}
	return strings.Join(names, ",")
}

func equalKeys(a, b Key) bool {
	return a.Descending == b.Descending && slices.Equal(a.Path, b.Path)
}

func (s Select) text() string {
	if s.Exclude {
		return join(s.Paths, "-")
	}
	return join(s.Paths, "")
}

func join(paths []Path, prefix string) string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = prefix + path.String()
	}
	return strings.Join(names, ",")
}

// LinkHeader returns the header Link of a page (docs/contract/resources.md section 4,
// "Pagination headers"): where the other pages of q are, next before prev before first
// before last. It is empty if all there is was returned. The baseURL is absolute, without a query;
// total is how many resources match, of which this page returned that many.
func LinkHeader(baseURL string, q *Query, total, returned int) string {
	if q.Offset == 0 && returned >= total {
		return ""
	}
	limit := max(q.Limit, 1)
	var links []string
	add := func(rel string, offset int) {
		links = append(links, "<"+linkEscaper.Replace(baseURL)+"?"+q.Values(offset)+`>; rel="`+rel+`"`)
	}
	if returned > 0 && q.Offset+returned < total {
		add("next", q.Offset+limit)
	}
	if q.Offset > 0 {
		add("prev", max(q.Offset-limit, 0))
	}
	add("first", 0)
	add("last", max(total-1, 0)/limit*limit)
	return strings.Join(links, ", ")
}

// linkEscaper guards the header against what a client named as its host.
var linkEscaper = strings.NewReplacer(",", "%2C", ";", "%3B", "<", "%3C", ">", "%3E", `"`, "%22", " ", "%20", "\r", "", "\n", "")
