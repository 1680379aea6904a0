package subscription

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// tableKinds are the kinds whose changes make a table old.
var tableKinds = []*bellhop.Kind{bellhop.Services, bellhop.Bots, bellhop.BotInstances}

// table is what listens at one moment. It does not change, but for what it remembers of
// questions it was asked.
type table struct {
	version   int64
	byService map[bellhop.ID]*Webhook
	byPath    map[string][]*Webhook     // those that hear of an organization and all below, by its path
	byOwner   map[bellhop.ID][]*Webhook // those that hear of one organization, by its id
	byBot     map[bellhop.ID][]*Webhook // those of a bot

	instances map[instanceKey]json.RawMessage // for data.message.instance

	mu       sync.Mutex
	answered map[question][]*Webhook
}

type instanceKey struct{ bot, organization bellhop.ID }

type question struct{ event, orgPath string }

// maxAnswered bounds what a table remembers: published names are free.
const maxAnswered = 10_000

// readTable reads the services, bots and instances of a store.
func readTable(ctx context.Context, tx *store.Tx, version int64) (*table, error) {
	t := &table{
		version:   version,
		byService: map[bellhop.ID]*Webhook{},
		byPath:    map[string][]*Webhook{},
		byOwner:   map[bellhop.ID][]*Webhook{},
		byBot:     map[bellhop.ID][]*Webhook{},
		instances: map[instanceKey]json.RawMessage{},
		answered:  map[question][]*Webhook{},
	}
	bots, err := t.readBots(ctx, tx)
	if err != nil {
		return nil, err
	}
	docs, err := tx.All(ctx, bellhop.Services)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		var service bellhop.Service
		if err := doc.Decode(&service); err != nil {
			return nil, err
		}
		if service.Type != bellhop.WebhookType {
			continue
		}
		w, err := webhookOf(doc, &service)
		if err != nil {
			return nil, err
		}
		t.add(w, bots[w.Bot])
	}
	return t, nil
}

// add enters a webhook where it listens.
func (t *table) add(w *Webhook, bot botState) {
	t.byService[w.Service] = w
	w.scope = scopeOf(w, bot)
	if w.Bot != "" {
		t.byBot[w.Bot] = append(t.byBot[w.Bot], w)
	}
	switch {
	case w.Status != bellhop.ServiceActive:
	case w.scope.Below != "":
		t.byPath[w.scope.Below] = append(t.byPath[w.scope.Below], w)
	default:
		for _, organization := range w.scope.In {
			t.byOwner[organization] = append(t.byOwner[organization], w)
		}
	}
}

// botState is what decides where a bot-specific webhook listens.
type botState struct {
	running   bool         // active and enabled
	instances []bellhop.ID // the organizations that have one
	enabledIn []bellhop.ID // those whose one is enabled
}

func (t *table) readBots(ctx context.Context, tx *store.Tx) (map[bellhop.ID]botState, error) {
	bots := map[bellhop.ID]botState{}
	docs, err := tx.All(ctx, bellhop.Bots)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		var bot struct {
			Status  string
			Enabled bool
		}
		if err := doc.Decode(&bot); err != nil {
			return nil, err
		}
		bots[doc.ID] = botState{running: bot.Status == "active" && bot.Enabled}
	}
	docs, err = tx.All(ctx, bellhop.BotInstances)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		instance, err := instanceOf(doc)
		if err != nil {
			return nil, err
		}
		state := bots[instance.Bot]
		state.instances = append(state.instances, doc.Organization)
		if instance.Enabled {
			state.enabledIn = append(state.enabledIn, doc.Organization)
		}
		bots[instance.Bot] = state
		if t.instances[instanceKey{instance.Bot, doc.Organization}], err = instance.render(); err != nil {
			return nil, err
		}
	}
	return bots, nil
}

// instance is a bot instance as message payloads carry it (docs/contract/services.md
// section 6).
type instance struct {
	ID           bellhop.ID     `json:"id"`
	Bot          bellhop.ID     `json:"bot"`
	Organization bellhop.ID     `json:"organization"`
	OrgPath      string         `json:"orgPath"`
	Enabled      bool           `json:"enabled"`
	Status       string         `json:"status"`
	Meta         map[string]any `json:"meta"`
}

func instanceOf(doc *bellhop.Document) (instance, error) {
	var i instance
	err := doc.Decode(&i)
	return i, err
}

func (i instance) render() (json.RawMessage, error) {
	text, err := event.AppendValue(nil, i)
	if err != nil {
		return nil, err
	}
	return event.FitInstance(text)
}

// match returns the webhooks that hear of an event, in the order of their ids.
func (t *table) match(name string, organization bellhop.ID, orgPath string) []*Webhook {
	q := question{name, orgPath}
	t.mu.Lock()
	defer t.mu.Unlock()
	if found, ok := t.answered[q]; ok {
		return found
	}
	var found []*Webhook
	add := func(candidates []*Webhook) {
		for _, w := range candidates {
			if w.patterns.Match(name) {
				found = append(found, w)
			}
		}
	}
	for path := orgPath; ; {
		add(t.byPath[path])
		i := strings.LastIndexByte(path, '#')
		if i < 0 {
			break
		}
		path = path[:i]
	}
	add(t.byOwner[organization])
	slices.SortFunc(found, func(a, b *Webhook) int { return strings.Compare(string(a.Service), string(b.Service)) })
	if len(t.answered) >= maxAnswered {
		clear(t.answered)
	}
	t.answered[q] = found
	return found
}
