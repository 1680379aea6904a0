package bellhop

import "time"

// DeliveryStatus is the fate of a delivery.
type DeliveryStatus int

// The states of a delivery: pending ends in one of the two others.
const (
	Pending DeliveryStatus = iota
	Delivered
	Dead
)

// String returns the word of docs/contract/extensions.md section 2.
func (s DeliveryStatus) String() string {
	return [...]string{"pending", "delivered", "dead"}[s]
}

// DeliveryLife is how long after its event a delivery may be attempted
// (docs/contract/delivery.md section 6).
const DeliveryLife = 24 * time.Hour

// Delivery is one event on its way to one service.
type Delivery struct {
	Seq         int64 // position in the store; set when it is appended
	ID          UUID  // the envelope's id; set when it is appended
	Service     ID
	Lane        ID // where it waits: its Service, or a replay to another URL; set when it is appended, unless it was before
	Status      DeliveryStatus
	Due         Time // the next attempt starts no earlier
	Ends        Time // no attempt starts later
	Attempts    int  // how many there were
	LastStatus  int  // HTTP status of the last attempt, 0 if it had none
	LastError   string
	CreatedAt   Time
	DeliveredAt Time
	ReplayOf    UUID
	Replay      ID     // the replay of a range that made it; empty for all others
	Instance    []byte // canonical JSON for data.message.instance; nil if there is none
}

// Attempt is one HTTP request of a delivery, with what came back. Nothing secret is
// in it: see docs/contract/extensions.md section 2.
type Attempt struct {
	Number          int // from 1
	At              Time
	Timing          Timing
	Status          int    // 0 if no answer came
	Error           string // empty after a 2xx
	URL             string // password masked
	RequestHeaders  Headers
	ResponseHeaders Headers
	ResponseBody    []byte // its first 16 KiB
	Truncated       bool
	NextAttemptAt   Time // zero if there is none
}

// Timing is how long the parts of an attempt took.
type Timing struct {
	DNS, Connect, TLS, FirstByte, Total time.Duration
}
