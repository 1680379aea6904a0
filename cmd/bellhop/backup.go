package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"bellhop/internal/store"
)

const backupAbout = `Copies the store of a data directory to FILE, or into a directory under a name
with the time. The server may go on meanwhile. FILE is a database of SQLite;
beside it comes FILE.sha256. The key that opens the secrets in it is copied
with --with-key alone, to FILE.key. bellhop restore makes a store of it again.`

// backup copies the store of a server that may be running.
func backup(ctx context.Context, args []string, env environment) error {
	var c config
	var out output
	var withKey bool
	maxLog := size(16 << 30)
	fs := env.flagSet("backup", "FILE|DIR", backupAbout)
	c.storeFlags(fs)
	fs.BoolVar(&withKey, "with-key", false, "also copy the key, to FILE.key: who has both can read the secrets")
	fs.Var(&maxLog, "max-log", "`size`, as 16GiB, that the log of the store may have before the backup is given up; 0 = any. While it is made the log grows by what is written")
	out.flags(fs)
	words, err := parseFiles(fs, args, env.getenv, "FILE|DIR")
	if err != nil {
		return err
	}
	file := words[0]
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "bellhop-"+stamp(time.Now())+".db")
	}
	keyFile := c.keyFile
	if keyFile == "" {
		keyFile = filepath.Join(c.data, "key")
	}
	request := store.BackupConfig{Dir: c.data, File: file, MaxLog: int64(maxLog)}
	if withKey {
		request.KeyFile = keyFile
	}
	bars := env.steps(map[string]string{store.StepCopy: "Copying", store.StepCheck: "Checking"})
	request.Progress = bars.at
	began := time.Now()
	copied, err := store.BackUp(ctx, request)
	bars.close()
	if err != nil {
		return err
	}
	if out.json {
		return printJSON(env.stdout, copied)
	}
	if err := printCopy(env, copied, began); err != nil {
		return err
	}
	if !withKey {
		_, err = fmt.Fprintf(env.stderr, "The key is not in it: without %s the secrets in it cannot be read. Keep a copy of that, elsewhere.\n", clean(keyFile, ""))
	}
	return err
}

// storeFlags are --data and --key-file, for commands that have words, too.
func (c *config) storeFlags(fs *flag.FlagSet) {
	if c.data == "" {
		c.data = "./data"
	}
	fs.StringVar(&c.data, "data", c.data, "`directory` of the SQLite store and its key")
	fs.StringVar(&c.keyFile, "key-file", "", "`file` with the key that encrypts secrets (default: the file key in the data directory)")
}

// parseFiles reads flags, from the environment as well, and the words that say which files they are about.
func parseFiles(fs *flag.FlagSet, args []string, getenv func(string) string, wanted ...string) ([]string, error) {
	if err := fromEnvironment(fs, getenv, func(string) bool { return true }); err != nil {
		return nil, err
	}
	words, err := parseArgs(fs, args, wanted...)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(fs, words, wanted); err != nil {
		return nil, err
	}
	if err := checkNoDatabase(fs.Name(), words[0]); err != nil {
		return nil, err
	}
	return words, checkDirectory(fs)
}

// stamp is a time as a part of the name of a file.
func stamp(at time.Time) string { return at.UTC().Format("20060102T150405Z") }

// printCopy tells people what a copy has.
func printCopy(env environment, c *store.Copy, began time.Time) error {
	return env.pairs(env.stdout,
		[2]string{"File", c.File},
		[2]string{"Size", fmt.Sprintf("%s in %s", humanize.IBytes(uint64(c.Bytes)), time.Since(began).Round(100*time.Millisecond))},
		[2]string{"SHA-256", c.SHA256},
		[2]string{"Key", c.KeyFile},
		[2]string{"Organizations", humanize.Comma(c.Organizations)},
		[2]string{"Conversations", humanize.Comma(c.Conversations)},
		[2]string{"Messages", humanize.Comma(c.Messages)},
		[2]string{"Events", humanize.Comma(c.Events)},
		[2]string{"Pending", humanize.Comma(c.Pending) + " deliveries"},
	)
}

// steps are bars one after the other, each for a part of what a command does.
type steps struct {
	env    environment
	labels map[string]string
	step   string
	bar    *progress
}

// steps draws bars for steps that are counted in bytes, with what they are called. Whoever makes it calls close.
func (env environment) steps(labels map[string]string) *steps {
	return &steps{env: env, labels: labels}
}

// at tells how far a step is; with total 0 that is not known.
func (s *steps) at(step string, done, total int64) {
	if s.step != step {
		s.close()
		s.step, s.bar = step, s.env.progress(s.labels[step], int(total))
		s.bar.show = func(n int) string { return humanize.IBytes(uint64(n)) }
	}
	s.bar.set(int(done), int(total))
}

func (s *steps) close() {
	if s.bar != nil {
		s.bar.close()
	}
}
