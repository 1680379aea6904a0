package ui

import (
	"net/http"
	"slices"
	"strconv"
	"sync"

	"bellhop/internal/openapi"
)

// The description of the API as pages (docs/contract/extensions.md section 6): an overview, a
// page for each kind of resource, and one for each schema. They are for everybody, whether or
// not he is logged in, and the same for all.

// docs is what they are made from, made when one is first asked for.
type docs struct{ document func() *openapi.Document }

func newDocs() *docs { return &docs{sync.OnceValue(openapi.New)} }

const docsPath = "/docs/api"

func docsGroupPath(name string) string  { return docsPath + "/" + name }
func docsSchemaPath(name string) string { return docsPath + "/schemas/" + name }

// docsFrame is the frame of a page of the description.
func docsFrame(title string, trail ...link) frame {
	return frame{Title: title, Trail: trail, Reading: true}
}

type docsPage struct {
	frame
	Answer   []piece
	Intro    []paragraph
	Groups   []docsGroup
	Failures []docsFailure
}

func (*docsPage) template() string { return "docs" }

// docsGroup are the operations on one kind of things.
type docsGroup struct {
	Name, To   string
	About      []piece
	Operations []docsEntry
}

// docsEntry is an operation in a list.
type docsEntry struct{ Method, Path, Summary, To string }

// docsFailure is why a request may fail.
type docsFailure struct {
	ID, Status, Word string
	Text             []piece
}

func (d *docs) overview(w http.ResponseWriter, r *http.Request, ui *UI) error {
	doc := d.document()
	p := &docsPage{frame: docsFrame("API"), Intro: prose(doc.Info.Description)}
	count := 0
	for _, tag := range doc.Tags {
		group := docsGroup{Name: tag.Name, To: docsGroupPath(tag.Name), About: pieces(tag.Description)}
		for _, o := range operationsOf(doc, tag.Name) {
			group.Operations = append(group.Operations, docsEntry{o.method, o.path, o.Summary, group.To + "#" + o.ID})
			count++
		}
		p.Groups = append(p.Groups, group)
	}
	p.Answer = pieces(strconv.Itoa(count) + " operations, described by OpenAPI " + doc.OpenAPI + ".")
	for _, f := range openapi.Failures() {
		status, _ := strconv.Atoi(f.Name)
		p.Failures = append(p.Failures, docsFailure{"status-" + f.Name, f.Name, http.StatusText(status), pieces(f.Value)})
	}
	return ui.render(w, r, http.StatusOK, p)
}

// located is an operation with the place where it is.
type located struct {
	*openapi.Operation
	method, path string
}

// operationsOf are those with a tag, and the webhooks with it, in the order of the document.
func operationsOf(doc *openapi.Document, tag string) (found []located) {
	for _, items := range []openapi.Members[openapi.PathItem]{doc.Paths, doc.Webhooks} {
		for _, item := range items {
			for _, m := range item.Value {
				if slices.Contains(m.Value.Tags, tag) {
					found = append(found, located{m.Value, m.Name, item.Name})
				}
			}
		}
	}
	return found
}

type docsGroupPage struct {
	frame
	Groups     []link
	About      []piece
	Operations []docsOperation
}

func (*docsGroupPage) template() string { return "docsgroup" }

func (d *docs) group(w http.ResponseWriter, r *http.Request, ui *UI) error {
	doc, name := d.document(), r.PathValue("group")
	i := slices.IndexFunc(doc.Tags, func(t openapi.Tag) bool { return t.Name == name })
	if i < 0 {
		return errNoPage()
	}
	p := &docsGroupPage{frame: docsFrame(name, link{Text: "API", To: docsPath}), About: pieces(doc.Tags[i].Description)}
	for _, tag := range doc.Tags {
		p.Groups = append(p.Groups, link{Text: tag.Name, To: docsGroupPath(tag.Name), Current: tag.Name == name})
	}
	s := &shaper{doc}
	for _, o := range operationsOf(doc, name) {
		p.Operations = append(p.Operations, s.operation(o))
	}
	return ui.render(w, r, http.StatusOK, p)
}

type docsSchemaPage struct {
	frame
	About  []piece
	Type   []piece
	Fields []docsField
}

func (*docsSchemaPage) template() string { return "docsschema" }

func (d *docs) schema(w http.ResponseWriter, r *http.Request, ui *UI) error {
	doc, name := d.document(), r.PathValue("name")
	found := doc.Components.Schemas.Get(name)
	if found == nil {
		return errNoPage()
	}
	s := &shaper{doc}
	p := &docsSchemaPage{frame: docsFrame(name, link{Text: "API", To: docsPath}), About: pieces(found.Description), Fields: s.fields(found)}
	p.Type = s.typeOf(found)
	p.Type = append(p.Type, s.details(found)...)
	return ui.render(w, r, http.StatusOK, p)
}

// public makes a page of the description one for everybody.
func (ui *UI) public(page func(http.ResponseWriter, *http.Request, *UI) error) http.HandlerFunc {
	return ui.anyone(func(w http.ResponseWriter, r *http.Request) error { return page(w, r, ui) })
}
