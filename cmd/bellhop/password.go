package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/store"
)

const passwordUsage = "`password`; better BELLHOP_PASSWORD or, if both are absent, the first line of standard input, which other users of the machine cannot see"

// readPassword returns given, or else the first line of standard input.
func readPassword(given string, env environment) (string, error) {
	if given != "" {
		return given, nil
	}
	fmt.Fprint(env.stderr, "Password: ")
	line, err := bufio.NewReader(io.LimitReader(env.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", errors.New("a password is needed: --password, BELLHOP_PASSWORD, or a line on standard input")
	}
	return password, nil
}

// withAccounts opens the store, which no server may have open, for f.
func withAccounts(ctx context.Context, c *config, f func(context.Context, *account.Accounts) error) error {
	db, err := store.Open(ctx, store.Config{Dir: c.data, KeyFile: c.keyFile})
	if err != nil {
		return err
	}
	accounts, err := account.New(ctx, db, account.Config{})
	if err == nil {
		err = f(byOperator(ctx), accounts)
	}
	return errors.Join(err, db.Close())
}

// byOperator says in the context of what a command does who wants it.
func byOperator(ctx context.Context) context.Context {
	return audit.From(ctx, audit.Origin{Via: bellhop.ViaCommand})
}
