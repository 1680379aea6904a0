package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Statuses of an InstanceConfig that there is none of, and of a level without an instance
// (docs/contract/sdk.md section 8).
const (
	StatusMissingAuth    = "missing bot auth"
	StatusBotError       = "bot error"
	StatusInstancesError = "bot instances error"
	StatusNotInstalled   = "not installed"
)

// InstanceConfig is how the bot is configured in an organization: what its instances there and above say together.
type InstanceConfig struct {
	ID           ID     `json:"id"` // of the lowest instance, or "default"
	Bot          ID     `json:"bot"`
	Name         string `json:"name"`
	Organization ID     `json:"organization"`
	OrgPath      string `json:"orgPath"`
	// Enabled is true if the bot is active and enabled, and its lowest instance is enabled.
	Enabled bool   `json:"enabled"`
	Status  string `json:"status"` // of the lowest instance, or one of the constants
	// Meta are the bot's values, overridden from the highest instance to the lowest by the values of those that are
	// enabled. It is never nil.
	Meta map[string]any `json:"meta"`

	Raw json.RawMessage `json:"-"` // all fields of the bot, overlaid by those of the lowest instance; nil after an error
}

// GetInstanceConfig returns the bot's configuration in the organization with this path, the ids from the root down
// joined with "#", as Conversation.OrgPath has it (docs/contract/sdk.md section 8). With inherit, an instance on the
// third level that is not enabled is left out, so that the bot works there as on the second.
//
// It is kept for an hour. An event of an instance of this bot, which the bot has to be subscribed to ("botinstance.*"),
// ends that for the paths with the organization of the instance, and nothing of them is kept for an hour.
//
// The configuration is never nil, and the caller's own: with an error it is not enabled, and its Status says what
// failed.
func (b *Bot) GetInstanceConfig(ctx context.Context, orgPath string, inherit bool) (*InstanceConfig, error) {
	self := b.Auth().User
	if self == "" {
		if _, err := b.api.token(ctx); err == nil { // a token of the store tells who it is
			self = b.Auth().User
		}
	}
	if self == "" {
		return failedConfig("", StatusMissingAuth), fmt.Errorf("instance config: %w", errNoUser)
	}
	if orgPath == "" {
		return failedConfig(self, StatusInstancesError), errors.New("instance config: missing organization path")
	}
	key := configKey{orgPath, inherit}
	raw, version := b.configs.get(key, time.Now())
	if raw == nil {
		bot, err := b.Bots.Get(ctx, self, nil)
		if err != nil {
			return failedConfig(self, StatusBotError), fmt.Errorf("instance config: %w", err)
		}
		query := Query{"organization": pathIDs(orgPath), "sort": "orgPath", "bot": self}
		instances, err := b.BotInstances.All(ctx, query, Paging{})
		if err != nil {
			return failedConfig(self, StatusInstancesError), fmt.Errorf("instance config: %w", err)
		}
		if raw, err = mergeConfig(bot, levelled(instances, orgPath, inherit)); err != nil {
			return failedConfig(self, StatusInstancesError), fmt.Errorf("instance config: %w", err)
		}
		b.configs.put(key, raw, version, time.Now())
	}
	config := &InstanceConfig{}
	if err := decode(raw, config); err != nil {
		return failedConfig(self, StatusInstancesError), fmt.Errorf("instance config: %w", err)
	}
	config.Raw = slices.Clone(raw)
	return config, nil
}

func failedConfig(self ID, status string) *InstanceConfig {
	return &InstanceConfig{Bot: self, Status: status, Meta: map[string]any{}}
}

// levelled places the instances by their depth in the path, the highest first.
func levelled(instances []BotInstance, orgPath string, inherit bool) []BotInstance {
	ids := pathIDs(orgPath)
	levels := make([]BotInstance, len(ids))
	for i := range levels {
		levels[i] = BotInstance{ID: "default", Meta: map[string]any{}, Status: StatusNotInstalled,
			Raw: json.RawMessage(`{"id":"default","meta":{},"enabled":false,"status":"` + StatusNotInstalled + `"}`)}
	}
	for _, instance := range instances {
		if depth := len(pathIDs(instance.OrgPath)); depth <= len(levels) && instance.OrgPath != "" {
			levels[depth-1] = instance
		}
	}
	if inherit && len(levels) == 3 && !levels[2].Enabled {
		levels = levels[:2]
	}
	return levels
}

// mergeConfig lays the lowest instance over the bot, and the values of all enabled ones over each other.
func mergeConfig(bot *BotProfile, levels []BotInstance) (json.RawMessage, error) {
	lowest := levels[len(levels)-1]
	all := map[string]any{}
	for _, raw := range []json.RawMessage{bot.Raw, lowest.Raw} {
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, fmt.Errorf("decode bot or instance: %w", err)
		}
	}
	meta := map[string]any{}
	maps.Copy(meta, bot.Meta)
	for _, level := range levels {
		if !level.Enabled {
			continue
		}
		for name, value := range level.Meta {
			if value = filled(value); value != nil {
				meta[name] = value
			}
		}
	}
	all["meta"] = meta
	all["bot"] = bot.ID
	all["enabled"] = bot.Status == "active" && bot.Enabled && lowest.Enabled
	delete(all, "token") // a configuration is passed around and logged
	delete(all, "refreshToken")
	return plainJSON(all)
}

// filled is a value of meta without what editors leave in an empty field; nil if nothing remains.
func filled(value any) any {
	s, ok := value.(string)
	if !ok {
		return value
	}
	if s = strings.TrimSpace(strings.ReplaceAll(s, "\uFFFC", "")); s == "" {
		return nil
	}
	return s
}
