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

		"GET /settings":                                        ui.settings,
		"GET /settings/organizations/{id}":                     ui.organization,
		"GET /settings/organizations/{id}/new":                 ui.newOrganization,
		"POST /settings/organizations/{id}/new":                ui.createOrganization,
		"GET /settings/organizations/{id}/edit":                ui.editOrganization,
		"POST /settings/organizations/{id}/edit":               ui.saveOrganization,
		"GET /settings/organizations/{id}/delete":              ui.confirmOrganization,
		"POST /settings/organizations/{id}/delete":             ui.deleteOrganization,
		"GET /settings/organizations/{id}/integrations":        ui.integrations,
		"GET /settings/organizations/{id}/integrations/new":    ui.newService,
		"POST /settings/organizations/{id}/integrations/new":   ui.createService,
		"POST /settings/organizations/{id}/integrations/check": ui.checkURL,
		"GET /webhooks/events":                                 ui.events,
		"GET /webhooks/events/picker":                          ui.eventPicker,

		"GET /settings/organizations/{id}/bots":       ui.organizationBots,
		"GET /settings/organizations/{id}/bots/new":   ui.newBot,
		"POST /settings/organizations/{id}/bots/new":  ui.createBot,
		"GET /settings/organizations/{id}/users":      ui.users,
		"GET /settings/organizations/{id}/users/new":  ui.newUser,
		"POST /settings/organizations/{id}/users/new": ui.createUser,

		"GET /bots":                                       ui.bots,
		"GET /bots/{id}":                                  ui.bot,
		"GET /bots/{id}/edit":                             ui.editBot,
		"POST /bots/{id}/edit":                            ui.saveBot,
		"GET /bots/{id}/delete":                           ui.confirmDeleteBot,
		"POST /bots/{id}/delete":                          ui.deleteBot,
		"GET /bots/{id}/webhook":                          ui.botWebhook,
		"POST /bots/{id}/webhook":                         ui.saveBotWebhook,
		"POST /bots/{id}/webhook/verify":                  ui.verifyBotWebhook,
		"POST /bots/{id}/webhook/off":                     ui.switchBotWebhookOff,
		"GET /bots/{id}/organizations":                    ui.botPlaces,
		"POST /bots/{id}/organizations":                   ui.changePlaces,
		"GET /bots/{id}/organizations/{instance}/remove":  ui.confirmRemovePlace,
		"POST /bots/{id}/organizations/{instance}/remove": ui.removePlace,
		"GET /bots/{id}/tokens":                           ui.botTokens,
		"POST /bots/{id}/tokens":                          ui.showBotTokens,
		"GET /bots/{id}/tokens/revoke":                    ui.confirmRevokeBot,
		"POST /bots/{id}/tokens/revoke":                   ui.revokeBot,

		"GET /users/{id}":                                      ui.user,
		"POST /users/{id}":                                     ui.saveUser,
		"POST /users/{id}/role":                                ui.changeRole,
		"POST /users/{id}/organizations":                       ui.addMembership,
		"GET /users/{id}/organizations/{organization}/remove":  ui.confirmRemoveMembership,
		"POST /users/{id}/organizations/{organization}/remove": ui.removeMembership,
		"POST /users/{id}/password":                            ui.setPassword,
		"GET /users/{id}/revoke":                               ui.confirmRevokeUser,
		"POST /users/{id}/revoke":                              ui.revokeUser,
		"GET /users/{id}/delete":                               ui.confirmDeleteUser,
		"POST /users/{id}/delete":                              ui.deleteUser,

		"GET /account":                   ui.account,
		"POST /account":                  ui.saveAccount,
		"GET /account/password":          ui.password,
		"POST /account/password":         ui.changePassword,
		"GET /account/developer":         ui.developer,
		"POST /account/developer":        ui.showTokens,
		"GET /account/developer/revoke":  ui.confirmRevokeOwn,
		"POST /account/developer/revoke": ui.revokeOwn,

		"GET /settings/organizations/{id}/audit": ui.organizationAudit,
		"GET /audit":                             ui.audit,
		"GET /audit/{id}":                        ui.auditRecord,

		"GET /services/{id}":         ui.service,
		"GET /services/{id}/edit":    ui.editService,
		"POST /services/{id}/edit":   ui.saveService,
		"POST /services/{id}/verify": ui.verifyService,
		"POST /services/{id}/off":    ui.switchOff,
		"GET /services/{id}/delete":  ui.confirmDelete,
		"POST /services/{id}/delete": ui.deleteService,

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

		"GET /deliveries":                   ui.deliveries,
		"GET /deliveries/{id}":              ui.delivery,
		"GET /live/deliveries":              ui.liveDeliveries,
		"GET /deliveries/{id}/payload":      ui.deliveryPayload,
		"GET /deliveries/{id}/curl/{n}":     ui.deliveryCurl,
		"GET /deliveries/{id}/response/{n}": ui.deliveryResponse,
		"POST /deliveries/{id}/replay":      ui.replayDelivery,
		"GET /events/{id}":                  ui.event,
		"GET /services/{id}/explain":        ui.explainService,
		"GET /schedule":                     ui.schedule,

		"GET /conversations":               ui.conversations,
		"GET /conversations/new":           ui.startForm,
		"POST /conversations/new":          ui.startConversation,
		"GET /conversations/{id}":          ui.conversation,
		"GET /conversations/{id}/text/{m}": ui.messageText,
		"POST /conversations/{id}/say":     ui.speak,
		"POST /conversations/{id}/press":   ui.press,
		"POST /conversations/{id}/close":   ui.closeConversation,
		"GET /live/conversations":          ui.liveConversations,
		"GET /live/conversations/{id}":     ui.liveConversation,
		"GET /m/{slug}":                    ui.message,
	} {
		mux.HandleFunc(pattern, ui.known(page))
	}
	mux.HandleFunc("/", ui.nowhere)
	return mux
}
