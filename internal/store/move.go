package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// MoveConfig says which store becomes which other one.
type MoveConfig struct {
	// From is the store as it is. Nobody may be serving it, and nobody can while it is moved.
	From Config

	// To is where it goes: an empty store, or one that a move of From has filled in part. It gets the key
	// of From: To.KeyFile is made with it if it is missing. If that is empty it is the file "key" in To.Dir, or,
	// on PostgreSQL, where the key cannot lie beside the store, that of From.
	To Config

	// Restart empties what another move has left in To before it begins.
	Restart bool

	// Batch is how many rows are written in a transaction at most; 0 means 5000. There are fewer when
	// they have more than 8 MiB together.
	Batch int

	// Progress, if it is not nil, is told after each batch how far a table is.
	Progress func(MoveProgress)

	patience time.Duration // 0 means movePatience
}

// Steps of a move, in their order.
const (
	MoveCopy  = "copy"
	MoveCheck = "check"
)

// MoveProgress says how far a step is with a table.
type MoveProgress struct {
	Step  string
	Table string
	Done  int64 // rows, those of a move that was interrupted included
	Total int64
}

// Moved is what a move has proven.
type Moved struct {
	Tables  []MovedTable  `json:"tables"`
	Rows    int64         `json:"rows"`
	Bytes   int64         `json:"bytes"`   // of the values in the rows
	Resumed bool          `json:"resumed"` // a move that was interrupted came to its end
	KeyFile string        `json:"keyFile"` // of the store as it is now
	Copying time.Duration `json:"-"`
	Checks  time.Duration `json:"-"`
}

// MovedTable is a table that is the same in both stores.
type MovedTable struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of all rows in the order of their keys, the same on each engine
}

var (
	// ErrHalfMoved is returned by Open for a store that a move has filled in part.
	ErrHalfMoved = errors.New("the store is not whole: bellhop move was filling it, and has not come to its end")

	// ErrOtherMove is returned by Move for a target that is a part of another store.
	ErrOtherMove = errors.New("what is there is a part of another store, or of this one before it was changed")
)

// movePatience is how long a node that may be dead is watched: a living one beats every second.
const movePatience = 7 * time.Second

// Move copies all rows of c.From to c.To, reads both again and compares them, and then, not before, makes
// c.To a store that Open opens. c.From stays as it is. A Move that has ended before that, in whatever
// way, goes on where it was when it is called again; until then Open returns ErrHalfMoved for c.To. It returns
// ErrNotEmpty if there is a whole store in c.To, and ErrOtherMove if there is a part of another one.
func Move(ctx context.Context, c MoveConfig) (_ *Moved, err error) {
	if c.Batch == 0 {
		c.Batch = 5000
	}
	if c.patience == 0 {
		c.patience = movePatience
	}
	if c.Progress == nil {
		c.Progress = func(MoveProgress) {}
	}
	if c.To.Database == "" && isSwapping(c.To.Dir) {
		return nil, errSwapping(c.To.Dir) // the key that it is to get would take the place of the one that was restored
	}
	c.From.Existing = true
	from, err := openEnd(ctx, c.From)
	if err != nil {
		return nil, fmt.Errorf("open the store to move: %w", err)
	}
	defer func() { err = errors.Join(err, from.close()) }()
	if err := from.alone(ctx, c.patience); err != nil {
		return nil, err
	}
	if err := giveKey(ctx, &c, from); err != nil {
		return nil, err
	}
	c.To.moving = true
	to, err := openEnd(ctx, c.To)
	if err != nil {
		return nil, fmt.Errorf("open the store to move to: %w", err)
	}
	defer func() { err = errors.Join(err, to.close()) }()
	if err := to.alone(ctx, c.patience); err != nil {
		return nil, err
	}
	m := &mover{MoveConfig: c, from: from, to: to, moved: &Moved{KeyFile: c.To.KeyFile}}
	return m.moved, m.move(ctx)
}

// mover is a Move under way.
type mover struct {
	MoveConfig
	from, to moveEnd
	tables   []moveTable
	moved    *Moved
}

func (m *mover) move(ctx context.Context) error {
	var err error
	if m.tables, err = m.sameTables(ctx); err != nil {
		return err
	}
	if err := m.begin(ctx); err != nil {
		return err
	}
	began := time.Now()
	for _, t := range m.tables {
		if t.derived {
			continue
		}
		if err := m.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	if err := m.setNumbers(ctx); err != nil {
		return fmt.Errorf("set the numbers on: %w", err)
	}
	m.moved.Copying = time.Since(began)
	began = time.Now()
	for _, t := range m.tables {
		if err := m.checkTable(ctx, t); err != nil {
			return fmt.Errorf("check %s: %w", t.name, err)
		}
	}
	m.moved.Checks = time.Since(began)
	// What was written after it was read would be missing, and nobody would know.
	for _, end := range []moveEnd{m.from, m.to} {
		if err := end.stillAlone(ctx); err != nil {
			return err
		}
	}
	return m.to.finish(ctx, m.tables)
}

// Where a move is.
const (
	moveRuns  = "running"
	moveEnded = "ended"
)

// begin makes the target one that nobody can open, if that may be.
func (m *mover) begin(ctx context.Context) error {
	source, err := m.fingerprint(ctx)
	if err != nil {
		return err
	}
	var there, state string
	err = m.to.QueryRowContext(ctx, "SELECT source, state FROM moves").Scan(&there, &state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read which move has filled the target: %w", err)
	}
	if state == moveRuns && m.Restart {
		if err := m.empty(ctx); err != nil {
			return err
		}
		state = ""
	}
	if state == moveRuns {
		m.moved.Resumed = true
		if there != source {
			return fmt.Errorf("move to where a move has been before: %w", ErrOtherMove)
		}
		return nil
	}
	for _, t := range m.tables {
		var full bool
		if err := m.to.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.quoted()+")").Scan(&full); err != nil {
			return fmt.Errorf("look into %s: %w", t.name, err)
		}
		if full {
			return fmt.Errorf("move to a store with rows in %s: %w", t.name, ErrNotEmpty)
		}
	}
	err = m.to.exec(ctx, `INSERT INTO moves (id, source, state) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET source = excluded.source, state = excluded.state`, source, moveRuns)
	if err != nil {
		return fmt.Errorf("note that a move begins: %w", err)
	}
	return nil
}

// empty removes what another move has left.
func (m *mover) empty(ctx context.Context) error {
	for _, t := range m.tables {
		if err := m.to.exec(ctx, "DELETE FROM "+t.quoted()); err != nil {
			return fmt.Errorf("empty %s: %w", t.name, err)
		}
	}
	return nil
}

// checkMoved refuses a store that is not whole.
func checkMoved(ctx context.Context, db querier) error {
	var half bool
	err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM moves WHERE state = $1)", moveRuns).Scan(&half)
	if err == nil && half {
		err = ErrHalfMoved
	}
	return err
}

// giveKey puts the key of the store where that of the target has to be. A wrong one leaves no trace there: a database that
// was opened with it would take no other one any more.
func giveKey(ctx context.Context, c *MoveConfig, store moveEnd) error {
	from := c.From.KeyFile
	if from == "" {
		from = filepath.Join(c.From.Dir, keyFile)
	}
	if c.To.KeyFile == "" {
		if c.To.KeyFile = from; c.To.Database == "" {
			c.To.KeyFile = filepath.Join(c.To.Dir, keyFile)
		}
	}
	file, missing := c.To.KeyFile, false
	if _, err := os.Lstat(file); errors.Is(err, os.ErrNotExist) {
		file, missing = from, true
	} else if err != nil {
		return err
	}
	key, err := openKey(file, false)
	if err != nil {
		return err
	}
	if err := fits(ctx, store, key); err != nil {
		return fmt.Errorf("the key file %s: %w", file, err)
	}
	if !missing {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.To.KeyFile), 0o700); err != nil {
		return fmt.Errorf("make the directory of the key: %w", err)
	}
	return copyKey(from, c.To.KeyFile)
}
