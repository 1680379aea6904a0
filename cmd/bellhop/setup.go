package main

import (
	"context"
	"encoding/json"
	"fmt"

	"bellhop/internal/account"
)

// setup creates the first organization and its admin in an empty store.
func setup(ctx context.Context, args []string, env environment) error {
	var c config
	var request account.SetupRequest
	var asJSON bool
	fs := c.flags("setup", env.stderr)
	c.databaseFlag(fs)
	fs.StringVar(&request.Organization, "organization", "", "`name` of the organization")
	fs.StringVar(&request.Email, "email", "", "`email` of its admin")
	fs.StringVar(&request.Password, "password", "", passwordUsage)
	fs.BoolVar(&asJSON, "json", false, "print the result as JSON")
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if request.Organization == "" || request.Email == "" {
		return wrongUsage("setup needs --organization and --email")
	}
	var err error
	if request.Password, err = readPassword(request.Password, env); err != nil {
		return err
	}
	return withAccounts(ctx, &c, true, func(ctx context.Context, accounts *account.Accounts) error {
		result, err := accounts.Setup(ctx, request)
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(env.stdout).Encode(result)
		}
		serve := "bellhop serve --data " + c.data
		if c.database != "" {
			serve = "bellhop serve --key-file " + c.keyFile + ", with the same --database"
		}
		_, err = fmt.Fprintf(env.stdout, "Created the organization %s with its admin %s.\nStart the server: %s\n",
			request.Organization, result.Email, serve)
		return err
	})
}
