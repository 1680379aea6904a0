package ui

import "bellhop"

// liveConversation tells when a conversation, its messages or their deliveries have changed.
func (ui *UI) liveConversation(v *visit) error {
	seen, err := v.look()
	if err != nil {
		return err
	}
	watch, err := ui.live.Watch(v.r.Context(), v.caller, v.liveFrom(), string(v.id()))
	if err != nil {
		return err
	}
	defer watch.Close()
	return v.stream(bellhop.Conversations, watch.More, func() (string, bool, error) {
		changed := watch.Changed()
		// It may also differ by what no event tells of.
		now, err := v.look()
		if err != nil {
			return "", false, err
		}
		changed, seen = changed || now != seen, now
		return watch.ID(), changed, nil
	})
}

// look returns the conversation as the API shows it, with the ids of its messages.
func (v *visit) look() (string, error) {
	body, err := v.ui.resources.Get(v.r.Context(), v.caller, bellhop.Conversations, v.id(), "")
	return string(body), err
}

// liveConversations tells when a conversation has changed that the visitor may see.
func (ui *UI) liveConversations(v *visit) error {
	var paths []string
	for _, m := range v.caller.Memberships {
		paths = append(paths, m.OrgPath)
	}
	watch, err := ui.live.Watch(v.r.Context(), v.caller, v.liveFrom(), paths...)
	if err != nil {
		return err
	}
	defer watch.Close()
	return v.stream(bellhop.Conversations, watch.More, func() (string, bool, error) {
		changed := watch.Changed()
		return watch.ID(), changed, nil
	})
}
