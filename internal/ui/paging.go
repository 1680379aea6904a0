package ui

import (
	"net/http"
	"net/url"
	"strconv"
)

// paging leads through a list that is longer than a page.
type paging struct {
	Text         string // "51 to 100 of 1,204"
	Before, Next string // where the pages beside this one are; "" if there is none
	BeforeWord   string
	NextWord     string
}

// offsetOf is where the page begins that a request asks for.
func offsetOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("offset"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// pagingOf returns nil if the list fits on one page. Unless most is 0 a total of so many is only as far as
// was counted: then it says that there is a next page by being more than was shown up to here.
func pagingOf(r *http.Request, offset, size, shown, total, most int) *paging {
	if offset == 0 && total <= size {
		return nil
	}
	p := &paging{Text: "nothing here any more", BeforeWord: "Previous", NextWord: "Next"}
	if shown > 0 {
		p.Text = number(offset+1) + " to " + number(offset+shown)
	}
	if shown > 0 && (most == 0 || offset+shown < most) {
		p.Text += " of " + counted(total, most)
	}
	if offset > 0 {
		p.Before = pageAt(r.URL, max(offset-size, 0))
	}
	if offset+shown < total {
		p.Next = pageAt(r.URL, offset+size)
	}
	return p
}

// byTime names the directions for a list with the newest first.
func (p *paging) byTime() *paging {
	if p != nil {
		p.BeforeWord, p.NextWord = "Newer", "Older"
	}
	return p
}

func pageAt(u *url.URL, offset int) string {
	return withParameter(u, "offset", strconv.Itoa(offset), offset == 0)
}

// withParameter is the address of the same page with one parameter set, or removed.
func withParameter(u *url.URL, name, value string, remove bool) string {
	q := u.Query()
	q.Set(name, value)
	if remove {
		q.Del(name)
	}
	to := url.URL{Path: u.Path, RawQuery: q.Encode()}
	return to.String()
}

// filterLinks are links to the same list narrowed by a parameter; the first is the whole.
func filterLinks(u *url.URL, name string, values ...string) []link {
	plain := *u
	q := plain.Query()
	q.Del("offset")
	current := q.Get(name)
	plain.RawQuery = q.Encode()
	links := []link{{Text: "all", To: withParameter(&plain, name, "", true), Current: current == ""}}
	for _, value := range values {
		links = append(links, link{Text: value, To: withParameter(&plain, name, value, false), Current: current == value})
	}
	return links
}
