package bellhop

// Replay sends the events of a range of time to a service again, or for the first time
// (docs/contract/extensions.md section 2). It goes through the events in their order and
// remembers how far it has come, so that it can be paused and survives a restart.
type Replay struct {
	ID           ID
	Service      ID
	Organization ID
	OrgPath      string
	State        ReplayState

	From, To Time         // events that happened at From or later, and before To
	Events   []string     // patterns; empty means all
	Status   ReplayStatus // which of these events
	Rate     float64      // deliveries per second, 0 = as fast as the service takes them

	// URL is where it goes instead of to the service's own URL, without user and password,
	// which are UserInfo; both are empty if it goes to the service.
	URL, UserInfo string

	CreatedBy ID
	CreatedAt Time
	UpdatedAt Time

	Total  int // how many events were found when it was made
	Made   int // how many deliveries it has made
	Sent   int // how many of these were delivered
	Failed int // how many of these died

	Range ReplayRange
	At    ReplayPoint // how far it has come
	Whole bool        // it has come to the end of its range
}

// ReplayState is whether a replay goes on.
type ReplayState string

// The states. A replay is done when all of its deliveries have ended; it stays what it is
// then, and when it was stopped.
const (
	ReplayRunning ReplayState = "running"
	ReplayPaused  ReplayState = "paused"
	ReplayStopped ReplayState = "stopped"
	ReplayDone    ReplayState = "done"
)

// Final reports whether s is never left.
func (s ReplayState) Final() bool { return s == ReplayStopped || s == ReplayDone }

// ReplayStatus says which events of a range are meant, by the newest delivery of each to
// the service itself.
type ReplayStatus string

// The statuses.
const (
	ReplayDead      ReplayStatus = "dead"
	ReplayDelivered ReplayStatus = "delivered"
	ReplayAny       ReplayStatus = "any"     // whatever became of them
	ReplayMissing   ReplayStatus = "missing" // what the service would hear of now and never got a delivery of
)

// ReplayRange is where in the store a range of time lies.
type ReplayRange struct {
	FirstEvent, LastEvent       int64
	FirstDelivery, LastDelivery int64
}

// ReplayPoint is the last event, and the last delivery of one, that a replay has looked at.
type ReplayPoint struct{ Event, Delivery int64 }

// Elsewhere reports whether r goes to another URL than that of its service. It has a lane
// of its own then, so that a broken target does not hold up the service.
func (r *Replay) Elsewhere() bool { return r.URL != "" }

// Lane is where the deliveries of r wait.
func (r *Replay) Lane() ID {
	if r.Elsewhere() {
		return r.ID
	}
	return r.Service
}
