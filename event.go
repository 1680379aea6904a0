package bellhop

// Event is one thing that happened. It never changes.
type Event struct {
	Seq          int64 // number in the store; set when it is appended
	ID           UUID  // set when it is appended, unless it was before
	Name         string
	Organization ID
	OrgPath      string // path of Organization
	Key          string // what order is kept by: the conversation, or else the resource; empty means the ID
	Message      ID     // the message that it tells of, or that made it happen; empty if there is none
	CreatedAt    Time
	Payload      []byte // body of every delivery but for the envelope's id: see package event
	InstanceAt   int    // where in Payload data.message.instance may be inserted; 0 = nowhere
	Trace        string // traceparent of the request that it comes from; empty if there is none
	Digest       []byte // tells whether a published event is the same again; only if the publisher chose ID
}
