package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/store"
)

// CreateBot completes and checks a bot that is about to be stored, and stores the user of
// the same id that it acts as (docs/contract/resources.md section 7, bot).
func (a *Accounts) CreateBot(ctx context.Context, e *Edit) error {
	forget(e.Fields)
	if err := e.finishBot(); err != nil {
		return err
	}
	user := &bellhop.Document{
		ID: e.New.ID, Organization: e.New.Organization, OrgPath: e.New.OrgPath,
		CreatedAt: e.New.CreatedAt, UpdatedAt: e.New.UpdatedAt,
		Keys: []string{emailKey(bellhop.BotEmail(e.New.ID))},
	}
	fields := defaults(bellhop.Users)
	e.describeBotUser(fields)
	if avatar := e.text("avatar"); avatar != "" {
		fields["avatar"] = avatar
	}
	fields["displayName"], fields["name"] = e.text("name"), e.text("name")
	if createdBy := e.Fields["createdBy"]; createdBy != nil {
		fields["createdBy"] = createdBy
	}
	if err := render(bellhop.Users, user, fields); err != nil {
		return err
	}
	var err error
	sealed := &secrets{Issued: seconds(e.Now), Scope: e.botScope()}
	if user.Secret, err = sealed.encode(); err != nil {
		return fmt.Errorf("secrets of bot %s: %w", e.New.ID, err)
	}
	return e.Tx.Insert(ctx, bellhop.Users, user)
}

// createBotOfUser makes the user that is about to be stored one of a bot, and stores the
// bot. Whoever may not create the one may not create the other.
func (a *Accounts) createBotOfUser(ctx context.Context, e *Edit, hash string) error {
	if hash != "" {
		return bellhop.InvalidField("password", "is nothing that bots have")
	}
	if err := e.Caller.MayCreate(bellhop.Bots, e.New.Organization, e.New.OrgPath); err != nil {
		return err
	}
	e.completeName()
	e.describeBotUser(e.Fields)
	bot := &bellhop.Document{
		ID: e.New.ID, Organization: e.New.Organization, OrgPath: e.New.OrgPath,
		CreatedAt: e.New.CreatedAt, UpdatedAt: e.New.UpdatedAt,
	}
	fields := defaults(bellhop.Bots)
	fields["name"] = e.text("displayName")
	fields["email"], fields["scope"] = bellhop.BotEmail(bot.ID), bellhop.ScopeBot.String()
	for _, name := range []string{"avatar", "createdBy"} {
		if value := e.Fields[name]; value != nil {
			fields[name] = value
		}
	}
	if err := render(bellhop.Bots, bot, fields); err != nil {
		return err
	}
	memberships := []bellhop.Membership{{
		Organization: bot.Organization, OrgPath: bot.OrgPath, Role: bellhop.RoleBot, Selected: true,
	}}
	sealed := &secrets{Issued: seconds(e.Now), Scope: bellhop.ScopeBot}
	if err := e.finishUser(ctx, memberships, sealed); err != nil {
		return err
	}
	return e.Tx.Insert(ctx, bellhop.Bots, bot)
}

// describeBotUser sets what is the same in the user of every bot.
func (e *Edit) describeBotUser(fields map[string]any) {
	fields["email"] = bellhop.BotEmail(e.New.ID)
	fields["status"] = bellhop.UserActive
	fields["role"] = string(bellhop.RoleBot)
	fields["organizations"] = membershipValues([]bellhop.Membership{{
		Organization: e.New.Organization, OrgPath: e.New.OrgPath, Role: bellhop.RoleBot, Selected: true,
	}})
}

// UpdateBot checks a bot that is about to be replaced, and hands on to its user what he
// shares with it. With another scope the bot gets other permanent tokens; those with less
// still count for what they are.
func (a *Accounts) UpdateBot(ctx context.Context, e *Edit) error {
	forget(e.Fields)
	if err := e.finishBot(); err != nil {
		return err
	}
	user, err := e.Tx.Document(ctx, bellhop.Users, e.Old.ID)
	if err != nil {
		return err
	}
	id, err := identityOf(user)
	if err != nil {
		return err
	}
	var old struct{ Name, Avatar string }
	if err := e.Old.Decode(&old); err != nil {
		return err
	}
	scope := e.botScope()
	renamed, redrawn := old.Name != e.text("name"), old.Avatar != e.text("avatar")
	if scope == id.secrets.Scope && !renamed && !redrawn {
		return nil
	}
	fields := map[string]any{}
	if err := user.Decode(&fields); err != nil {
		return err
	}
	if renamed {
		fields["displayName"], fields["name"] = e.text("name"), e.text("name")
	}
	if redrawn {
		fields["avatar"] = e.text("avatar")
	}
	user.UpdatedAt = e.Now
	if err := render(bellhop.Users, user, fields); err != nil {
		return err
	}
	id.secrets.Scope = scope
	if user.Secret, err = id.secrets.encode(); err != nil {
		return fmt.Errorf("secrets of bot %s: %w", e.Old.ID, err)
	}
	e.Touched = user
	return e.Tx.Replace(ctx, bellhop.Users, user)
}

// finishBot sets what of a bot is not the client's to say, and checks the rest.
func (e *Edit) finishBot() error {
	if strings.TrimSpace(e.text("name")) == "" {
		return bellhop.InvalidField("name", "is required")
	}
	if commands, ok := e.Fields["commands"].([]any); ok {
		for _, c := range commands {
			if text, _ := c.(string); !strings.HasPrefix(text, ">") {
				return bellhop.InvalidField("commands", "must each start with >")
			}
		}
	}
	if tags, ok := e.Fields["tags"].([]any); ok && len(tags) > maxBotTags {
		return bellhop.InvalidField("tags", "must be at most %d", maxBotTags)
	}
	scope := e.botScope()
	if scope == bellhop.ScopeAdmin && e.Caller.ScopeAt(e.New.OrgPath) < bellhop.ScopeAdmin {
		return bellhop.ErrPermission()
	}
	e.Fields["scope"] = scope.String()
	e.Fields["email"] = bellhop.BotEmail(e.New.ID)
	return nil
}

func (e *Edit) botScope() bellhop.Scope {
	if e.text("scope") == bellhop.ScopeAdmin.String() {
		return bellhop.ScopeAdmin
	}
	return bellhop.ScopeBot
}

// DeleteBot removes what goes along with a bot: its user, which ends its tokens, and its
// instances (docs/contract/resources.md section 3).
func (a *Accounts) DeleteBot(ctx context.Context, tx *store.Tx, bot bellhop.ID) error {
	if err := tx.Delete(ctx, bellhop.Users, bot); err != nil && !bellhop.HasCode(err, bellhop.NotFound) {
		return err
	}
	return deleteInstances(ctx, tx, bot)
}

// ShowBot returns the body of a bot as caller is shown it: with its tokens, as ShowUser
// does.
func (a *Accounts) ShowBot(ctx context.Context, tx *store.Tx, caller *Caller, doc *bellhop.Document) (json.RawMessage, error) {
	if caller.ID != doc.ID && caller.ScopeAt(doc.OrgPath) < bellhop.ScopeAdmin {
		return doc.Body, nil
	}
	user, err := tx.Document(ctx, bellhop.Users, doc.ID)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return doc.Body, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := identityOf(user)
	if err != nil || !caller.seesTokens(id) {
		return doc.Body, err
	}
	return a.withTokens(doc.Body, user)
}

// defaults returns the fields of a kind that nobody has set.
func defaults(kind *bellhop.Kind) map[string]any {
	fields := map[string]any{}
	for _, f := range kind.Fields {
		if f.Default != "" {
			fields[f.Name] = json.RawMessage(f.Default)
		}
	}
	return fields
}
