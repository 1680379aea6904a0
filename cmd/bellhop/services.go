package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
)

func serviceCommands() []command {
	return []command{
		{"list", "list the services", listServices, nil},
		{"get", "show a service with its secret", getService, nil},
		{"create", "create a webhook; its endpoint is asked the challenge", createService, nil},
		{"update", "change a service", updateService, nil},
		{"delete", "delete a service, and drop what it has pending", deleteService, nil},
		{"verify", "ask the endpoint the challenge again", verifyService, nil},
		{"rotate", "give a service a new secret", rotateService, nil},
		{"test", "send a sample of an event to one service", testService, nil},
		{"pause", "switch a service off", pauseService, nil},
		{"resume", "switch a service on again", resumeService, nil},
		{"stats", "show how the attempts of a service went", serviceStats, nil},
	}
}

const servicesAbout = `Lists the services that you may see, webhooks among them. Wherever a service
is named, its id, its name, or a beginning of one of them that no other
service has, will do.`

// listServices lists them.
func listServices(ctx context.Context, args []string, env environment) error {
	r := env.request("services list", "", servicesAbout)
	status := r.String("status", "", "only those with this `status`: active, inactive or unverified")
	typ := r.String("type", "", "only those of this `type`, such as webhook")
	limit := atMost(100)
	r.Var(&limit, "limit", "`number` of services at most")
	if _, err := r.parse(args); err != nil {
		return err
	}
	if *status != "" && !slices.Contains([]string{"active", "inactive", "unverified"}, *status) {
		return wrongUsage("--status is active, inactive or unverified, not %q", *status)
	}
	q := chipchat.Query{"sort": "name"}
	if *status != "" {
		q["status"] = spelled(*status)
	}
	if *typ != "" {
		q["type"] = spelled(*typ)
	}
	services, err := listUpTo(ctx, r, r.bot.Services, q, limit, "service")
	if err != nil {
		return fmt.Errorf("list the services: %w", err)
	}
	return r.print(env, rawOf(services, func(s *chipchat.Service) json.RawMessage { return s.Raw }), func(w io.Writer) error {
		if len(services) == 0 {
			fmt.Fprintln(env.stderr, "There are no services: bellhop services create --name NAME --url URL makes one.")
			return nil
		}
		t := env.table("id!", "name", "status", "health?", "pending?", "url")
		for i := range services {
			s := &services[i]
			h := healthOf(s)
			t.row(s.ID, s.Name, t.paint.status(s.Status), t.paint.status(h.State), h.Pending, maskURL(s))
		}
		return t.write(w)
	})
}

// rawOf are things as the server sent them.
func rawOf[T any](items []T, raw func(*T) json.RawMessage) []json.RawMessage {
	all := make([]json.RawMessage, len(items))
	for i := range items {
		all[i] = raw(&items[i])
	}
	return all
}

// status is a status, in the colour of how good it is.
func (p paint) status(text string) cell {
	switch text {
	case "active", "ok", "delivered", "done":
		return cell{text, p.green}
	case "unverified", "failing", "pending", "running", "queued":
		return cell{text, p.yellow}
	case "inactive", "paused", "dead", "stopped":
		return cell{text, p.red}
	}
	return cell{text, nil}
}

// health is how a webhook fares (docs/contract/extensions.md section 3).
type health struct {
	State               string    `json:"state"`
	Since               time.Time `json:"since"`
	Reason              string    `json:"reason"`
	Pending             int       `json:"pending"`
	ConsecutiveFailures int       `json:"consecutiveFailures"`
	NextProbeAt         time.Time `json:"nextProbeAt"`
}

func healthOf(s *chipchat.Service) health {
	var of struct{ Health health }
	// What is no health is shown as none: the server may be another one.
	_ = json.Unmarshal(s.Raw, &of)
	return of.Health
}

// maskURL is the URL of a webhook without its password.
func maskURL(s *chipchat.Service) string {
	text, _ := s.Params["url"].(string)
	scheme, rest, ok := strings.Cut(text, "://")
	user, host, ok2 := strings.Cut(rest, "@")
	if !ok || !ok2 || strings.ContainsAny(user, "/?#") {
		return text
	}
	if name, _, ok := strings.Cut(user, ":"); ok {
		user = name + ":xxxxx"
	}
	return scheme + "://" + user + "@" + host
}

// getService shows one.
func getService(ctx context.Context, args []string, env environment) error {
	r := env.request("services get", "SERVICE", "Shows a service. Its secret is shown, too: it must be copied into the bot.")
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	s, err := r.fetchService(ctx, words[0])
	if err != nil {
		return err
	}
	return r.showService(s)
}

func (r *request) fetchService(ctx context.Context, word string) (*chipchat.Service, error) {
	id, err := r.service(ctx, word)
	if err != nil {
		return nil, err
	}
	s, err := r.bot.Services.Get(ctx, id, nil)
	if err != nil {
		return nil, fmt.Errorf("get the service %s: %w", word, err)
	}
	return s, nil
}

// showService prints a service.
func (r *request) showService(s *chipchat.Service) error {
	return r.print(r.env, s.Raw, func(w io.Writer) error {
		h := healthOf(s)
		state := h.State
		if state != "" && state != "ok" {
			state += strings.TrimRight(": "+h.Reason, ": ")
		}
		secret, _ := s.Params["secret"].(string)
		pairs := [][2]string{
			{"Id", string(s.ID)}, {"Name", s.Name}, {"Type", s.Type}, {"Status", s.Status}, {"Health", state},
			{"Organization", string(s.Organization)}, {"Bot", string(s.Bot)},
			{"URL", maskURL(s)}, {"Secret", secret}, {"Events", eventsOf(s)},
		}
		for _, name := range slices.Sorted(maps.Keys(s.Params)) {
			if name != "url" && name != "secret" && name != "events" && name != "previousSecret" {
				text, err := json.Marshal(s.Params[name])
				if err != nil {
					return err
				}
				pairs = append(pairs, [2]string{"params." + name, string(text)})
			}
		}
		pairs = append(pairs, [2]string{"Created", moment(s.CreatedAt, time.Now())})
		return r.env.pairs(w, pairs...)
	})
}

// eventsOf says what a webhook listens to.
func eventsOf(s *chipchat.Service) string {
	patterns := patternsOf(s)
	if len(patterns) == 0 && s.Type == "webhook" {
		return "all"
	}
	return strings.Join(patterns, ", ")
}

// patternsOf are the patterns of the events that a webhook listens to; none stands for all of them.
func patternsOf(s *chipchat.Service) (patterns []string) {
	all, _ := s.Params["events"].([]any)
	for _, v := range all {
		text, _ := v.(string)
		patterns = append(patterns, text)
	}
	return patterns
}

// parameters are flags of what is inside params.
type parameters struct {
	url, secret string
	events      list
	others      map[string]any
}

func (p *parameters) flags(r *request) {
	p.others = map[string]any{}
	r.StringVar(&p.url, "url", "", "`URL` that events are posted to; it may have user and password")
	r.StringVar(&p.secret, "secret", "", "`secret` that deliveries are signed with (default for a new one: the server makes it)")
	r.Func("secret-file", "`file` with that secret, which others on this machine may see where it is typed", func(file string) (err error) {
		p.secret, err = secretIn(file)
		return err
	})
	r.Var(&p.events, "events", "`PATTERN,...` of events to listen to, such as message.create.contact.* (default for a new one: all)")
	r.Func("param", "`NAME=VALUE` of another parameter, such as timeout=5 or headers={\"X-Key\":\"1\"}; without a value it is reset", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return fmt.Errorf("%q is not NAME=VALUE", text)
		}
		if value == "" {
			p.others[name] = nil
			return nil
		}
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			v = value
		}
		p.others[name] = v
		return nil
	})
}

// into changes params to what the flags say, and reports whether they say anything.
func (p *parameters) into(params map[string]any) bool {
	if p.url != "" {
		params["url"] = p.url
	}
	if p.secret != "" {
		params["secret"] = p.secret
	}
	if len(p.events) > 0 {
		params["events"] = p.events
	}
	for name, v := range p.others {
		if params[name] = v; v == nil {
			delete(params, name)
		}
	}
	return p.url != "" || p.secret != "" || len(p.events) > 0 || len(p.others) > 0
}

const createServiceAbout = `Creates a webhook. The server asks its endpoint the challenge at once; if that
is not answered the webhook is kept, unverified, and gets no events until
bellhop services verify finds it well.`

// createService makes a webhook.
func createService(ctx context.Context, args []string, env environment) error {
	r := env.request("services create", "--name NAME --url URL", createServiceAbout)
	name := r.String("name", "", "`name` of the service")
	bot := r.String("bot", "", "`id` of the bot that it is for; it hears what happens wherever the bot is")
	organization := r.String("organization", "", "`id` of the organization that owns it (default: that of the login)")
	var p parameters
	p.flags(r)
	if _, err := r.parse(args); err != nil {
		return err
	}
	if *name == "" || p.url == "" {
		return wrongUsage("services create needs --name and --url")
	}
	params := map[string]any{}
	p.into(params)
	body := map[string]any{"name": *name, "type": "webhook", "params": params}
	if *bot != "" {
		body["bot"] = *bot
	}
	if *organization != "" {
		body["organization"] = *organization
	}
	s, err := r.bot.Services.Create(ctx, body)
	if err != nil {
		return fmt.Errorf("create the service %s: %w", *name, err)
	}
	if s.Status == "unverified" {
		if err := r.say("The endpoint did not answer the challenge, so the service gets no events yet.\nOnce it runs: bellhop services verify %s", s.ID); err != nil {
			return err
		}
	}
	return r.showService(s)
}

const updateServiceAbout = `Changes a service. What no flag names stays as it is. A new URL is asked the
challenge, and if that is not answered nothing changes.`

// updateService changes a service.
func updateService(ctx context.Context, args []string, env environment) error {
	r := env.request("services update", "SERVICE", updateServiceAbout)
	name := r.String("name", "", "new `name`")
	var p parameters
	p.flags(r)
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	s, err := r.fetchService(ctx, words[0])
	if err != nil {
		return err
	}
	body := map[string]any{}
	if *name != "" {
		body["name"] = *name
	}
	// The server replaces params whole.
	params := maps.Clone(s.Params)
	if params == nil {
		params = map[string]any{}
	}
	if p.into(params) {
		body["params"] = params
	}
	if len(body) == 0 {
		return wrongUsage("services update needs a flag that says what to change")
	}
	return r.patchService(ctx, s, body, "update")
}

// patchService changes a service, and shows it. That an endpoint does not answer the challenge is no matter of rights.
func (r *request) patchService(ctx context.Context, s *chipchat.Service, body map[string]any, verb string) error {
	changed, err := r.bot.Services.Update(ctx, s.ID, body)
	if err != nil {
		err = fmt.Errorf("%s the service %s: %w", verb, s.Name, err)
		if strings.Contains(err.Error(), "could not be verified") {
			return hinted(plainly(err), "the endpoint must answer the GET with the value of its parameter challenge; bellhop check URL tries it")
		}
		return err
	}
	return r.showService(changed)
}

// deleteService deletes a service.
func deleteService(ctx context.Context, args []string, env environment) error {
	r := env.request("services delete", "SERVICE", "Deletes a service. Deliveries stop at once, and pending ones are dropped.")
	yes := r.Bool("yes", false, "do not ask")
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	s, err := r.fetchService(ctx, words[0])
	if err != nil {
		return err
	}
	if err := r.confirm(ctx, *yes, fmt.Sprintf("Delete the service %s (%s)?", s.Name, s.ID)); err != nil {
		return err
	}
	if err := r.bot.Services.Delete(ctx, s.ID); err != nil {
		return fmt.Errorf("delete the service %s: %w", s.Name, err)
	}
	return r.done(map[string]any{"id": s.ID, "deleted": true}, "Deleted the service %s.", s.Name)
}

// verifyService asks the challenge again.
func verifyService(ctx context.Context, args []string, env environment) error {
	return setStatus(ctx, args, env, "services verify", "active", "verify",
		"Asks the endpoint of a webhook the challenge. If it is answered the webhook\nbecomes active, also one that was switched off; if not, nothing changes and the\nreason is told.")
}

// pauseService switches a service off.
func pauseService(ctx context.Context, args []string, env environment) error {
	return setStatus(ctx, args, env, "services pause", "inactive", "pause",
		"Switches a service off. Deliveries that are pending are kept, within their 24\nhours. Events that happen meanwhile are not recorded for it; bellhop replay\n--status missing sends them later.")
}

// resumeService switches a service on.
func resumeService(ctx context.Context, args []string, env environment) error {
	return setStatus(ctx, args, env, "services resume", "active", "resume",
		"Switches a service on again. The endpoint of a webhook is asked the challenge first.")
}

func setStatus(ctx context.Context, args []string, env environment, name, status, verb, about string) error {
	r := env.request(name, "SERVICE", about)
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	s, err := r.fetchService(ctx, words[0])
	if err != nil {
		return err
	}
	return r.patchService(ctx, s, map[string]any{"status": status}, verb)
}
