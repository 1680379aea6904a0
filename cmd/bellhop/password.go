package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/store"
)

const passwordUsage = "`password`; better BELLHOP_PASSWORD or, if both are absent, the first line of standard input, which other users of the machine cannot see"

// readPassword returns given, or else what is typed unseen on a terminal, or the first line of standard input.
func readPassword(given string, env environment) (string, error) {
	if given != "" {
		return given, nil
	}
	password, err := askPassword("Password: ", env)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if password == "" {
		return "", wrongUsage("a password is needed: --password, BELLHOP_PASSWORD, or a line on standard input")
	}
	return password, nil
}

// askPassword asks for a password on a terminal, where it is not shown. Without a terminal the first line of standard
// input is the answer.
func askPassword(question string, env environment) (string, error) {
	if !isTerminal(env.stdin) {
		return firstLine(env.stdin)
	}
	fmt.Fprint(env.stderr, question)
	password, err := term.ReadPassword(int(env.stdin.(*os.File).Fd()))
	fmt.Fprintln(env.stderr)
	return string(password), err
}

// firstLine is the first line, without its end.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// withAccounts opens the store for f, and with mayMake makes it if there is none. One in a directory no server may have open.
func withAccounts(ctx context.Context, c *config, mayMake bool, f func(context.Context, *account.Accounts) error) error {
	if err := c.checkDatabase(); err != nil {
		return err
	}
	settings := c.store()
	settings.Existing = !mayMake
	db, err := store.Open(ctx, settings)
	if errors.Is(err, store.ErrNoStore) {
		return hinted(err, "bellhop setup makes one")
	}
	if err != nil {
		return ofStore(err)
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
