package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"bellhop/chipchat"
)

// loginRequest is what the flags of login say.
type loginRequest struct {
	connection
	email        string
	passwordFile string
}

// loginTo logs in to a server, and keeps the login for the commands that follow.
func loginTo(ctx context.Context, args []string, env environment) error {
	var r loginRequest
	var out output
	fs := env.flagSet("login", "", loginAbout)
	fs.StringVar(&r.host, "host", "", "`URL` of the server (default: that of the profile, if there is one)")
	fs.StringVar(&r.email, "email", "", "`email` of the user; the password is asked for")
	fs.StringVar(&r.passwordFile, "password-file", "", "`file` with the password in its first line, instead of asking; - is standard input")
	fs.StringVar(&r.token, "token", "", "access `token`, instead of email and password; - reads it from standard input")
	fs.StringVar(&r.profile, "profile", defaultProfile, "`name` to keep this login under")
	out.flags(fs)
	if _, err := parseWords(fs, args, env.getenv); err != nil {
		return err
	}
	file, err := openProfiles(env)
	if err != nil {
		return err
	}
	if err := r.complete(file); err != nil {
		return err
	}
	if isUnencrypted(r.host) {
		p := env.paint(env.stderr)
		fmt.Fprintf(env.stderr, "%s %s is not encrypted: whoever is on the way can read the password and the token. Use https.\n", p.yellow("warning:"), clean(r.host, ""))
	}
	p, err := r.profileFor(ctx, env)
	if err != nil {
		return fmt.Errorf("log in to %s: %w", r.host, err)
	}
	me, err := (&login{host: p.Host, tokens: chipchat.Tokens{Token: p.Token, RefreshToken: p.RefreshToken}}).whoami(ctx)
	if err != nil {
		return fmt.Errorf("log in to %s: %w", r.host, err)
	}
	err = file.change(func(kept *profiles) error {
		kept.Current, kept.Profiles[r.profile] = r.profile, p
		return nil
	})
	if err != nil {
		return err
	}
	me.Profile = r.profile
	return out.print(env, me, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Logged in to %s as %s, %s of %s.\nKept as the profile %s, which commands now use.\n",
			me.Host, clean(me.called(), ""), clean(me.Role, ""), clean(me.OrganizationName, ""), r.profile)
		return err
	})
}

const loginAbout = `Logs in to a server, and keeps the login for the commands that follow, in a
file that only you can read. Logins with different names can be kept side by
side; the last one is used unless --profile or BELLHOP_PROFILE names another.`

// complete checks the request, and takes what it leaves open from the profile that it renews.
func (r *loginRequest) complete(file *profileFile) error {
	if !profileName.MatchString(r.profile) {
		return wrongUsage("the name of a profile has letters, digits and ._-, not %q", r.profile)
	}
	if r.token != "" && (r.email != "" || r.passwordFile != "") {
		return wrongUsage("--token takes the place of --email and --password-file")
	}
	host, err := cleanHost(r.host)
	if err != nil {
		return err
	}
	r.host = host
	if r.host == "" || r.email == "" && r.token == "" {
		kept, err := file.read()
		if err != nil {
			return err
		}
		if p := kept.Profiles[r.profile]; p != nil && (r.host == "" || r.host == p.Host) {
			r.host = p.Host
			if r.email == "" && r.token == "" {
				r.email = p.Email
			}
		}
	}
	if r.host == "" {
		return hinted(wrongUsage("login needs --host"), "for example --host http://127.0.0.1:8080")
	}
	if r.email == "" && r.token == "" {
		return wrongUsage("login needs --email or --token")
	}
	return nil
}

// profileFor gets the tokens.
func (r *loginRequest) profileFor(ctx context.Context, env environment) (*profile, error) {
	if r.token == "-" {
		token, err := firstLine(env.stdin)
		if err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
		r.token = token
	}
	if r.token != "" {
		return &profile{Host: r.host, Token: r.token}, nil
	}
	password, err := r.password(env)
	if err != nil {
		return nil, err
	}
	tokens, err := r.exchange(ctx, password)
	if err != nil {
		return nil, err
	}
	return &profile{Host: r.host, Email: r.email, Token: tokens.Token, RefreshToken: tokens.RefreshToken}, nil
}

// password comes from the file, or is typed unseen on a terminal, or is the first line of standard input.
func (r *loginRequest) password(env environment) (password string, err error) {
	switch r.passwordFile {
	case "":
		password, err = askPassword("Password of "+clean(r.email, "")+": ", env)
	case "-":
		password, err = firstLine(env.stdin)
	default:
		var file *os.File
		if file, err = os.Open(r.passwordFile); err == nil {
			defer file.Close()
			password, err = firstLine(file)
		}
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if password == "" {
		return "", wrongUsage("the password is empty")
	}
	return password, nil
}

// exchange trades the password for tokens (docs/contract/auth.md "POST /v2/auth/token").
func (r *loginRequest) exchange(ctx context.Context, password string) (tokens chipchat.Tokens, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body, err := json.Marshal(map[string]string{"email": r.email, "password": password})
	if err != nil {
		return tokens, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.host+"/v2/auth/token", bytes.NewReader(body))
	if err != nil {
		return tokens, err
	}
	q.Header.Set("Content-Type", "application/json")
	res, err := directClient().Do(q)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return tokens, err
	}
	defer res.Body.Close()
	if elsewhere := res.Header.Get("Location"); res.StatusCode/100 == 3 {
		return tokens, hinted(fmt.Errorf("the server points to %q; the password was not sent there", elsewhere), "give --host the address where the server really is")
	}
	var answer struct {
		chipchat.Tokens
		Error struct{ Message string }
	}
	err = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer)
	if err != nil || answer.Error.Message == "" && answer.Token == "" {
		return tokens, hinted(fmt.Errorf("the answer, status %d, is not that of a Bellhop server", res.StatusCode), "is this the address of the server?")
	}
	if answer.Error.Message != "" {
		return tokens, hinted(&chipchat.Error{StatusCode: res.StatusCode, Message: answer.Error.Message}, "is the email right? bellhop passwd gives a user a new password")
	}
	return answer.Tokens, nil
}
