package ui

import (
	"strings"

	"bellhop"
)

// searchText is up to how many bytes are looked for.
const searchText = 200

// searchPage is what there is by a name or an id. The palette of the frame shows its
// groups as well (static/palette.js).
type searchPage struct {
	frame
	Query  string
	Answer string
	Groups []foundGroup
}

// foundGroup is what was found of one kind. Note says what it does not show.
type foundGroup struct {
	ID, Name string
	Found    []hit
	Note     string
}

// hit leads to a thing; About tells it from others of that name.
type hit struct {
	link
	About string
}

func (*searchPage) template() string { return "search" }

// search finds pages and things: by an id if the text is one, else by names and addresses.
// All of it is asked of the rules as the visitor may ask; so nothing is found that he
// could not find in a list.
func (ui *UI) search(v *visit) error {
	q := strings.TrimSpace(v.r.URL.Query().Get("q"))
	if len(q) > searchText {
		q = strings.ToValidUTF8(q[:searchText], "")
	}
	p := &searchPage{frame: frame{Title: "Search"}, Query: q}
	p.add(foundGroup{ID: "pages", Name: "Pages", Found: v.pagesNamed(q)})
	var err error
	id, uuid := bellhop.ID(strings.ToLower(q)), bellhop.UUID{}
	switch {
	case q == "":
	case id.Valid():
		err = v.findID(p, id)
	default:
		if uuid, err = bellhop.ParseUUID(q); err == nil {
			err = v.findUUID(p, uuid)
		} else {
			err = v.findNames(p, q)
		}
	}
	if err != nil {
		return err
	}
	p.Answer = p.answer()
	return v.show(p)
}

// add appends a group, unless nothing was found of it.
func (p *searchPage) add(g foundGroup) {
	if len(g.Found) > 0 {
		p.Groups = append(p.Groups, g)
	}
}

func (p *searchPage) answer() string {
	n := 0
	for _, g := range p.Groups {
		n += len(g.Found)
	}
	switch {
	case p.Query == "":
		return "Type a name, an id, an email or a telephone number."
	case n == 0:
		return "Nothing you may see is called “" + p.Query + "” or has that id."
	}
	return plural(n, "result", "results") + " for “" + p.Query + "”."
}

// otherPages are those that no entry of the rail leads to.
var otherPages = []link{
	{Text: "API", To: docsPath},
}

// pagesNamed returns the pages with q in their name; all, without q.
func (v *visit) pagesNamed(q string) []hit {
	var pages []hit
	for _, s := range railOf(v.caller) {
		pages = append(pages, hit{link: s.link})
	}
	for _, l := range otherPages {
		pages = append(pages, hit{link: l})
	}
	kept := pages[:0]
	for _, p := range pages {
		if strings.Contains(strings.ToLower(p.Text), strings.ToLower(q)) {
			kept = append(kept, p)
		}
	}
	return kept
}
