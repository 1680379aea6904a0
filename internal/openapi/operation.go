package openapi

import (
	"strings"

	"bellhop"
)

// route is one operation, before it is written out.
type route struct {
	pattern string // as the mux has it: "GET /v2/events/{id}"
	id      string
	tag     string
	summary string
	about   string
	scope   bellhop.Scope // the lowest that may
	who     string        // exceptions from that
	public  bool          // nobody need be known
	id24    *Schema       // of {id}; nil means Id
	params  []*Parameter
	body    *Body
	answers Members[*Response]
	fails   string // statuses, beside those that all have
}

// common are the failures that every operation of somebody who is known may have.
const common = "401 403 429 500 503"

func (r *route) method() string { return strings.ToLower(r.pattern[:strings.Index(r.pattern, " ")]) }
func (r *route) path() string   { return r.pattern[strings.Index(r.pattern, " ")+1:] }

// operation writes a route out.
func (r *route) operation() *Operation {
	o := &Operation{Tags: []string{r.tag}, Summary: r.summary, ID: r.id, Body: r.body}
	sentences := []string{}
	if r.about != "" {
		sentences = append(sentences, r.about)
	}
	fails := r.fails
	switch {
	case r.public:
		o.Security = &[]map[string][]string{}
		fails += " 500"
		if strings.HasPrefix(r.path(), "/v2/") {
			fails += " 429" // by address
		}
	default:
		o.Scope = r.scope.String()
		sentences = append(sentences, strings.TrimSpace("For "+andUp(r.scope)+". "+r.who))
		fails += " " + common
	}
	o.Description = strings.Join(sentences, "\n\n")
	if strings.Contains(r.path(), "{id}") {
		s := r.id24
		if s == nil {
			s = ref("Id")
		}
		o.Parameters = append(o.Parameters, &Parameter{Name: "id", In: "path", Required: true, Schema: s})
	}
	o.Parameters = append(o.Parameters, r.params...)
	o.Responses = append(o.Responses, r.answers...)
	for _, f := range Failures() {
		if strings.Contains(fails, f.Name) {
			o.Responses.set(f.Name, &Response{Ref: "#/components/responses/" + failureName(f.Name)})
		}
	}
	return o
}

// andUp says who may, as auth.md does.
func andUp(scope bellhop.Scope) string {
	switch scope {
	case bellhop.NoScope:
		return "everybody with a token"
	case bellhop.ScopeAdmin:
		return "the scope `admin`"
	}
	return "the scope `" + scope.String() + "` and higher"
}

// routes are the operations that every resource has.
func (d *described) routes() []route {
	path, one, label := "/v2/"+d.Plural, article(d.Name), d.Label
	base := func(method, path, verb, summary string, scope bellhop.Scope) route {
		return route{
			pattern: method + " " + path, id: verb + label, tag: d.Plural, summary: summary,
			scope: scope, who: d.note.who.Get(verb), about: d.note.tell.Get(verb),
		}
	}
	listed := base("GET", path, "list", "List "+d.Plural, d.Access.List)
	listed.id = "list" + capital(d.Plural)
	listed.params, listed.answers, listed.fails = d.listParameters(), ok200(page("A page of "+d.Plural+".", d.part())), "400"

	create := base("POST", path, "create", "Create "+one, d.Access.Create)
	create.body = jsonBody(d.createBody(), d.note.examples...)
	create.body.Required = d.required() != nil
	create.answers, create.fails = Members[*Response]{is("201", answer("The whole "+d.Name+".", d.full()))}, "400 404 409 413"

	get := base("GET", path+"/{id}", "get", "Read "+one, d.Access.Get)
	get.params, get.answers, get.fails = d.getParameters(), ok200(answer("The "+d.Name+".", d.part())), "400 404"

	update := base("PATCH", path+"/{id}", "update", "Change "+one, d.Access.Update)
	update.about = strings.TrimSpace("Fields of the body replace the stored ones whole, also objects and arrays; null removes one. Read-only fields are ignored. " + update.about)
	update.body = optional(jsonBody(d.patchBody()))
	update.answers, update.fails = ok200(answer("The whole "+d.Name+".", d.full())), "400 404 409 413"

	del := base("DELETE", path+"/{id}", "delete", "Delete "+one, d.Access.Delete)
	del.answers, del.fails = Members[*Response]{is("204", nothing("It is gone."))}, "404 409"

	switch d.Kind {
	case bellhop.Conversations:
		create.answers = append(ok200(answer("The messages were added to the conversation of a contact who exists.", d.full())), create.answers...)
	case bellhop.Messages:
		create.body, create.answers = d.several()
	}
	return []route{listed, create, get, update, del}
}

func ok200(r *Response) Members[*Response] { return Members[*Response]{is("200", r)} }

// several is for messages, which are sent one by one or as an array.
func (d *described) several() (*Body, Members[*Response]) {
	input := ref(d.Label + "Input")
	body := jsonBody(either(input, nonEmpty(list(input))), d.note.examples...)
	return body, Members[*Response]{is("201", answer("The message; for an array, all messages in its order.", either(d.full(), list(d.full()))))}
}

// listParameters are those of a list.
func (d *described) listParameters() []*Parameter {
	explode := true
	ps := []*Parameter{{
		Name: "filter", In: "query", Style: "form", Explode: &explode, Schema: ref(d.Label + "Filter"),
		Description: "Each filter is a parameter of its own, named for the field.",
	}, parameterRef("sort"), parameterRef("limit"), parameterRef("offset")}
	return append(ps, d.getParameters()...)
}

func (d *described) getParameters() []*Parameter {
	ps := []*Parameter{parameterRef("select")}
	if names := d.populatable(); names != nil {
		ps = append(ps, &Parameter{Name: "populate", In: "query", Schema: text(),
			Description: "References that are replaced by what they refer to, separated by commas; a dotted path goes on: " + code(names...) + "."})
	}
	return ps
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func article(name string) string {
	if strings.ContainsAny(name[:1], "aeio") {
		return "an " + name
	}
	return "a " + name
}
