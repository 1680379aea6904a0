package main

import (
	"context"
	"errors"
	"fmt"

	"bellhop/internal/account"
)

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
	return withAccounts(ctx, &c, func(ctx context.Context, accounts *account.Accounts) error {
		if err := accounts.SetPassword(ctx, email, password); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.stderr, "%s has a new password; older logins and tokens have ended.\n", email)
		return err
	})
}
