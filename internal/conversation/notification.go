package conversation

import (
	"context"
	"slices"

	"bellhop"
	"bellhop/internal/store"
)

// notices are the channels in which a conversation lies, each with whether that is a task:
// those that are stored, and those that will be.
type notices struct {
	stored, now map[bellhop.ID]bool
}

// lies returns in which channels the conversation lies by now. They are read when they are
// first needed, which most messages do not.
func (s *stream) lies(ctx context.Context) (map[bellhop.ID]bool, error) {
	if s.notices != nil {
		return s.notices.now, nil
	}
	n := &notices{stored: map[bellhop.ID]bool{}, now: map[bellhop.ID]bool{}}
	if !s.fresh {
		stored, err := s.plan.tx.Notifications(ctx, s.doc.ID)
		if err != nil {
			return nil, err
		}
		for _, each := range stored {
			n.stored[each.Channel], n.now[each.Channel] = each.Task, each.Task
		}
	}
	s.notices = n
	return n.now, nil
}

// notify puts the conversation into channels. Where it lies already nobody is notified again,
// but what was routed there becomes a task if it is one now.
func (s *stream) notify(ctx context.Context, channels []*channel, task bool) error {
	now, err := s.lies(ctx)
	if err != nil {
		return err
	}
	for _, c := range channels {
		was, there := now[c.ID]
		now[c.ID] = task || was
		if !there {
			s.notified = append(s.notified, c)
		}
	}
	return nil
}

// withdrawFor takes the conversation out of the channels where nobody else is needed now that
// user has accepted: the routed ones, and of the others those that he is subscribed to.
func (s *stream) withdrawFor(ctx context.Context, user bellhop.ID) error {
	now, err := s.lies(ctx)
	if err != nil {
		return err
	}
	s.routed = false
	for id, task := range now {
		if task {
			c, err := s.plan.channel(ctx, id)
			if err != nil {
				return err
			}
			if c != nil && !slices.Contains(c.users, user) {
				continue
			}
		}
		delete(now, id)
	}
	return nil
}

// withdrawRouted takes a conversation that was closed out of the channels where it is no task.
func (s *stream) withdrawRouted(ctx context.Context) error {
	now, err := s.lies(ctx)
	if err != nil {
		return err
	}
	s.routed = false
	for id, task := range now {
		if !task {
			delete(now, id)
		}
	}
	return nil
}

// storeNotices writes what has become of the notifications.
func (s *stream) storeNotices(ctx context.Context) error {
	if s.notices == nil {
		return nil
	}
	for id, task := range s.notices.now {
		if was, stored := s.notices.stored[id]; stored && was == task {
			continue
		}
		if err := s.plan.tx.Notify(ctx, s.doc.ID, store.Notification{Channel: id, Task: task}); err != nil {
			return err
		}
	}
	for id := range s.notices.stored {
		if _, stays := s.notices.now[id]; stays {
			continue
		}
		if err := s.plan.tx.Withdraw(ctx, s.doc.ID, id); err != nil {
			return err
		}
	}
	return nil
}
