package ui

import "net/http"

// routes is every page there is. Patterns without a method would let a form be sent by a
// link, so there are none but for the page that says that there is no such page.
func (ui *UI) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", ui.assets.serve)

	mux.HandleFunc("GET "+docsPath, ui.public(ui.docs.overview))
	mux.HandleFunc("GET "+docsPath+"/{group}", ui.public(ui.docs.group))
	mux.HandleFunc("GET "+docsPath+"/schemas/{name}", ui.public(ui.docs.schema))

	mux.HandleFunc("GET /login", ui.anyone(ui.loginPage))
	mux.HandleFunc("POST /login", ui.anyone(ui.logIn))
	mux.HandleFunc("POST /logout", ui.anyone(ui.logOut))

	for pattern, page := range map[string]func(*visit) error{
		"GET /{$}": ui.overview,

		"GET /search": ui.search,

		"GET /settings":                                      ui.settings,
		"GET /settings/organizations/{id}":                   ui.organization,
		"GET /settings/organizations/{id}/integrations":      ui.integrations,
		"GET /settings/organizations/{id}/integrations/new":  ui.newService,
		"POST /settings/organizations/{id}/integrations/new": ui.createService,

		"GET /services/{id}":         ui.service,
		"GET /services/{id}/edit":    ui.editService,
		"POST /services/{id}/edit":   ui.saveService,
		"POST /services/{id}/verify": ui.verifyService,
		"POST /services/{id}/off":    ui.switchOff,
		"GET /services/{id}/delete":  ui.confirmDelete,

		"GET /services/{id}/charts":       ui.serviceCharts,
		"GET /services/{id}/settings":     ui.serviceSettings,
		"GET /services/{id}/switch-off":   ui.confirmOff,
		"GET /services/{id}/test":         ui.testForm,
		"POST /services/{id}/test":        ui.sendTest,
		"GET /services/{id}/rotate":       ui.rotation,
		"POST /services/{id}/rotate":      ui.rotate,
		"GET /services/{id}/replays":      ui.replays,
		"GET /services/{id}/replays/new":  ui.newReplay,
		"POST /services/{id}/replays/new": ui.createReplay,
		"GET /replays/{id}":               ui.replay,
		"POST /replays/{id}":              ui.steerReplay,

		"POST /services/{id}/delete": ui.deleteService,

		"GET /deliveries":      ui.deliveries,
		"GET /deliveries/{id}": ui.delivery,
		"GET /live/deliveries": ui.liveDeliveries,

		"GET /schedule":           ui.schedule,
		"GET /conversations":      ui.conversations,
		"GET /conversations/{id}": ui.conversation,
		"GET /m/{slug}":           ui.message,
	} {
		mux.HandleFunc(pattern, ui.known(page))
	}
	mux.HandleFunc("/", ui.nowhere)
	return mux
}
