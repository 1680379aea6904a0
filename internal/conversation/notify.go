package conversation

import (
	"context"
	"slices"
	"strings"

	"bellhop"
)

// maxNotified bounds the channels, and the organizations, of one /notify.
const maxNotified = 100

// completeNotify moves the channels of /notify to meta, as completeAssign does the users. What
// is not used stays as it was sent, null mostly.
func (d *draft) completeNotify() error {
	channels, err := d.argument("channels")
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		for word := range strings.FieldsSeq(d.command.rest) {
			channels = append(channels, bellhop.ID(word))
		}
	}
	organizations, err := d.argument("organizations")
	if err != nil {
		return err
	}
	if d.command.channels, err = d.setArgument("channels", channels); err != nil {
		return err
	}
	if d.command.organizations, err = d.setArgument("organizations", organizations); err != nil {
		return err
	}
	d.message.Text = "/notify"
	return nil
}

// argument reads one id or an array of them from meta.
func (d *draft) argument(name string) ([]bellhop.ID, error) {
	ids, err := idsOf("meta."+name, d.message.Meta[name])
	return slices.DeleteFunc(ids, func(id bellhop.ID) bool { return id == "" }), err
}

// setArgument makes ids the array that meta has, each once, and returns it.
func (d *draft) setArgument(name string, ids []bellhop.ID) ([]bellhop.ID, error) {
	if len(ids) > maxNotified {
		return nil, bellhop.InvalidField("meta."+name, "must be at most %d", maxNotified)
	}
	var once []bellhop.ID
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	if len(once) > 0 {
		d.message.Meta[name] = textsOf(once)
	}
	return once, nil
}

// summon carries out /notify and /enqueue (docs/contract/conversations.md section 5.1).
func (s *stream) summon(ctx context.Context, c command) error {
	if len(c.channels) > 0 {
		channels, err := s.channels(ctx, c.channels)
		if err != nil {
			return err
		}
		return s.notify(ctx, channels, true)
	}
	// A wrong id is told of also where it has no effect.
	paths, err := s.places(ctx, c.organizations)
	if err != nil || s.conv.Status == bellhop.ConversationActive {
		return err
	}
	if len(paths) > 0 {
		return s.routeAt(ctx, paths)
	}
	return s.route(ctx)
}

// channels returns those that a command names. It returns NotFound for one that is neither
// of the conversation's organization or above it, nor seen by the caller.
func (s *stream) channels(ctx context.Context, ids []bellhop.ID) ([]*channel, error) {
	var channels []*channel
	for _, id := range ids {
		c, err := s.plan.channel(ctx, id)
		if err != nil {
			return nil, err
		}
		if c == nil || !s.isNear(bellhop.Channels, c.Document) {
			return nil, bellhop.Channels.NotFound()
		}
		channels = append(channels, c)
	}
	return channels, nil
}

// isNear reports whether doc is owned where the conversation is or above, or seen by the
// caller.
func (s *stream) isNear(kind *bellhop.Kind, doc *bellhop.Document) bool {
	return bellhop.Within(s.doc.OrgPath, doc.OrgPath) || s.plan.caller.Sees(kind, doc.Organization, doc.OrgPath)
}
