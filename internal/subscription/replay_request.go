package subscription

import "bellhop"

// maxReplayRate is the most deliveries per second that a replay may be asked for.
const maxReplayRate = 10_000

// replayRequest is the body that asks for a replay (docs/contract/extensions.md section 2).
type replayRequest struct {
	From   any     `json:"from"`
	To     any     `json:"to"`
	Events any     `json:"events"`
	Status string  `json:"status"`
	Rate   float64 `json:"rate"`
	URL    string  `json:"url"`
	DryRun bool    `json:"dryRun"`
}

// readReplay checks what a client asked for. dry says that it is only to be counted.
func (s *Subscriptions) readReplay(body []byte, now bellhop.Time) (r *bellhop.Replay, dry bool, err error) {
	var asked replayRequest
	if err := readRequest(body, &asked); err != nil {
		return nil, false, err
	}
	r = &bellhop.Replay{State: bellhop.ReplayRunning, Rate: asked.Rate, To: now, CreatedAt: now, UpdatedAt: now}
	if asked.From == nil {
		return nil, false, bellhop.InvalidField("from", "is required")
	}
	if r.From, err = timeField("from", asked.From); err != nil {
		return nil, false, err
	}
	if asked.To != nil {
		to, err := timeField("to", asked.To)
		if err != nil {
			return nil, false, err
		}
		r.To = min(to, now)
	}
	if r.From >= r.To {
		return nil, false, bellhop.InvalidField("from", "must be before to, and not in the future")
	}
	if r.Events, err = eventsField("", asked.Events); err != nil {
		return nil, false, err
	}
	if r.Status, err = statusField(asked.Status); err != nil {
		return nil, false, err
	}
	if asked.Rate < 0 || asked.Rate > maxReplayRate {
		return nil, false, bellhop.InvalidField("rate", "must be a number from 0 to %d", maxReplayRate)
	}
	if asked.URL != "" {
		if _, err := s.egress.CheckURL(asked.URL); err != nil {
			return nil, false, bellhop.InvalidField("url", "%s", err)
		}
		r.URL, r.UserInfo = splitUserInfo(asked.URL)
	}
	return r, asked.DryRun, nil
}

func timeField(name string, sent any) (bellhop.Time, error) {
	text, _ := sent.(string)
	t, err := bellhop.ParseTime(text)
	if err != nil {
		return 0, bellhop.InvalidField(name, "must be a date")
	}
	return t, nil
}

func statusField(sent string) (bellhop.ReplayStatus, error) {
	switch status := bellhop.ReplayStatus(sent); status {
	case "":
		return bellhop.ReplayDead, nil
	case bellhop.ReplayDead, bellhop.ReplayDelivered, bellhop.ReplayAny, bellhop.ReplayMissing:
		return status, nil
	}
	return "", bellhop.InvalidField("status", "must be one of dead, delivered, any, missing")
}
