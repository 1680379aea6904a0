package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pipe is a row of statements that PostgreSQL is sent at once, and answers at once. When one fails, those behind it are
// not run. Parameters and values are in the binary form of the protocol.
type pipe struct {
	s      *session
	p      *pgconn.Pipeline
	cancel context.CancelFunc
	steps  []step
}

// step is one of the statements.
type step struct {
	text  string
	isNew bool                        // it is prepared on the way
	row   func(values [][]byte) error // may be nil
}

// pipeFor is how long an answer may take before the connection is taken for lost. Nothing that is sent in a pipe waits
// for long, unless the server does.
const pipeFor = time.Minute

var binaryFormat = []int16{1}

// pipe begins a pipe. Nothing else may use the session until it has run.
func (s *session) pipe(ctx context.Context) *pipe { return s.pipeWithin(ctx, pipeFor) }

// pipeWithin is pipe for what may not take as long.
func (s *session) pipeWithin(ctx context.Context, limit time.Duration) *pipe {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	return &pipe{s: s, p: s.pg.PgConn().StartPipeline(ctx), cancel: cancel}
}

// send adds a statement, whose rows are given to row.
func (p *pipe) send(text string, params [][]byte, row func(values [][]byte) error) {
	name, known := p.s.piped[text]
	if !known {
		p.s.pipes++
		name = "pipe_" + strconv.Itoa(p.s.pipes)
		p.s.piped[text] = name
		p.p.SendPrepare(name, text, nil)
	}
	p.p.SendQueryPrepared(name, params, binaryFormat, binaryFormat)
	p.steps = append(p.steps, step{text: text, isNew: !known, row: row})
}

// run sends what was added and reads the answers. done says how many statements have run: if it is less than all and the
// error is none of the server's, nobody knows what became of the others.
func (p *pipe) run() (done int, err error) {
	defer p.cancel()
	if err = p.p.Sync(); err == nil {
		for _, step := range p.steps {
			if err = p.answer(step); err != nil {
				break
			}
			done++
		}
	}
	if err != nil {
		for _, step := range p.steps[done:] {
			if step.isNew {
				delete(p.s.piped, step.text) // it may be there or not: it is prepared again, under another name
			}
		}
	}
	if closeErr := p.p.Close(); err == nil {
		err = closeErr
	}
	return done, err
}

func (p *pipe) answer(step step) error {
	if step.isNew {
		if _, err := p.p.GetResults(); err != nil {
			return fmt.Errorf("prepare %q: %w", step.text, err)
		}
	}
	results, err := p.p.GetResults()
	if err != nil {
		return err
	}
	reader, ok := results.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("%q was answered by a %T", step.text, results)
	}
	for reader.NextRow() {
		if err == nil && step.row != nil {
			err = step.row(reader.Values())
		}
	}
	tag, closeErr := reader.Close()
	if closeErr != nil {
		return closeErr
	}
	if err == nil && step.text == "COMMIT" && tag.String() != "COMMIT" {
		// So it answers, without an error, when a statement has failed before.
		return errRolledBack
	}
	return err
}

// array is a parameter of many values.
type array struct {
	buf []byte
	n   uint32
}

// The numbers of the types of elements.
const (
	ofBytes = 17
	ofInts  = 20
	ofTexts = 25
)

const arrayHead = 20

func newArray(of uint32, size int) *array {
	c := &array{buf: make([]byte, arrayHead, arrayHead+size)}
	binary.BigEndian.PutUint32(c.buf, 1) // dimension
	binary.BigEndian.PutUint32(c.buf[8:], of)
	binary.BigEndian.PutUint32(c.buf[16:], 1) // where its indices begin
	return c
}

func (c *array) int(v int64) {
	c.n++
	c.buf = binary.BigEndian.AppendUint32(c.buf, 8)
	c.buf = binary.BigEndian.AppendUint64(c.buf, uint64(v))
}

func (c *array) text(v string) {
	c.n++
	c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(len(v)))
	c.buf = append(c.buf, v...)
}

// optional is text that is NULL if it is empty.
func (c *array) optional(v string) {
	if v == "" {
		c.null()
		return
	}
	c.text(v)
}

// bytes adds a value that is NULL if it is nil.
func (c *array) bytes(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.n++
	c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(len(v)))
	c.buf = append(c.buf, v...)
}

func (c *array) null() {
	c.n++
	binary.BigEndian.PutUint32(c.buf[4:], 1) // some are NULL
	c.buf = binary.BigEndian.AppendUint32(c.buf, 0xffffffff)
}

// param returns the array as a parameter.
func (c *array) param() []byte {
	binary.BigEndian.PutUint32(c.buf[12:], c.n)
	return c.buf
}

func intParam(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

var errValue = errors.New("the server has sent a value of another form")

// intValue reads a BIGINT, or what takes as many bytes.
func intValue(value []byte) (int64, error) {
	if len(value) != 8 {
		return 0, errValue
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}
