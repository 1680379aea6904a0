package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing/synctest"

	"bellhop/chipchat"
)

// step does one thing, and returns its outcome if it has one.
func (p *play) step(ctx context.Context, step any) (outcome any, ok bool) {
	if list, isList := step.([]any); isList {
		result, ok, err := p.call(ctx, list[0].(string), list[1:])
		if err != nil {
			return failure(err), true
		}
		return result, ok
	}
	delivery := step.(map[string]any)
	if request, isRequest := delivery["http"].(map[string]any); isRequest {
		return p.request(request), true
	}
	header := http.Header{}
	if signature, signed := delivery["signature"].(string); signed {
		header.Set("X-Hub-Signature", signature)
	}
	ingest := p.bot.Ingest
	if delivery["async"] == false {
		ingest = p.bot.IngestDetached
	}
	if err := ingest(ctx, []byte(encode(delivery["ingest"])), header); err != nil {
		return failure(err), true
	}
	return "ok", true
}

// request sends one to the webhook.
func (p *play) request(request object) object {
	text := func(name, otherwise string) string {
		if v, ok := request[name].(string); ok {
			return v
		}
		return otherwise
	}
	r := httptest.NewRequest(text("method", "GET"), text("path", "/"), strings.NewReader(text("body", "")))
	headers, _ := request["headers"].(map[string]any)
	for name, value := range headers {
		r.Header.Set(name, value.(string))
	}
	answer := httptest.NewRecorder()
	if p.base == "" {
		p.webhook.ServeHTTP(answer, r)
	} else {
		p.overSocket(answer, r)
	}
	var body any
	if json.Unmarshal(answer.Body.Bytes(), &body) != nil {
		body = answer.Body.String()
	}
	outcome := object{"status": answer.Code, "body": body}
	if origin := answer.Header().Get("Access-Control-Allow-Origin"); origin != "" {
		outcome["cors"] = origin
	}
	return outcome
}

func (p *play) overSocket(answer *httptest.ResponseRecorder, r *http.Request) {
	sent, err := http.NewRequestWithContext(p.t.Context(), r.Method, p.base+r.URL.RequestURI(), r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	sent.Header = r.Header
	res, err := http.DefaultClient.Do(sent)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		p.t.Fatal(err)
	}
	answer.Code, answer.Body = res.StatusCode, &body
	for name, values := range res.Header {
		answer.Header()[name] = values
	}
}

// call is a method of the bot; ok is false if it only registers something.
func (p *play) call(ctx context.Context, name string, args []any) (outcome any, ok bool, err error) {
	if p.register(name, args) {
		return nil, false, nil
	}
	switch name {
	case "attempt":
		return p.call(ctx, args[0].(string), args[1:])
	case "requests":
		synctest.Wait()
		if n := int(args[0].(float64)); len(p.fake.asked()) < n {
			p.t.Errorf("there were %d requests, want %d", len(p.fake.asked()), n)
		}
		return nil, false, nil
	case "emit":
		return nil, false, p.bot.Emit(ctx, p.emitted(args))
	case "auth":
		return p.known(args, p.auth()), true, nil
	case "options":
		return p.known(args, object{"secret": p.bot.Secret(), "webhook": p.bot.Webhook(), "host": p.bot.Host()}), true, nil
	case "removeTextListener":
		if p.bot.RemoveTextListener(trigger(args[0])) == nil {
			return nil, true, nil
		}
		return "removed", true, nil
	case "conversation":
		return nil, true, p.converse(ctx, args)
	case "getInstanceConfig":
		outcome, err = p.instanceConfig(ctx, args)
	case "send":
		outcome, err = p.send(ctx, args)
	default:
		outcome, err = p.resource(ctx, name, args)
	}
	return outcome, true, err
}

func (p *play) emitted(args []any) *chipchat.Event {
	e := &chipchat.Event{Name: args[0].(string)}
	if len(args) > 1 {
		e.Raw = json.RawMessage(encode(args[1]))
	}
	return e
}

func (p *play) auth() object {
	auth, tokens := p.bot.Auth(), p.bot.Tokens()
	all := object{
		"user": string(auth.User), "organization": string(auth.Organization), "scope": auth.Scope, "grant_type": auth.GrantType,
		"email": auth.Email, "token": tokens.Token, "refreshToken": tokens.RefreshToken,
	}
	if !auth.IssuedAt.IsZero() {
		all["iat"] = auth.IssuedAt.Unix()
	}
	if !auth.ExpiresAt.IsZero() {
		all["exp"] = auth.ExpiresAt.Unix()
	}
	return all
}

// known are those of the properties that are asked for and not empty.
func (p *play) known(asked []any, all object) object {
	some := object{}
	for name, value := range all {
		if slices.Contains(asked, any(name)) && value != "" {
			some[name] = value
		}
	}
	return some
}

func (p *play) converse(ctx context.Context, args []any) error {
	var c *chipchat.Conversation
	var err error
	if id, ok := args[0].(string); ok {
		c, err = p.bot.Conversation(ctx, chipchat.ID(id))
	} else {
		var given chipchat.Conversation
		if err := json.Unmarshal([]byte(encode(args[0])), &given); err != nil {
			return err
		}
		c, err = p.bot.Take(given)
	}
	if err != nil {
		return err
	}
	for _, action := range args[1:] {
		if err := p.act(ctx, action.([]any), c); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) instanceConfig(ctx context.Context, args []any) (any, error) {
	config, err := p.bot.GetInstanceConfig(ctx, args[0].(string), len(args) > 1 && args[1] == true)
	if err != nil {
		return object{"error": err.Error(), "status": config.Status, "enabled": config.Enabled, "meta": config.Meta}, nil
	}
	return config.Raw, nil
}

func (p *play) send(ctx context.Context, args []any) (any, error) {
	created, err := p.bot.Send(ctx, chipchat.ID(args[0].(string)), args[1], extra(args[2:])...)
	if err != nil {
		return nil, err
	}
	all := make([]any, len(created))
	for i, m := range created {
		all[i] = m.Raw
	}
	if _, isList := args[1].([]any); isList {
		return all, nil
	}
	return all[0], nil
}

// extra is the last argument of what sends, if it is there.
func extra(args []any) (all []chipchat.Message) {
	for _, arg := range args {
		var m chipchat.Message
		if err := json.Unmarshal([]byte(encode(arg)), &m); err != nil {
			panic(fmt.Sprintf("extra %s: %v", encode(arg), err))
		}
		all = append(all, m)
	}
	return all
}
