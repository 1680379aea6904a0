package ui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"bellhop"
)

// auditFilter is what a list of records is narrowed to. All of it is in the address.
type auditFilter struct {
	Here  string // where the list is
	Who   string // part of a name
	Kinds []option
	Verbs []option
	From  string // a day, as 2024-05-26
	To    string // the last day
	Exact []only
}

// only is one user, or one thing, that a link has chosen.
type only struct {
	Name, Value string // of the parameter
	Text        string
	Without     string // the same list for all
}

func readAuditFilter(here string, q url.Values) auditFilter {
	f := auditFilter{Here: here, Who: strings.TrimSpace(q.Get("who")), From: dayOf(q.Get("from")), To: dayOf(q.Get("to"))}
	for _, kind := range bellhop.Kinds() {
		if kind.Audited() {
			f.Kinds = append(f.Kinds, option{kind.Name, kindWords(kind.Name), kind.Name == q.Get("kind")})
		}
	}
	slices.SortFunc(f.Kinds, func(x, y option) int { return strings.Compare(x.Text, y.Text) })
	for _, verb := range bellhop.AuditVerbs() {
		f.Verbs = append(f.Verbs, option{string(verb), verbWords[verb], string(verb) == q.Get("verb")})
	}
	for _, name := range []string{"user", "object"} {
		if id := bellhop.ID(q.Get(name)); id.Valid() {
			rest := url.Values{}
			for other, values := range q {
				if other != name && other != "offset" {
					rest[other] = values
				}
			}
			without := url.URL{Path: here, RawQuery: rest.Encode()}
			f.Exact = append(f.Exact, only{name, string(id), string(id), without.String()})
		}
	}
	return f
}

// dayOf returns a day that can be filtered by, "" if text is none.
func dayOf(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

// Active reports whether anything is left out.
func (f *auditFilter) Active() bool {
	return f.Who != "" || f.From != "" || f.To != "" || len(f.Exact) > 0 || chosen(f.Kinds) != "" || chosen(f.Verbs) != ""
}

// query is the filter in the dialect of lists.
func (f *auditFilter) query() url.Values {
	q := url.Values{}
	if f.Who != "" {
		q.Set("userName", "~"+f.Who)
	}
	if kind := chosen(f.Kinds); kind != "" {
		q.Set("kind", kind)
	}
	if verb := chosen(f.Verbs); verb != "" {
		q.Set("verb", verb)
	}
	if f.From != "" {
		q.Add("createdAt", ">="+f.From)
	}
	if f.To != "" {
		last, err := time.Parse(time.DateOnly, f.To)
		if err == nil {
			q.Add("createdAt", "<"+last.AddDate(0, 0, 1).Format(time.DateOnly))
		}
	}
	for _, e := range f.Exact {
		q.Set(e.Name, e.Value)
	}
	return q
}

// name says who or what was chosen by its id, as far as the records know it.
func (f *auditFilter) name(records []bellhop.AuditRecord) {
	for i := range f.Exact {
		e := &f.Exact[i]
		for _, r := range records {
			switch {
			case e.Name == "user" && string(r.User) == e.Value && r.UserName != "":
				e.Text = "by " + r.UserName
			case e.Name == "object" && r.Object == e.Value && r.Name != "":
				e.Text = kindWords(r.Kind) + " " + r.Name
			default:
				continue
			}
			break
		}
	}
}
