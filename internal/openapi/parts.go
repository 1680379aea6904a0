package openapi

import (
	"net/http"
	"strconv"
)

// commonSchemas are those that all kinds refer to.
func commonSchemas() Members[*Schema] {
	id := text().like(`"64b0f1a2c3d4e5f607182970"`).say("Id of a resource. Ids ascend in the order in which resources were created.")
	id.Pattern = `^[0-9a-f]{24}$`
	uuid := text().like(`"018fb42c-1f5b-7c3e-9a51-2f6a1e4b8d91"`)
	uuid.Format, uuid.Pattern = "uuid", `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`
	time := text().like(`"2024-05-26T10:15:30.123Z"`).say("UTC, with milliseconds.")
	time.Format, time.Pattern = "date-time", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`
	return Members[*Schema]{
		prop("Id", id),
		prop("Identified", (&Schema{}).with("id").say("What has an id, whatever else was selected.")),
		prop("UUID", uuid),
		prop("Time", time),
		prop("SentTime", text().say("ISO 8601: a date, or a date and a time. Without an offset it is UTC.").like(`"2024-05-26T10:15:30Z"`)),
		prop("Filter", either(text(), list(text())).say("A value, or one of the operators "+
			"`!v` not, `~v` contains, `^v` starts with, `$v` ends with, `>v` `>=v` `<v` `<=v`, `[a,b]` any of, `![a,b]` none of; empty: it is there, `!`: it is not. "+
			"Repeated: all of them.")),
		prop("Error", object(Members[*Schema]{prop("error", object(Members[*Schema]{
			prop("message", text().say("Written for who has sent the request.")),
			prop("status", whole().from(400).to(599).say("That of the answer.")),
			prop("name", text()),
			prop("errors", (&Schema{Type: "object", Additional: text()}).say("By field what is wrong with it.")),
		}).closed().with("message", "status", "name"))}).closed().with("error")),
	}
}

func headerRef(name string) *Header { return &Header{Ref: "#/components/headers/" + name} }

func headers() Members[*Header] {
	count := func(description string) *Header {
		return &Header{Description: description, Required: true, Schema: whole().from(0)}
	}
	return Members[*Header]{
		is("X-Request-Id", &Header{Description: "Names the request in the log of the server.", Required: true, Schema: text()}),
		is("X-Total-Count", count("How many match, on all pages. Deliveries and events are counted up to 10,000.")),
		is("X-Limit", count("The `limit` that was used.")),
		is("X-Offset", count("The `offset` that was used.")),
		is("Link", &Header{
			Description: `The other pages, by absolute URLs: rel="next", "prev", "first" and "last", as there are some.`, Schema: text(),
		}),
		is("Retry-After", &Header{Description: "Seconds after which to try again.", Schema: whole().from(1)}),
		is("WWW-Authenticate", &Header{Required: true, Schema: &Schema{Const: "Bearer"}}),
	}
}

// Failures are why requests may fail, by the status of the answer.
func Failures() Members[string] {
	return Members[string]{
		is("400", "The request is wrong in itself: no JSON, a field that cannot be accepted, a missing filter."),
		is("401", "There is no token, or none that counts. `jwt expired`, `invalid signature` and `invalid token` tell that another may help. The request has had no effect."),
		is("403", "The right is missing; or a webhook could not be verified."),
		is("404", "There is no such thing, or none that the caller may see."),
		is("409", "It contradicts what is stored: a value that has to be unique is taken, or the state does not allow it."),
		is("413", "More than is taken at once: bodies have at most 1 MiB."),
		is("429", "Too often: try again later."),
		is("500", "A fault of the server."),
		is("503", "Not now: a retry may help."),
	}
}

func failureName(status string) string {
	code, _ := strconv.Atoi(status)
	name := ""
	for _, r := range http.StatusText(code) {
		if r != ' ' {
			name += string(r)
		}
	}
	return name
}

func failureResponses() Members[*Response] {
	var all Members[*Response]
	for _, f := range Failures() {
		r := answer(f.Value, ref("Error"))
		switch f.Name {
		case "401":
			r.Headers = append(r.Headers, is("WWW-Authenticate", headerRef("WWW-Authenticate")))
		case "429", "503":
			r.Headers = append(r.Headers, is("Retry-After", headerRef("Retry-After")))
		}
		all.set(failureName(f.Name), r)
	}
	return all
}

const jsonType = "application/json"

// answer is one with a JSON body.
func answer(description string, s *Schema) *Response {
	return answerOf(description, jsonType, s)
}

func answerOf(description, mediaType string, s *Schema) *Response {
	r := nothing(description)
	r.Content = Members[Media]{is(mediaType, Media{Schema: s})}
	return r
}

// nothing is an answer without a body.
func nothing(description string) *Response {
	return &Response{Description: description, Headers: Members[*Header]{is("X-Request-Id", headerRef("X-Request-Id"))}}
}

// page is the answer of a list.
func page(description string, item *Schema) *Response {
	r := answer(description, list(item))
	for _, name := range []string{"X-Total-Count", "X-Limit", "X-Offset", "Link"} {
		r.Headers.set(name, headerRef(name))
	}
	return r
}

func jsonBody(s *Schema, examples ...Member[*Example]) *Body {
	return &Body{Required: true, Content: Members[Media]{is(jsonType, Media{Schema: s, Examples: examples})}}
}

func example(summary, value string) *Example { return &Example{Summary: summary, Value: []byte(value)} }

func parameterRef(name string) *Parameter { return &Parameter{Ref: "#/components/parameters/" + name} }

func parameters() Members[*Parameter] {
	inQuery := func(name, description string, s *Schema) Member[*Parameter] {
		return is(name, &Parameter{Name: name, In: "query", Description: description, Schema: s})
	}
	return Members[*Parameter]{
		inQuery("limit", "How many at most. Larger numbers are reduced; what is no positive number counts as absent.", whole().from(1).to(1000).or("100")),
		inQuery("offset", "How many to leave out.", whole().from(0).or("0")),
		inQuery("sort", "Names of fields, separated by commas; `-` in front of one descends. Ties are broken by the id.", text().like(`"-createdAt,name"`)),
		inQuery("select", "Only these fields, separated by commas, and the id. If each begins with `-`: all but these.", text().like(`"name,meta"`)),
	}
}
