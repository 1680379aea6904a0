package conversation

import (
	"context"
	"slices"
	"strings"

	"bellhop"
)

// route lets the workflows decide which channels learn that the contact waits: those of the
// conversation's organization and of all above it (docs/contract/conversations.md section 4).
// What was closed is queued from now on.
func (s *stream) route(ctx context.Context) error {
	s.queue()
	if s.routed {
		return nil // by a message before this one; nothing else has changed meanwhile
	}
	s.routed = true
	own := s.doc.OrgPath
	for path := own; path != ""; path = path[:max(0, strings.LastIndexByte(path, '#'))] {
		if err := s.routeBy(ctx, path, path == own); err != nil {
			return err
		}
	}
	return nil
}

// routeAt is route by the organizations at paths alone.
func (s *stream) routeAt(ctx context.Context, paths []string) error {
	s.queue()
	for _, path := range paths {
		if err := s.routeBy(ctx, path, true); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) queue() {
	if s.conv.Status == bellhop.ConversationClosed { // not one of a team: any message makes it active
		s.conv.Status = bellhop.ConversationQueued
	}
}

// routeBy runs the workflows of the organization at path. If it has none, all of its channels
// are notified, provided that it is asked itself and not for one below it.
func (s *stream) routeBy(ctx context.Context, path string, itself bool) error {
	docs, err := s.plan.tx.Owned(ctx, bellhop.Workflows, path)
	if err != nil {
		return err
	}
	matched := false
	for _, doc := range docs {
		w := workflow{path: path}
		if err := doc.Decode(&w); err != nil {
			return err
		}
		if !isActive(w.Status) {
			continue
		}
		matched = true
		channels, err := s.channelsBy(ctx, &w)
		if err != nil {
			return err
		}
		if err := s.notify(ctx, channels, false); err != nil {
			return err
		}
	}
	if matched || !itself {
		return nil
	}
	channels, err := s.channelsAt(ctx, path)
	if err != nil {
		return err
	}
	return s.notify(ctx, channels, false)
}

// workflow is what routing reads of one (docs/contract/resources.md section 7). There is no
// engine for its rules, so each that is active matches.
type workflow struct {
	path          string       // of its owner
	Status        string       `json:"status"`
	Channels      []bellhop.ID `json:"channels"`
	Organizations []bellhop.ID `json:"organizations"` // it is limited to these
	OrgGroups     []bellhop.ID `json:"orggroups"`     // and those of these
}

// channelsBy returns the active channels that a workflow notifies of the conversation, none if
// it is limited to other organizations.
func (s *stream) channelsBy(ctx context.Context, w *workflow) ([]*channel, error) {
	covers, err := s.isCovered(ctx, w)
	if err != nil || !covers {
		return nil, err
	}
	var channels []*channel
	for _, id := range w.Channels {
		c, err := s.plan.channel(ctx, id)
		if err != nil {
			return nil, err
		}
		// A channel elsewhere would tell strangers of the conversation.
		if c != nil && c.active && (bellhop.Within(c.OrgPath, w.path) || bellhop.Within(w.path, c.OrgPath)) {
			channels = append(channels, c)
		}
	}
	return channels, nil
}

// isCovered reports whether a workflow is meant for the conversation: an organization stands
// for all below it.
func (s *stream) isCovered(ctx context.Context, w *workflow) (bool, error) {
	if len(w.Organizations)+len(w.OrgGroups) == 0 {
		return true, nil
	}
	places := strings.Split(s.doc.OrgPath+"#"+w.path, "#")
	covers := func(id bellhop.ID) bool { return slices.Contains(places, string(id)) }
	if slices.ContainsFunc(w.Organizations, covers) {
		return true, nil
	}
	for _, id := range w.OrgGroups {
		doc, err := s.plan.tx.Document(ctx, bellhop.OrgGroups, id)
		if bellhop.HasCode(err, bellhop.NotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		var group struct {
			Organizations []bellhop.ID `json:"organizations"`
		}
		if err := doc.Decode(&group); err != nil {
			return false, err
		}
		if slices.ContainsFunc(group.Organizations, covers) {
			return true, nil
		}
	}
	return false, nil
}

// channelsAt returns all active channels of an organization.
func (s *stream) channelsAt(ctx context.Context, path string) ([]*channel, error) {
	docs, err := s.plan.tx.Owned(ctx, bellhop.Channels, path)
	if err != nil {
		return nil, err
	}
	var channels []*channel
	for _, doc := range docs {
		c, err := channelOf(doc)
		if err != nil {
			return nil, err
		}
		if c.active {
			channels = append(channels, c)
		}
	}
	return channels, nil
}

// places returns the paths of organizations that a command names. It returns NotFound for one
// that is neither the conversation's nor above it, nor seen by the caller.
func (s *stream) places(ctx context.Context, ids []bellhop.ID) ([]string, error) {
	var paths []string
	for _, id := range ids {
		doc, err := s.plan.tx.Document(ctx, bellhop.Organizations, id)
		if err != nil {
			return nil, err
		}
		if !s.isNear(bellhop.Organizations, doc) {
			return nil, bellhop.Organizations.NotFound()
		}
		paths = append(paths, doc.OrgPath)
	}
	return paths, nil
}
