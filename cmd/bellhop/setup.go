package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"bellhop/internal/account"
	"bellhop/internal/store"
)

// setup creates the first organization and its admin in an empty store.
func setup(ctx context.Context, args []string, env environment) error {
	var c config
	var request account.SetupRequest
	var asJSON bool
	fs := c.flags("setup", env.stderr)
	fs.StringVar(&request.Organization, "organization", "", "`name` of the organization")
	fs.StringVar(&request.Email, "email", "", "`email` of its admin")
	fs.StringVar(&request.Password, "password", "", passwordUsage)
	fs.BoolVar(&asJSON, "json", false, "print the result as JSON")
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if request.Organization == "" || request.Email == "" {
		return errors.New("setup needs --organization and --email")
	}
	var err error
	if request.Password, err = readPassword(request.Password, env); err != nil {
		return err
	}
	return withAccounts(ctx, &c, func(accounts *account.Accounts) error {
		result, err := accounts.Setup(ctx, request)
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(env.stdout).Encode(result)
		}
		_, err = fmt.Fprintf(env.stdout, "Created the organization %s with its admin %s.\nStart the server: bellhop serve --data %s\n",
			request.Organization, result.Email, c.data)
		return err
	})
}

// passwd gives a user a new password, for who is locked out.
func passwd(ctx context.Context, args []string, env environment) error {
	var c config
	var email, password string
	fs := c.flags("passwd", env.stderr)
	fs.StringVar(&email, "email", "", "`email` of the user")
	fs.StringVar(&password, "password", "", passwordUsage)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if email == "" {
		return errors.New("passwd needs --email")
	}
	password, err := readPassword(password, env)
	if err != nil {
		return err
	}
	return withAccounts(ctx, &c, func(accounts *account.Accounts) error {
		if err := accounts.SetPassword(ctx, email, password); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.stderr, "%s has a new password; older logins and tokens have ended.\n", email)
		return err
	})
}

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
func withAccounts(ctx context.Context, c *config, f func(*account.Accounts) error) error {
	db, err := store.Open(ctx, store.Config{Dir: c.data, KeyFile: c.keyFile})
	if err != nil {
		return err
	}
	accounts, err := account.New(ctx, db, account.Config{})
	if err == nil {
		err = f(accounts)
	}
	return errors.Join(err, db.Close())
}
