package account

import (
	"context"
	"maps"
	"slices"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

const (
	// maxBotTags bounds the tags of one bot: those of all bots are looked up for every caller.
	maxBotTags = 100

	// tagsAtOnce is how many of them one statement asks for. It takes some ten thousand.
	tagsAtOnce = 1000
)

// audience says for whom a bot is.
type audience struct {
	Audience string   `json:"audience"`
	Tags     []string `json:"tags"`
}

// offers are the bots that others than their owners may use. They do not change.
type offers struct {
	bots   []offer
	tagged map[string][]string // paths of the organizations that have a tag
}

type offer struct {
	audience
	bot  bellhop.ID
	path string // of its owner
}

// offersOf returns what the bots' audiences say.
func offersOf(ctx context.Context, tx *store.Tx, bots []*bellhop.Document) (*offers, error) {
	o := &offers{tagged: map[string][]string{}}
	for _, doc := range bots {
		next := offer{bot: doc.ID, path: doc.OrgPath}
		if err := doc.Decode(&next.audience); err != nil {
			return nil, err
		}
		switch next.Audience {
		case bellhop.AudienceSuborgs:
			for _, tag := range next.Tags {
				o.tagged[tag] = nil
			}
		case bellhop.AudienceGlobal:
		default:
			continue
		}
		o.bots = append(o.bots, next)
	}
	for tags := range slices.Chunk(slices.Collect(maps.Keys(o.tagged)), tagsAtOnce) {
		if err := o.find(ctx, tx, tags); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// find notes which organizations have one of tags.
func (o *offers) find(ctx context.Context, tx *store.Tx, tags []string) error {
	q := query.New().Where("tags", query.OneOf, tags...)
	return eachOrganization(ctx, tx, q, func(doc *bellhop.Document) error {
		var organization struct {
			Tags []string `json:"tags"`
		}
		err := doc.Decode(&organization)
		for _, tag := range organization.Tags {
			if slices.Contains(tags, tag) {
				o.tagged[tag] = append(o.tagged[tag], doc.OrgPath)
			}
		}
		return err
	})
}

// to reports whether an organization somewhere in root, itself or below, is in the audience.
func (o *offers) to(bot *offer, root string) bool {
	if bot.Audience == bellhop.AudienceGlobal {
		return true
	}
	if len(bot.Tags) == 0 {
		return bellhop.Within(root, bot.path)
	}
	return slices.ContainsFunc(bot.Tags, func(tag string) bool {
		return slices.ContainsFunc(o.tagged[tag], func(path string) bool {
			return bellhop.Within(path, bot.path) && bellhop.Within(path, root)
		})
	})
}

// offered returns the bots whose audience an organization is in where c may read bots: he is
// shown them, and may have instances of them (docs/contract/auth.md, "Permissions").
func (c *Caller) offered() []bellhop.ID {
	if c.offers == nil {
		return nil
	}
	roots := c.VisibleFrom(bellhop.Bots.Access.Get).Roots
	var ids []bellhop.ID
	for i := range c.offers.bots {
		if bot := &c.offers.bots[i]; c.offers.toAny(bot, roots) {
			ids = append(ids, bot.bot)
		}
	}
	return ids
}

// isOffered reports whether a bot is among those that offered returns.
func (c *Caller) isOffered(id bellhop.ID) bool {
	if c.offers == nil {
		return false
	}
	i := slices.IndexFunc(c.offers.bots, func(bot offer) bool { return bot.bot == id })
	return i >= 0 && c.offers.toAny(&c.offers.bots[i], c.VisibleFrom(bellhop.Bots.Access.Get).Roots)
}

func (o *offers) toAny(bot *offer, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return o.to(bot, root) })
}
