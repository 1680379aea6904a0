package ui

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
)

// pages is one of each.
var pages = []page{
	&loginPage{}, &failurePage{}, &settingsPage{}, &organizationPage{}, &integrationsPage{}, &newServicePage{}, &servicePage{},
	&botsPage{}, &botPage{}, &botFormPage{}, &botWebhookPage{}, &botPlacesPage{}, &botTokensPage{}, &confirmPage{},
	&usersPage{}, &newUserPage{}, &userPage{}, &accountPage{}, &passwordPage{}, &developerPage{},
	&auditPage{}, &auditRecordPage{}, &organizationFormPage{}, &deleteOrganizationPage{},
	&serviceChartsPage{}, &serviceSettingsPage{}, &serviceReplaysPage{}, &replayPage{}, &newReplayPage{}, &rotatePage{}, &testEventPage{}, &switchOffPage{},
	&deletedServicePage{}, &editServicePage{}, &deleteServicePage{}, &deliveriesPage{}, &deliveryPage{}, &conversationsPage{}, &conversationPage{}, &startPage{},
	&docsPage{}, &docsGroupPage{}, &docsSchemaPage{},
	&eventsPage{}, &searchPage{}, &eventPage{}, &explainPage{}, &overviewPage{}, &schedulePage{},
}

// Whatever is stored stays text, in every field of every page.
func TestPagesWithHostileText(t *testing.T) {
	templates := parsedTemplates(t)
	if len(templates.pages) != len(pages) {
		t.Errorf("%d templates for %d pages", len(templates.pages), len(pages))
	}
	for _, text := range []string{
		"", `"><script>alert(1)</script><b onclick=alert(1) x='`, "javascript:alert(1)", "</textarea></code></pre></title><script>alert(1)//", "{{.}} \x00\u202e",
	} {
		for _, p := range pages {
			fresh := reflect.New(reflect.TypeOf(p).Elem())
			if text != "" {
				fill(fresh.Elem(), text)
			}
			var body bytes.Buffer
			if err := templates.execute(&body, fresh.Interface().(page)); err != nil {
				t.Errorf("%s with %q: %v", p.template(), text, err)
				continue
			}
			checkHarmless(t, p.template(), body.String())
		}
	}
}

// checkHarmless holds a page to have nothing in it that a text of somebody has made.
func checkHarmless(t testing.TB, name, html string) {
	t.Helper()
	for _, e := range parsePage(t, html) {
		if e.name == "b" || e.name == "script" && e.attributes["src"] == "" {
			t.Errorf("%s has an element %s", name, e.name)
		}
		for attribute, value := range e.attributes {
			if strings.HasPrefix(attribute, "on") || attribute == "style" ||
				slices.Contains([]string{"href", "action", "src"}, attribute) && strings.HasPrefix(strings.TrimSpace(value), "javascript:") {
				t.Errorf("%s has <%s %s=%q>", name, e.name, attribute, value)
			}
		}
	}
}

func parsedTemplates(t *testing.T) templates {
	t.Helper()
	looks, err := sharedLooks()
	must(t, err)
	return looks.pages
}

// fill sets every string to text and everything else so that it is shown.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(2)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Field(i)
			if !field.CanSet() { // what is embedded has a name that begins small
				field = reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
			}
			fill(field, text)
		}
	}
}

// element is a tag of a page; text is what stands in it.
type element struct {
	name       string
	attributes map[string]string
	text       string
	drawn      bool // within a picture

	from int // where its text begins in that of the page
}

// parsePage reads a page, strictly enough to find what is not closed.
func parsePage(t testing.TB, html string) (elements []*element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []*element
	var text []byte // of the whole page
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				t.Errorf("%s is not closed", open[len(open)-1].name)
			}
			return elements
		}
		if err != nil {
			t.Fatalf("a page is not well formed: %v\n%s", err, html)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: make(map[string]string, len(token.Attr)), from: len(text)}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			if len(open) > 0 {
				outer := open[len(open)-1]
				e.drawn = outer.drawn || outer.name == "svg"
			}
			elements, open = append(elements, e), append(open, e)
		case xml.EndElement:
			e := open[len(open)-1]
			e.text, open = string(text[e.from:]), open[:len(open)-1]
		case xml.CharData:
			text = append(text, token...)
		}
	}
}

// checkPage holds a page to what everybody needs, whatever he reads it with.
func checkPage(t testing.TB, html string) {
	t.Helper()
	elements := parsePage(t, html)
	ids, count := map[string]bool{}, map[string]int{}
	for _, e := range elements {
		if !e.drawn { // a picture has a title of its own
			count[e.name]++
		}
		if id, ok := e.attributes["id"]; ok {
			if ids[id] || id == "" {
				t.Errorf("the id %q is there twice", id)
			}
			ids[id] = true
		}
	}
	for _, name := range []string{"h1", "main", "title"} {
		if count[name] != 1 {
			t.Errorf("the page has %d elements %s, want one", count[name], name)
		}
	}
	labelled := map[string]bool{}
	for _, e := range elements {
		for _, name := range []string{"for", "aria-describedby", "aria-labelledby"} {
			for id := range strings.FieldsSeq(e.attributes[name]) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> leads to nothing", e.name, name, id)
				}
			}
		}
		if to := e.attributes["href"]; strings.HasPrefix(to, "#") && !ids[to[1:]] {
			t.Errorf("the link %s leads to nothing", to)
		}
		labelled[e.attributes["for"]] = true
	}
	for _, e := range elements {
		switch {
		case (e.name == "input" && e.attributes["type"] != "hidden" || e.name == "textarea") && !labelled[e.attributes["id"]]:
			t.Errorf("the field %q has no label", e.attributes["id"])
		case (e.name == "a" || e.name == "button") && strings.TrimSpace(e.text) == "" && e.attributes["aria-label"] == "":
			t.Errorf("<%s href=%q> has no name", e.name, e.attributes["href"])
		case e.name == "svg" && e.attributes["aria-hidden"] != "true" && e.attributes["aria-label"]+e.attributes["aria-labelledby"] == "":
			t.Error("a picture is neither named nor hidden")
		case e.name == "form" && e.attributes["method"] == "":
			t.Error("a form does not say how it is sent")
		}
	}
}

// What pages share is in memory once, however many there are.
func TestTemplatesAreShared(t *testing.T) {
	trees, defined := map[*parse.Tree]bool{}, map[string]bool{}
	all := parsedTemplates(t)
	for _, p := range all.pages {
		for _, template := range p.main.Templates() {
			trees[template.Tree] = true
			defined[template.Name()] = true
		}
	}
	if len(trees) != len(defined) || len(trees) <= len(all.pages) {
		t.Errorf("%d templates for %d names of %d pages", len(trees), len(defined), len(all.pages))
	}
}
