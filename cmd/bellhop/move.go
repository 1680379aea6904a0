package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"bellhop/internal/store"
)

const moveAbout = `Moves a store, from a data directory to PostgreSQL, or back, or to another
place of the same kind. No server may be running on either. All rows are copied,
then read again on both sides and compared; only then can the new store be
served. The old one stays as it is. What was interrupted, in whatever way, goes
on when the command is given again.`

// move makes a store one in another place.
func move(ctx context.Context, args []string, env environment) error {
	var from, to place
	var keyFile string
	var restart bool
	var out output
	fs := env.flagSet("move", "", moveAbout)
	fs.Var(&from, "from", "`directory or URL` of the store as it is. With a password in it better BELLHOP_FROM, which other users of the machine cannot see")
	fs.Var(&to, "to", "`directory or URL` where it goes: empty, or filled in part by a move that was interrupted. Also BELLHOP_TO")
	fs.StringVar(&keyFile, "key-file", "", "`file` with the key that encrypts secrets, which stays the same (default: the file key in the directory)")
	fs.BoolVar(&restart, "restart", false, "empty what an interrupted move of another store, or of another state, has left")
	out.flags(fs)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if err := cmp.Or(from.check("from"), to.check("to")); err != nil {
		return err
	}
	if from.empty() || to.empty() {
		return wrongUsage("move needs --from and --to")
	}
	if from.url != "" && keyFile == "" {
		return hinted(wrongUsage("a move from PostgreSQL needs --key-file: the key is not in the database"), "it is the file that the servers are given")
	}
	bars := &tableBars{env: env}
	moved, err := store.Move(ctx, store.MoveConfig{
		From: from.store(keyFile), To: to.store(""), Restart: restart, Progress: bars.at,
	})
	bars.close()
	err = ofStore(err)
	if errors.Is(err, store.ErrOtherMove) {
		err = hinted(err, "--restart empties it")
	}
	if err != nil {
		return err
	}
	if out.json {
		return printJSON(env.stdout, moved)
	}
	if err := printMoved(env, moved); err != nil {
		return err
	}
	serve := "bellhop serve --data " + to.dir
	if to.url != "" {
		serve = "bellhop serve --database URL --key-file " + moved.KeyFile
	}
	_, err = fmt.Fprintf(env.stderr, "Both are the same. Start it: %s\nDo not start the old one again: what waits in it would be sent twice.\n", clean(serve, ""))
	return err
}

// printMoved tells people what was proven.
func printMoved(env environment, m *store.Moved) error {
	t := env.table("table", "rows", "size", "sha-256")
	for _, table := range m.Tables {
		if table.Rows > 0 {
			t.row(table.Name, humanize.Comma(table.Rows), humanize.IBytes(uint64(table.Bytes)), table.SHA256)
		}
	}
	t.row("all", humanize.Comma(m.Rows), humanize.IBytes(uint64(m.Bytes)), "")
	if err := t.write(env.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.stderr, "Copied in %s, compared in %s.\n", m.Copying.Round(100*time.Millisecond), m.Checks.Round(100*time.Millisecond))
	return err
}

// tableBars are bars for tables, one after the other.
type tableBars struct {
	env  environment
	last store.MoveProgress
	bar  *progress
}

func (b *tableBars) at(p store.MoveProgress) {
	if b.bar == nil || p.Step != b.last.Step || p.Table != b.last.Table {
		b.close()
		label := "Copying " + p.Table
		if p.Step == store.MoveCheck {
			label = "Comparing " + p.Table
		}
		b.bar = b.env.progress(label, int(p.Total))
		b.bar.show = func(n int) string { return humanize.Comma(int64(n)) + " rows" }
	}
	b.last = p
	b.bar.set(int(p.Done), int(p.Total))
}

func (b *tableBars) close() {
	if b.bar != nil {
		b.bar.close()
	}
}
