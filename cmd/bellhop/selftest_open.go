package main

import (
	"context"
	crand "crypto/rand"
	"errors"
	"path/filepath"
	"strings"

	"bellhop"
	"bellhop/internal/store"
)

// openDatabase makes a database for the nodes, or takes the given one if it may make none. It
// returns nil if there is none.
func (c *crashConfig) openDatabase(ctx context.Context, r *crashRig) (*crashDatabase, error) {
	if c.database == "" {
		return nil, nil
	}
	restart, modes, err := restartBy(c.postgres, c.restart, filepath.Join(r.dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	text, err := r.makeDatabase(ctx, c.database)
	if err != nil {
		return nil, err
	}
	u, err := store.DatabaseURL(text)
	if err != nil {
		return nil, errors.New("the URL of the database cannot be read")
	}
	return &crashDatabase{url: u, restart: restart, modes: modes}, nil
}

// makeDatabase returns the URL of an empty database.
func (r *crashRig) makeDatabase(ctx context.Context, beside string) (string, error) {
	name := "bellhop_selftest_" + strings.ToLower(crand.Text()[:8])
	text, err := store.CreateDatabase(ctx, beside, name)
	if err == nil {
		// The nodes and their proxies are gone before it.
		drop := func() error {
			if len(r.result.Problems) > 0 {
				r.say("kept: the database %s", name)
				return nil
			}
			return store.DropDatabase(context.WithoutCancel(ctx), beside, name)
		}
		r.cleanups = append([]func() error{drop}, r.cleanups...)
		return text, nil
	}
	if refused, ok := errors.AsType[*bellhop.Error](err); !ok || refused.Code != bellhop.Forbidden {
		return "", err
	}
	m, err := store.ReadMeter(ctx, beside)
	if err != nil {
		return "", err
	}
	if !m.Empty {
		return "", errors.New("the role of --database may not make databases, and this one is not empty")
	}
	r.say("the role may not make databases, so this one is used; what the test writes stays in it")
	return beside, nil
}
