package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"bellhop/internal/server"
	"bellhop/internal/trace"
)

// serve is the server.
func serve(ctx context.Context, args []string, env environment) error {
	var c config
	fs := c.flags("serve", env.stderr)
	c.databaseFlag(fs)
	c.serverFlags(fs)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if err := c.checkServer(); err != nil {
		return err
	}
	tuneMemory(env.getenv)
	var err error
	if c.tracing, err = trace.FromEnvironment(env.getenv); err != nil {
		return err
	}
	c.now = clockFrom(env.getenv(clockVariable))
	if c.connect, err = connectFrom(env.getenv(addressVariable)); err != nil {
		return err
	}
	log := c.logger(env.stderr)
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	s, err := server.New(ctx, c.server(), listener, log)
	if err != nil {
		return ofStore(err)
	}
	set, err := s.Accounts().IsSetUp(ctx)
	if err == nil {
		if !set {
			log.WarnContext(ctx, "the store is empty: run bellhop setup --organization NAME --email E, which needs the server stopped")
		}
		err = s.Run(ctx)
	}
	return errors.Join(err, s.Close())
}
