package conversation

import (
	"context"

	"bellhop"
)

// route lets the routing of these organizations run, as for a message of the contact.
func (s *stream) route(_ context.Context, organizations []bellhop.ID) error {
	if len(organizations) > 0 && !s.conv.IsTeam() && s.conv.Status == bellhop.ConversationClosed {
		s.conv.Status = bellhop.ConversationQueued
	}
	return nil
}
