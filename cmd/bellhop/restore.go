package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bellhop/internal/store"
)

const restoreAbout = `Makes a backup the store of a data directory, which must have none, and which
no server may be using. FILE is checked first, and its key: the one in the
directory, or FILE.key.`

// restore makes a backup a store.
func restore(ctx context.Context, args []string, env environment) error {
	var c config
	var out output
	var force bool
	fs := env.flagSet("restore", "FILE", restoreAbout)
	c.storeFlags(fs)
	fs.BoolVar(&force, "force", false, "put a store that is in the directory aside: its files are kept, under names that end in .before and the time")
	out.flags(fs)
	words, err := parseFiles(fs, args, env.getenv, "FILE")
	if err != nil {
		return err
	}
	began := time.Now()
	bars := env.steps(map[string]string{store.StepCopy: "Copying", store.StepCheck: "Checking"})
	restored, err := store.Restore(ctx, store.RestoreConfig{
		File: words[0], Dir: c.data, KeyFile: c.keyFile, Replace: force, Aside: ".before-" + stamp(began), Progress: bars.at,
	})
	bars.close()
	if errors.Is(err, store.ErrNotEmpty) {
		err = hinted(err, "--force puts it aside")
	}
	if err != nil {
		return err
	}
	if out.json {
		return printJSON(env.stdout, restored)
	}
	if err := printCopy(env, restored, began); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stderr, "What was pending when the backup was made is sent when the server starts, also what was delivered since.\nStart it: bellhop serve --data %s\n", clean(c.data, ""))
	return err
}
