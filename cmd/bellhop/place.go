package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"

	"bellhop/internal/store"
)

// place is a flag that says where a store is: a directory, or the URL of a database.
type place struct {
	dir, url string
	scheme   string // of a URL that is neither
}

func (p *place) empty() bool { return p.dir == "" && p.url == "" }

// String is never a URL, which may have a password.
func (p *place) String() string { return p.dir }

// Set takes any text: what a flag refuses is repeated in the error, and with it the password.
func (p *place) Set(text string) error {
	*p = place{}
	if isDatabase(text) {
		p.url = text
		return nil
	}
	if scheme, _, found := strings.Cut(text, "://"); found {
		p.scheme = scheme
		return nil
	}
	p.dir = text
	return nil
}

func (p *place) store(keyFile string) store.Config {
	return store.Config{Dir: p.dir, Database: p.url, KeyFile: keyFile}
}

// check returns an error for what no store can be in, and for what may have been meant as a database but would be taken
// for a directory: host/name is both. Its text does not say what was given, which may have a password.
func (p *place) check(flag string) error {
	if p.scheme != "" {
		return wrongUsage("%s is not what a store can be in: a directory, or postgres://", p.scheme)
	}
	if p.isDoubtful() {
		return hinted(wrongUsage("--%s may be a directory or a database", flag),
			"a database is postgres://USER@HOST/NAME, a directory ./DIRECTORY; or make the directory above it first")
	}
	return nil
}

func (p *place) isDoubtful() bool {
	if filepath.IsAbs(p.dir) || strings.HasPrefix(p.dir, ".") {
		return false
	}
	if strings.ContainsAny(p.dir, "@:=?") {
		return true
	}
	above := filepath.Dir(filepath.Clean(p.dir))
	_, err := os.Stat(above)
	return above != "." && err != nil
}

func isDatabase(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// checkDirectory refuses a URL as the data directory, whose name it would become.
func checkDirectory(fs *flag.FlagSet) error {
	data := fs.Lookup("data")
	if data == nil || !strings.Contains(data.Value.String(), "://") {
		return nil
	}
	err := wrongUsage("--data is a directory, and no URL")
	if fs.Lookup("database") != nil {
		return hinted(err, "a database goes to --database")
	}
	return err
}

// checkNoDatabase refuses the URL of a database as a file.
func checkNoDatabase(command, file string) error {
	if !isDatabase(file) {
		return nil
	}
	return hinted(wrongUsage("%s is for a data directory, not for a database", command), "a store in PostgreSQL is copied by pg_dump, and moved by bellhop move")
}
