//go:build !race

package api_test

// What every role gets for every route, as docs/contract/auth.md ("Permissions") and
// docs/contract/resources.md (section 6) have it. Each row has a mark for each of these roles, all
// of the organization "own":
//
//	n  nobody: no token      b  bot
//	v  viewer                B  bot with admin scope
//	g  guest                 s  supervisor
//	a  agent                 A  admin
//	                         o  owner
//
// The marks:
//
//   - done, with the status of the route    !  401
//   - 403                                   0  404
//     x  400                                   c  409
const matrixRoles = "nvgabBsAo"

// The rights that occur, from the lowest to the highest.
const (
	guests      = "!-+++++++"
	agents      = "!--++++++"
	bots        = "!---+++++"
	supervisors = "!----++++"
	admins      = "!----+-++"

	outside = "!00000000" // what lies outside of the scope does not exist, for nobody who is known
)

type kindRights struct{ list, get, create, update, delete string }

// matrixOfNewKinds is for those that are added to the registry with nothing of their own: bots read
// them, admins write them. One with other rights needs a row.
var matrixOfNewKinds = kindRights{bots, bots, admins, admins, admins}

// matrixOfKinds is what every role may do with each kind of resource in its own organization and
// in the one below. Update sends a name, or what else the kind has.
var matrixOfKinds = map[string]kindRights{
	"organizations": {bots, bots, admins, admins, admins},
	"orggroups":     {bots, bots, admins, admins, admins},
	"partners":      {admins, admins, admins, admins, admins},
	"users":         {bots, bots, supervisors, supervisors, supervisors},
	"bots":          {bots, bots, admins, admins, admins},
	"botinstances":  {bots, bots, admins, admins, admins},
	"channels":      {bots, bots, admins, admins, admins},
	"services":      {admins, admins, admins, admins, admins},
	"forms":         {bots, bots, bots, bots, bots},
	"workflows":     {bots, bots, admins, admins, admins},
	"contacts":      {agents, bots, bots, bots, bots},
	"conversations": {agents, guests, agents, agents, bots}, // agents delete those in which they take part
	"messages":      {bots, bots, agents, agents, agents},   // guests create where they take part
	"kbases":        {agents, agents, bots, bots, bots},
	"kbitems":       {agents, agents, bots, bots, bots},
	"articles":      {agents, agents, bots, bots, bots},
	"files":         {bots, bots, admins, admins, admins},
	"locations":     {bots, bots, admins, admins, admins},
	"links":         {bots, bots, admins, admins, admins},
	"watemplates":   {bots, bots, admins, admins, admins},
	"metrics":       {bots, bots, admins, admins, admins},
	"points":        {bots, bots, admins, admins, admins},
	"tests":         {bots, bots, admins, admins, admins},
	"testresults":   {bots, bots, admins, admins, admins},
}

// matrixRow is a route that is not one of the five of every kind, or one of these with another
// body. $ and the name of a kind, or of a list, stands for one in the place that is asked about;
// $fresh is the id of something new there, made by what fresh says.
type matrixRow struct {
	route, path, body string
	status            int    // of +
	own               string // in the own organization
	child             string // in the one below; empty means as in the own
	beyond            string // in the one above and in a foreign one; empty means outside
}

var matrixOfRoutes = []matrixRow{
	{"GET /healthz", "/healthz", "", 200, "+++++++++", "", "+++++++++"},
	{"GET /readyz", "/readyz", "", 200, "+++++++++", "", "+++++++++"},
	{"GET /v2/openapi.json", "/v2/openapi.json", "", 200, "+++++++++", "", "+++++++++"},
	{"GET /v2/openapi.yaml", "/v2/openapi.yaml", "", 200, "+++++++++", "", "+++++++++"},
	{"POST /v2/auth/token", "/v2/auth/token", `{}`, 201, "xxxxxxxxx", "", "xxxxxxxxx"},

	{"PATCH /v2/users/{id}", "/v2/users/$user", `{"meta":{"a":"$n"}}`, 200, bots, "", ""},
	{"PATCH /v2/users/{id}", "/v2/users/$user", `{"role":"guest"}`, 200, supervisors, "", ""},
	{"PATCH /v2/users/{id}", "/v2/users/$user", `{"email":"m$n@example.com"}`, 200, admins, "", ""},
	// Only from above is somebody made an owner.
	{"PATCH /v2/users/{id}", "/v2/users/$user", `{"role":"owner"}`, 200, "!-------+", "!------++", ""},
	{"PATCH /v2/users/{id}", "/v2/users/$user", `{"role":"guest"}`, 200, "!-------+", "!------++", ""}, // and unmade
	{"POST /v2/users/{id}/revoke", "/v2/users/$user/revoke", "", 204, admins, "", ""},
	// One's own organization is suspended, and deleted, by those above.
	{"PATCH /v2/organizations/{id}", "/v2/organizations/$organization", `{"status":"inactive"}`, 200, "!--------", "!----+-++", ""},
	{"PATCH /v2/organizations/{id}", "/v2/organizations/$organization", `{"status":"active"}`, 200, "!----+-++", "!----+-++", ""},
	{"DELETE /v2/organizations/{id}", "/v2/organizations/$organization", "", 204, "!----c-cc", "!----c-cc", ""}, // not empty

	{"PUT /v2/messages/{id}", "/v2/messages/$message", `{"text":"$n"}`, 200, agents, "", ""},
	{"PUT /v2/messages/{id}", "/v2/messages/$message", "", 200, agents, "", ""},
	{"GET /v2/conversations/{id}/messages", "/v2/conversations/$conversation/messages", "", 200, bots, "", bots}, // a list: empty
	{"POST /v2/conversations/{id}/messages", "/v2/conversations/$conversation/messages", `{"text":"hi"}`, 201, agents, "", ""},
	{"POST /v2/conversations/{id}/messages", "/v2/conversations/$conversation/messages", `[{"text":"hi"},{"text":"/leave"}]`, 201, agents, "", ""},

	{"POST /v2/services/try", "/v2/services/try", `{"url":"http://127.0.0.1:1/","organization":"$organization"}`, 200, admins, "", ""},
	{"POST /v2/services/{id}/rotate", "/v2/services/$webhook/rotate", "", 200, admins, "", ""},
	{"GET /v2/services/{id}/stats", "/v2/services/$webhook/stats", "", 200, admins, "", ""},
	{"GET /v2/stats", "/v2/stats?from=2024-01-01&to=2024-01-02", "", 200, admins, "", admins},
	{"GET /v2/stats", "/v2/stats?from=2024-01-01&to=2024-01-02&organization=$organization", "", 200, admins, "", ""},
	{"POST /v2/services/{id}/replays", "/v2/services/$webhook/replays", `{"from":"2000-01-01","dryRun":true}`, 200, admins, "", ""},
	{"POST /v2/services/{id}/test", "/v2/services/$webhook/test", `{"event":"order.created"}`, 202, admins, "", ""},
	{"GET /v2/services/{id}/explain", "/v2/services/$webhook/explain?event=$event", "", 200, admins, "", ""},
	{"GET /v2/snapshot/metrics", "/v2/snapshot/metrics?start=2024-01-01&end=2024-02-01", "", 200, bots, "", bots},
	{"GET /v2/snapshot/metrics", "/v2/snapshot/metrics?start=2024-01-01&end=2024-02-01&organization=$organization", "", 200, bots, "", "!---00000"},
	{"GET /v2/replays", "/v2/replays", "", 200, admins, "", admins},
	{"GET /v2/replays/{id}", "/v2/replays/$replay", "", 200, admins, "", ""},
	{"PATCH /v2/replays/{id}", "/v2/replays/$replay", `{"state":"paused"}`, 200, admins, "", ""},

	{"GET /v2/audit", "/v2/audit", "", 200, admins, "", admins},
	{"GET /v2/audit/{id}", "/v2/audit/$audit", "", 200, admins, "", ""},

	{"POST /v2/events", "/v2/events", `{"event":"order.created","organization":"$organization"}`, 202, bots, "", ""},
	{"GET /v2/events", "/v2/events", "", 200, admins, "", admins},
	{"GET /v2/events/{id}", "/v2/events/$event", "", 200, admins, "", ""},
	{"GET /v2/deliveries", "/v2/deliveries", "", 200, admins, "", admins},
	{"GET /v2/deliveries/{id}", "/v2/deliveries/$delivery", "", 200, admins, "", ""},
	{"POST /v2/deliveries/{id}/replay", "/v2/deliveries/$delivery/replay", "", 202, admins, "", ""},
	{"GET /v2/deliveries/stream", "/v2/deliveries/stream?service=$webhook", "", 200, admins, "", admins},
}
