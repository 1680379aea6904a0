package openapi

import "bellhop"

const introduction = `The Web1on1 API v2, as this server speaks it.

Get a token with ` + "`POST /v2/auth/token`" + ` and send it as ` + "`Authorization: Bearer <token>`" + `. Bodies are JSON in UTF-8. Ids are 24 hex digits, times are
ISO 8601 in UTC. A failure is ` + "`{\"error\":{\"message\":...}}`" + ` with a status of 4xx or 5xx, also for paths and methods that are not here: 404 and 405.

A list is a bare array. Fields are filtered by parameters of their names, with operators in front of the value. ` + "`X-Total-Count`" + ` tells how many
match, and ` + "`Link`" + ` leads to the next page. ` + "`select`" + ` leaves fields out, so that of a resource in an answer to GET only the id is always there.

What a user may do depends on his role in the organization, and counts for all organizations below it:
viewer, anonymous, guest, agent, bot, supervisor, admin, each including those before. What he may not see does not exist for him: 404.

Every GET can be a HEAD as well.`

// New returns the description of the API.
func New() *Document {
	kinds := describe()
	byKind := map[*bellhop.Kind]*described{}
	d := &Document{
		OpenAPI: "3.1.1",
		Info: Info{
			Title: "Bellhop", Summary: "Bot events and webhooks: REST API v2", Version: "2", Description: introduction,
		},
		Servers:  []Server{{URL: "/", Description: "This server"}},
		Security: []map[string][]string{{bearer: {}}},
		Webhooks: webhooks(),
		Components: Components{
			Responses: failureResponses(), Parameters: parameters(), Headers: headers(),
			SecuritySchemes: Members[Security]{is(bearer, Security{
				Type: "http", Scheme: "bearer", BearerFormat: "JWT",
				Description: "A token of `POST /v2/auth/token`, or the permanent one of a bot. `x-scope` of an operation is the lowest scope that may.",
			})},
		},
	}
	d.Tags = append(d.Tags, Tag{"auth", "Tokens."})
	var all []route
	for _, k := range kinds {
		byKind[k.Kind] = k
		d.Tags = append(d.Tags, Tag{k.Plural, k.note.about})
		k.addSchemas(&d.Components.Schemas)
		if k.resource() {
			all = append(all, k.routes()...)
		}
	}
	d.Tags = append(d.Tags, Tag{"tunnels", "Public URLs that lead to where somebody listens."})
	d.Tags = append(d.Tags, Tag{"server", "The server itself."}, Tag{"webhooks", "What the server sends to webhooks."})
	for _, part := range []Members[*Schema]{commonSchemas(), talkSchemas(), serviceSchemas(), extensionSchemas(byKind), webhookSchemas(kinds)} {
		d.Components.Schemas = append(d.Components.Schemas, part...)
	}
	for _, r := range append(all, routes(byKind)...) {
		item := d.Paths.Get(r.path())
		item.set(r.method(), r.operation())
		d.Paths.set(r.path(), item)
	}
	return d
}

// bearer names how callers say who they are.
const bearer = "bearer"
