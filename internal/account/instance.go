package account

import (
	"context"
	"math"

	"bellhop"
	"bellhop/internal/store"
)

// CreateBotInstance checks an instance that is about to be stored: there is such a bot,
// it is the caller's or meant for the organization, and has no instance there yet
// (docs/contract/resources.md section 7, botinstance).
func (a *Accounts) CreateBotInstance(ctx context.Context, e *Edit) error {
	bot := bellhop.ID(e.text("bot"))
	if err := e.Tx.Keep(ctx, bellhop.Bots, bot); err != nil {
		return err
	}
	doc, err := e.Tx.Document(ctx, bellhop.Bots, bot)
	if err != nil {
		return err
	}
	organization, err := e.Tx.Document(ctx, bellhop.Organizations, e.New.Organization)
	if err != nil {
		return err
	}
	meant, err := isMeantFor(doc, organization)
	if err != nil {
		return err
	}
	// Its audience says who else may use it than those who may say so.
	if !meant {
		if err := e.Caller.MayUpdate(bellhop.Bots, doc); err != nil {
			return err
		}
	}
	key := "bot:" + string(bot) + "@" + string(e.New.Organization)
	if _, err := e.Tx.DocumentWithKey(ctx, bellhop.BotInstances, key); err == nil {
		return bellhop.Errorf(bellhop.Conflict, "Bot already has an instance in this organization")
	} else if !bellhop.HasCode(err, bellhop.NotFound) {
		return err
	}
	e.New.Keys = []string{key}
	e.New.Parent = bot
	return e.checkInstanceMeta()
}

// UpdateBotInstance checks an instance that is about to be replaced.
func (a *Accounts) UpdateBotInstance(_ context.Context, e *Edit) error {
	if bellhop.ID(e.text("bot")) != e.Old.Parent {
		return bellhop.InvalidField("bot", "cannot be changed")
	}
	e.New.Parent = e.Old.Parent
	return e.checkInstanceMeta()
}

// checkInstanceMeta refuses values that the SDK would call string methods on in vain.
func (e *Edit) checkInstanceMeta() error {
	meta, _ := e.Fields["meta"].(map[string]any)
	for _, value := range meta {
		if _, ok := value.(string); !ok {
			return bellhop.InvalidField("meta", "must have strings as values")
		}
	}
	return nil
}

// isMeantFor reports whether a bot's audience has the organization in it.
func isMeantFor(bot, organization *bellhop.Document) (bool, error) {
	var b bellhop.Bot
	var o bellhop.Organization
	if err := bot.Decode(&b); err != nil {
		return false, err
	}
	err := organization.Decode(&o)
	return b.MeantFor(&o), err
}

func deleteInstances(ctx context.Context, tx *store.Tx, bot bellhop.ID) error {
	ids, err := tx.ChildIDs(ctx, bellhop.BotInstances, bot, math.MaxInt32)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.Delete(ctx, bellhop.BotInstances, id); err != nil {
			return err
		}
	}
	return nil
}
