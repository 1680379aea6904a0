package dispatch

import "time"

// alarm calls a function at a time. Setting it again only makes it earlier. Its owner
// guards it with a lock, which ring takes too.
type alarm struct {
	timer *time.Timer // nil if it is not set
	at    time.Time
}

// set makes the alarm ring at at, or at the earlier time that it is set to.
func (a *alarm) set(at time.Time, ring func()) {
	if a.timer != nil {
		if !at.Before(a.at) {
			return
		}
		a.timer.Stop()
	}
	a.at = at
	a.timer = time.AfterFunc(max(time.Until(at), 0), ring)
}

// rang is called by ring first of all. It reports false if the alarm was turned off, or
// set to another time, in the same moment.
func (a *alarm) rang() bool {
	if a.timer == nil || time.Now().Before(a.at) {
		return false
	}
	a.timer = nil
	return true
}

func (a *alarm) off() {
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}
