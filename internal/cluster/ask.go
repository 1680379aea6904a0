package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

const (
	// MaxQuestion is how many bytes a question may have, and an answer.
	MaxQuestion = 2 << 20

	// askFor is how long an answer is waited for, and how long one may take.
	askFor = 30 * time.Second

	// mostAnswering is how many questions of other nodes are answered at the same time.
	mostAnswering = 256
)

var (
	// ErrNoNode is returned by Ask for a node that is not a member, or not any more.
	ErrNoNode = errors.New("the node is gone")

	// ErrNoAnswer is returned by Ask if that node has nobody who answers on the topic, as one of
	// another version may.
	ErrNoAnswer = errors.New("the node does not answer on this topic")

	// ErrLost is returned by Ask if the answer may have been lost on its way.
	ErrLost = errors.New("the answer of the node may be lost")

	errTooLarge = fmt.Errorf("questions and answers have up to %d bytes", MaxQuestion)
	errNotRead  = errors.New("the question could not be read")
	errTooMany  = &bellhop.Error{Code: bellhop.TooMany, Message: "Too many questions at once", RetryAfter: time.Second}
)

type answer func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error)

// Answer has f answer the questions on a topic, which is one word. Several may be asked at the same
// time. If f returns a bellhop.Error, who asks gets one of the same code and message; of any other
// error he gets the text alone. ctx ends after 30 s, when this node does not know any more who asks,
// and when Run ends. A question comes to f once, also if it arrives twice; who asks anew after an error asks another one.
// It is called before Run.
func (c *Cluster) Answer(topic string, f func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error)) {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.answers[topic] = f
}

// Ask brings a question to a node, which may be this one, and returns its answer. It returns when
// ctx ends, and after 30 s, at the latest; ErrNoNode if the node is gone, or goes meanwhile;
// ErrNoAnswer if it has nobody who answers; ErrLost if this node has lost the database meanwhile.
// Whether a question without an answer has arrived nobody knows. A bellhop.TooMany error says that too much waits to be sent,
// or to be read or answered there.
// Questions and answers of more than 7,000 bytes go one after the other, beside all else.
func (c *Cluster) Ask(ctx context.Context, node store.NodeID, topic string, question []byte) ([]byte, error) {
	if len(question) > MaxQuestion {
		return nil, errTooLarge
	}
	if self := c.Self(); node == self {
		f := c.bus.answerer(topic)
		if f == nil {
			return nil, ErrNoAnswer
		}
		return f(ctx, self, question)
	}
	if c.single() || !c.isMember(node) {
		return nil, ErrNoNode
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	number, heard := c.asked.ask(node)
	defer c.asked.forget(number)
	if !c.out.add(parcel{to: node, kind: kindQuestion, number: number, topic: topic, payload: question}) {
		return nil, errTooMany
	}
	if !c.isMember(node) {
		return nil, ErrNoNode // it has gone in this moment
	}
	select {
	case a := <-heard:
		return a.read()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *bus) answerer(topic string) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers[topic]
}

// asked are the questions of this node that have no answer yet, and those it is answering.
type asked struct {
	mu        sync.Mutex
	last      int64
	pending   map[int64]asking
	answering int
	done      sync.WaitGroup

	begun, before map[question]bool // questions of others, those of the last minute at least
	turned        time.Time         // when begun was begun
}

// question names one for ever.
type question struct {
	from   store.NodeID
	number int64
}

const (
	// rememberFor is how long it is known which questions were asked: a notification comes again when it was not known
	// whether it had left.
	rememberFor = time.Minute

	// mostRemembered is how many are, about, if they are too many for that.
	mostRemembered = 50_000
)

// isRepeated notes a question, and reports whether it was asked before.
func (a *asked) isRepeated(from store.NodeID, number int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := question{from, number}
	if a.begun[q] || a.before[q] {
		return true
	}
	if now := time.Now(); a.begun == nil || now.Sub(a.turned) > rememberFor || len(a.begun) >= mostRemembered {
		a.begun, a.before, a.turned = map[question]bool{}, a.begun, now
	}
	a.begun[q] = true
	return false
}

type asking struct {
	node  store.NodeID
	heard chan heard // has room for one
}

// heard is an answer, or why there is none.
type heard struct {
	payload []byte
	err     error
}

func (a *asked) open() { a.pending = map[int64]asking{} }

// wait returns when nothing is being answered any more.
func (a *asked) wait() { a.done.Wait() }

func (a *asked) ask(node store.NodeID) (int64, <-chan heard) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	q := asking{node, make(chan heard, 1)}
	a.pending[a.last] = q
	return a.last, q.heard
}

func (a *asked) forget(number int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pending, number)
}

func (a *asked) answered(number int64, from store.NodeID, payload []byte) {
	a.end(func(n int64, q asking) bool { return n == number && q.node == from }, heard{payload: payload})
}

// left ends the questions to a node that is gone, lost all: their answers may not have been heard.
func (a *asked) left(node store.NodeID) {
	a.end(func(_ int64, q asking) bool { return q.node == node }, heard{err: ErrNoNode})
}

// lostOne ends a question whose answer has come and could not be read.
func (a *asked) lostOne(number int64, from store.NodeID) {
	a.end(func(n int64, q asking) bool { return n == number && q.node == from }, heard{err: ErrLost})
}

func (a *asked) lost() { a.end(func(int64, asking) bool { return true }, heard{err: ErrLost}) }

func (a *asked) end(which func(int64, asking) bool, h heard) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for number, q := range a.pending {
		if which(number, q) {
			delete(a.pending, number)
			q.heard <- h
		}
	}
}

// An answer is a byte that says what it is, and the rest.
const (
	answerFine     = '+'
	answerNobody   = '?'
	answerError    = '-'
	answerAsCaller = '!' // a bellhop.Error
)

// callerError is a bellhop.Error on its way.
type callerError struct {
	Code       bellhop.Code
	Message    string
	Fields     map[string]string
	RetryAfter time.Duration
}

func (h *heard) read() ([]byte, error) {
	if h.err != nil {
		return nil, h.err
	}
	if len(h.payload) == 0 {
		return nil, ErrLost
	}
	switch rest := h.payload[1:]; h.payload[0] {
	case answerFine:
		return rest, nil
	case answerNobody:
		return nil, ErrNoAnswer
	case answerAsCaller:
		var e callerError
		if err := json.Unmarshal(rest, &e); err != nil {
			return nil, fmt.Errorf("read the answer of a node: %w", err)
		}
		return nil, &bellhop.Error{Code: e.Code, Message: e.Message, Fields: e.Fields, RetryAfter: e.RetryAfter}
	default:
		return nil, fmt.Errorf("another node: %s", rest)
	}
}

func written(payload []byte, err error) []byte {
	if err == nil && len(payload) > MaxQuestion {
		err = errTooLarge
	}
	if err == nil {
		return append([]byte{answerFine}, payload...)
	}
	if errors.Is(err, ErrNoAnswer) {
		return []byte{answerNobody}
	}
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		if text, err := json.Marshal(callerError{e.Code, e.Message, e.Fields, e.RetryAfter}); err == nil {
			return append([]byte{answerAsCaller}, text...)
		}
	}
	return append([]byte{answerError}, err.Error()...)
}

// answer sends the answer to a question of another node.
func (c *Cluster) answer(to store.NodeID, question *parcel, payload []byte, err error) {
	a := parcel{to: to, kind: kindAnswer, number: question.number, topic: question.topic, payload: written(payload, err)}
	if !c.out.add(a) && a.isLarge() {
		a.payload = written(nil, errTooMany)
		c.out.add(a)
	}
}

// reply answers a question of another node.
func (c *Cluster) reply(ctx context.Context, from store.NodeID, p *parcel) {
	send := func(payload []byte, err error) { c.answer(from, p, payload, err) }
	if c.asked.isRepeated(from, p.number) {
		return // the answer to the first one is on its way, or will be
	}
	f := c.bus.answerer(p.topic)
	if f == nil {
		send(nil, ErrNoAnswer)
		return
	}
	a := &c.asked
	a.mu.Lock()
	busy := a.answering >= mostAnswering
	if !busy {
		a.answering++
	}
	a.mu.Unlock()
	if busy {
		send(nil, errTooMany)
		return
	}
	question := p.payload
	a.done.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askFor)
		defer cancel()
		send(f(ctx, from, question))
		a.mu.Lock()
		defer a.mu.Unlock()
		a.answering--
	})
}
