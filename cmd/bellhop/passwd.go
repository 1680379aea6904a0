package main

import (
	"context"
	"fmt"

	"bellhop/internal/account"
)

// passwd gives a user a new password, for who is locked out.
func passwd(ctx context.Context, args []string, env environment) error {
	var c config
	var email, password string
	var out output
	fs := c.flags("passwd", env.stderr)
	c.databaseFlag(fs)
	fs.StringVar(&email, "email", "", "`email` of the user")
	fs.StringVar(&password, "password", "", passwordUsage)
	out.flags(fs)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if email == "" {
		return wrongUsage("passwd needs --email")
	}
	password, err := readPassword(password, env)
	if err != nil {
		return err
	}
	return withAccounts(ctx, &c, false, func(ctx context.Context, accounts *account.Accounts) error {
		if err := accounts.SetPassword(ctx, email, password); err != nil {
			return err
		}
		if out.json {
			return printJSON(env.stdout, map[string]string{"email": email})
		}
		_, err := fmt.Fprintf(env.stderr, "%s has a new password; older logins and tokens have ended.\n", clean(email, ""))
		return err
	})
}
