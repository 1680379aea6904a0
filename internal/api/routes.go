package api

import (
	"net/http"

	"bellhop"
	"bellhop/internal/web"
)

// routes is the whole API. What is here is described in package openapi, too.
func (a *API) routes() *http.ServeMux {
	mux := http.NewServeMux()
	open := func(pattern string, f handler) {
		a.patterns = append(a.patterns, pattern)
		mux.Handle(pattern, web.Handler(fromAPI(f)))
	}
	known := func(pattern string, f callerHandler) { open(pattern, a.known(f)) }

	open("GET /healthz", a.healthz)
	open("GET /readyz", a.readyz)
	open("POST /v2/auth/token", a.token)
	open("GET /v2/openapi.json", a.description.json)
	open("GET /v2/openapi.yaml", a.description.yaml)

	created := map[*bellhop.Kind]callerHandler{
		bellhop.Conversations: a.startConversation,
		bellhop.Messages:      a.postMessages,
		bellhop.Contacts:      a.createContact,
	}
	for _, kind := range bellhop.Kinds() {
		path := "/v2/" + kind.Plural
		create := created[kind]
		if create == nil {
			create = a.create(kind)
		}
		known("GET "+path, a.list(kind))
		known("POST "+path, create)
		known("GET "+path+"/{id}", a.get(kind))
		known("PATCH "+path+"/{id}", a.patch(kind))
		known("DELETE "+path+"/{id}", a.delete(kind))
	}
	known("PUT /v2/messages/{id}", a.replaceMessage)
	known("GET /v2/conversations/{id}/messages", a.listMessages)
	known("POST /v2/conversations/{id}/messages", a.postMessages)
	known("POST /v2/users/{id}/revoke", a.revoke)
	known("POST /v2/services/try", a.tryService)
	known("POST /v2/services/{id}/rotate", a.rotate)

	known("GET /v2/services/{id}/stats", a.serviceStats)
	known("GET /v2/stats", a.allStats)
	known("GET /v2/snapshot/metrics", a.snapshot)

	known("POST /v2/events", a.publish)
	known("GET /v2/events", a.listEvents)
	known("GET /v2/events/{id}", a.event)
	known("GET /v2/deliveries", a.listDeliveries)
	known("GET /v2/deliveries/stream", a.streamDeliveries)
	known("GET /v2/deliveries/{id}", a.delivery)
	known("POST /v2/deliveries/{id}/replay", a.replayDelivery)
	known("POST /v2/services/{id}/replays", a.createReplay)
	known("GET /v2/replays", a.listReplays)
	known("GET /v2/replays/{id}", a.replay)
	known("PATCH /v2/replays/{id}", a.patchReplay)
	known("GET /v2/audit", a.listAudit)
	known("GET /v2/audit/{id}", a.auditRecord)
	known("POST /v2/services/{id}/test", a.testService)
	known("GET /v2/services/{id}/explain", a.explain)
	return mux
}
