package bench

import (
	"bytes"
	"strconv"
)

// What the receiver looks for in a body. The names are no others' in it.
var (
	seqField  = []byte(`"seq":`)
	sentField = []byte(`"sent":`)
)

// firstSeq is the number of the first event: from it on, all numbers have the same length.
const firstSeq = 1_000_000_000

// The parts of an event to publish, of 1 KiB in all: an order as a shop has it.
const (
	eventHead  = `{"event":"bench.s`
	eventSeq   = `.made","data":{"bench":{"seq":`
	eventSent  = `,"sent":`
	eventOrder = `},"order":{"id":"order-20417","status":"paid","currency":"EUR","total":129.85,"customer":{"name":"Jenny Jones",` +
		`"email":"jenny.jones@example.com","phone":"+31612345678","language":"nl","address":{"street":"Prinsengracht 263",` +
		`"zip":"1016 GV","city":"Amsterdam","country":"NL"}},"lines":[{"sku":"TS-0042-M","name":"T-shirt “Bellhop”, size M",` +
		`"quantity":2,"price":24.95},{"sku":"MG-0007","name":"Mug <large> & saucer","quantity":1,"price":14.95},` +
		`{"sku":"HD-0113-L","name":"Hoodie, size L","quantity":1,"price":65}],"note":"`
	eventTail = `"}}}`

	eventSize = 1024
	nameSize  = 5  // digits of a service's number
	seqSize   = 10 // of an event's number
	sentSize  = 16 // of a time in microseconds, until the year 2286
)

// eventNote fills the event up to its size.
var eventNote = bytes.Repeat([]byte("Please ring twice. "), 40)[:eventSize-nameSize-seqSize-sentSize-
	len(eventHead+eventSeq+eventSent+eventOrder+eventTail)]

// eventName is the name of events for service n, and what it subscribes to.
func eventName(n int) string {
	return "bench." + eventSegment(n) + ".made"
}

// eventSegment is the part of these names that tells services from each other.
func eventSegment(n int) string {
	return "s" + string(appendPadded(nil, int64(n), nameSize))
}

// appendEvent appends the event seq of an organization, or of the publisher's own if that is "", for service n. It is sent
// now, in microseconds. A small one has no order in it.
func appendEvent(b []byte, organization string, n int, seq, now int64, small bool) []byte {
	if organization == "" {
		b = append(b, eventHead...)
	} else {
		b = append(b, `{"organization":"`...)
		b = append(b, organization...)
		b = append(b, `",`...)
		b = append(b, eventHead[1:]...)
	}
	b = appendPadded(b, int64(n), nameSize)
	b = append(b, eventSeq...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, eventSent...)
	b = strconv.AppendInt(b, now, 10)
	if small {
		return append(b, "}}}"...)
	}
	b = append(b, eventOrder...)
	b = append(b, eventNote...)
	return append(b, eventTail...)
}

func appendPadded(b []byte, n int64, size int) []byte {
	digits := strconv.AppendInt(make([]byte, 0, 20), n, 10)
	for range size - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// readEvent finds in a body what appendEvent has put there.
func readEvent(body []byte) (seq, sent int64, ok bool) {
	seq, ok = number(body, seqField)
	if !ok {
		return 0, 0, false
	}
	sent, ok = number(body, sentField)
	return seq, sent, ok
}

func number(body, field []byte) (n int64, ok bool) {
	i := bytes.Index(body, field)
	if i < 0 {
		return 0, false
	}
	for _, c := range body[i+len(field):] {
		if c < '0' || c > '9' {
			break
		}
		n, ok = n*10+int64(c-'0'), true
	}
	return n, ok
}
