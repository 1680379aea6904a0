package event

import (
	"bytes"
	"errors"
	"fmt"
)

// Sizes of docs/contract/delivery.md section 3: receivers refuse a body of MaxBody bytes and more.
const (
	// MaxBody is the size every body stays below.
	MaxBody = 100 << 10
	// InstanceRoom is what is kept free for data.message.instance, its key included.
	InstanceRoom = 8 << 10

	idRoom      = len(`{"id":"00000000-0000-0000-0000-000000000000",`)
	instanceKey = `"instance":`
)

// ErrTooLarge: the body of an event would not stay below [MaxBody].
var ErrTooLarge = errors.New("event too large")

// Mode says what happens to an event whose body would be too large.
type Mode int

const (
	// Fit cuts data until the body fits, and leaves room for an instance: for events of the server.
	Fit Mode = iota
	// Whole cuts nothing and refuses: for published events (docs/contract/extensions.md section 1).
	Whole
)

// Payload is an event as it is stored and sent: the body without its start {"id":"<uuid>", which
// differs for each delivery.
type Payload struct {
	// Bytes begins at "timestamp": and ends with the brace that closes the body.
	Bytes []byte
	// InstanceAt is where in Bytes data.message ends and may get an instance; 0 if there is no
	// data.message, or it has an instance of its own, or the mode was Whole.
	InstanceAt int
}

// Payload renders the event. With [Fit] what does not fit is cut in the order of
// docs/contract/delivery.md section 3 and data.truncated is true; ids, links, activity, and what
// docs/contract/events.md promises to be there, stay. With [Whole] it returns ErrTooLarge instead. Other
// errors wrap ErrSyntax, ErrDepth or ErrNumber: a value of Data was not JSON. Data is not changed.
func (e *Envelope) Payload(mode Mode) (Payload, error) {
	c, err := e.contents()
	if err != nil {
		return Payload{}, fmt.Errorf("rendering %s: %w", e.Event, err)
	}
	p := e.render(c, mode)
	over := p.over()
	if over <= 0 {
		return p, nil
	}
	if mode == Whole {
		return Payload{}, ErrTooLarge
	}
	if c, err = c.cut(over); err != nil {
		return Payload{}, fmt.Errorf("cutting %s: %w", e.Event, err)
	}
	if p = e.render(c, mode); p.over() > 0 {
		return Payload{}, ErrTooLarge
	}
	return p, nil
}

// over is by how many bytes the payload is too large.
func (p Payload) over() int {
	size := idRoom + len(p.Bytes)
	if p.InstanceAt > 0 {
		size += InstanceRoom
	}
	return size - (MaxBody - 1)
}

// AppendBody appends the body of one delivery to dst: its id, a UUID, in front of the event, and
// instance, a canonical JSON object, as data.message.instance. An instance is left out if it is empty,
// if the event has no place for one, or if the body would reach MaxBody; [FitInstance] keeps it small
// enough.
func (p Payload) AppendBody(dst []byte, id string, instance []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `",`...)
	at := p.InstanceAt
	size := idRoom + len(p.Bytes) + len(",") + len(instanceKey) + len(instance)
	if len(instance) == 0 || at <= 0 || at > len(p.Bytes) || size >= MaxBody {
		return append(dst, p.Bytes...)
	}
	dst = append(dst, p.Bytes[:at]...)
	if p.Bytes[at-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, instanceKey...)
	dst = append(dst, instance...)
	return append(dst, p.Bytes[at:]...)
}

func (e *Envelope) render(c contents, mode Mode) Payload {
	var when [32]byte // AppendFormat writes nanoseconds before it cuts them
	at := e.Timestamp.UTC().AppendFormat(when[:0], timeLayout)

	dst := make([]byte, 0, e.size(c))
	dst = append(dst, `"timestamp":"`...)
	dst = append(dst, at...)
	dst = append(dst, `","event":`...)
	dst = AppendString(dst, e.Event)
	dst = append(dst, `,"organization":`...)
	dst = AppendString(dst, e.Organization)
	dst = e.appendActivity(dst, at)
	dst = append(dst, `,"data":{`...)
	p := Payload{}
	for i, m := range c.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMember(dst, m.Name, m.Value)
		if m.Name == "message" && mode == Fit && takesInstance(m.Value) {
			p.InstanceAt = len(dst) - 1
		}
	}
	if !c.links {
		if len(c.members) > 0 {
			dst = append(dst, ',')
		}
		dst = e.appendLinks(append(dst, `"links":`...))
	}
	if c.truncated {
		dst = append(dst, truncatedMember...)
	}
	p.Bytes = append(dst, "}}"...)
	return p
}

func (e *Envelope) appendActivity(dst []byte, published []byte) []byte {
	kind := e.Activity.Type
	if kind == "" {
		kind = ActivityType(e.Event)
	}
	dst = append(dst, `,"activity":{"@context":"https://www.w3.org/ns/activitystreams","type":`...)
	dst = AppendString(dst, kind)
	dst = append(dst, `,"actor":{"id":`...)
	dst = AppendString(dst, e.Activity.ActorID)
	dst = append(dst, `,"type":`...)
	dst = AppendString(dst, e.Activity.ActorType)
	dst = append(dst, `},"object":{"id":`...)
	dst = AppendString(dst, e.Activity.ObjectID)
	dst = append(dst, `,"type":"Object"},"published":"`...)
	dst = append(dst, published...)
	dst = append(dst, `","summary":`...)
	dst = AppendString(dst, cutText(e.Activity.Summary, maxSummary))
	return append(dst, '}')
}

// maxSummary bounds what is not in data and so is never cut to fit.
const maxSummary = 1000

// size estimates the payload, so that it is rendered into one piece of memory.
func (e *Envelope) size(c contents) int {
	size := 400 + len(e.Event) + len(e.Organization)
	size += len(e.Activity.ActorID) + len(e.Activity.ObjectID) + len(e.Activity.Summary)
	for _, m := range c.members {
		size += len(m.Name) + len(m.Value) + len(`"":null,`)
	}
	for _, l := range e.Links {
		size += len(l.Name) + len(l.URL) + len(`"":"",`)
	}
	return size
}

// takesInstance reports whether message is an object without an instance of its own, which a second
// one would repeat.
func takesInstance(message []byte) bool {
	if len(message) < 2 || message[0] != '{' {
		return false
	}
	if !bytes.Contains(message, []byte(instanceKey)) {
		return true
	}
	n, ok := parseNode(message)
	return ok && n.kid("instance") == nil
}
