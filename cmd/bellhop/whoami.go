package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"bellhop/chipchat"
)

// identity is who somebody is at a server.
type identity struct {
	Host             string      `json:"host"`
	Profile          string      `json:"profile,omitempty"`
	User             chipchat.ID `json:"user"`
	Name             string      `json:"name"`
	Email            string      `json:"email,omitempty"`
	Role             string      `json:"role"`
	Organization     chipchat.ID `json:"organization"`
	OrganizationName string      `json:"organizationName,omitempty"` // absent for who may not read it
	ExpiresAt        *time.Time  `json:"expiresAt,omitempty"`        // of the token; absent: never
}

const whoamiAbout = `Shows which server the commands talk to, and as whom. It asks the server, so
that it is also a check of the login.`

// whoami shows who is logged in.
func whoami(ctx context.Context, args []string, env environment) error {
	var c connection
	var out output
	fs := env.flagSet("whoami", "", whoamiAbout)
	c.flags(fs)
	out.flags(fs)
	if _, err := parseWords(fs, args, env.getenv); err != nil {
		return err
	}
	l, err := c.login(env)
	if err != nil {
		return err
	}
	me, err := l.whoami(ctx)
	if err != nil {
		return fmt.Errorf("ask %s who you are: %w", l.host, err)
	}
	return out.print(env, me, func(w io.Writer) error {
		expires := "never"
		if me.ExpiresAt != nil {
			expires = moment(*me.ExpiresAt, time.Now())
			if l.tokens.RefreshToken != "" {
				expires += ", and is renewed"
			}
		}
		return env.pairs(w, [][2]string{
			{"Server", me.Host},
			{"Profile", me.Profile},
			{"User", me.Name + "  " + string(me.User)},
			{"Email", me.Email},
			{"Role", me.Role},
			{"Organization", me.OrganizationName + "  " + string(me.Organization)},
			{"Token ends", expires},
		}...)
	})
}

// whoami asks the server who the owner of the token is.
func (l *login) whoami(ctx context.Context) (*identity, error) {
	bot, err := l.client()
	if err != nil {
		return nil, err
	}
	auth := bot.Auth()
	if auth.User == "" {
		return nil, hinted(&coded{fmt.Errorf("the token is none of this kind of server"), exitForbidden}, "an access token has three parts with dots between; it is on the page of your account")
	}
	user, err := bot.Users.Get(ctx, auth.User, nil)
	if err != nil {
		return nil, err
	}
	auth = bot.Auth() // of the token that was renewed meanwhile
	me := &identity{
		Host: l.host, Profile: l.name, User: user.ID, Name: user.DisplayName, Email: user.Email, Role: user.Role,
		Organization: auth.Organization,
	}
	if !auth.ExpiresAt.IsZero() {
		me.ExpiresAt = &auth.ExpiresAt
	}
	// An agent may use a server whose organizations he may not read.
	if organization, err := bot.Organizations.Get(ctx, auth.Organization, nil); err == nil {
		me.OrganizationName = organization.Name
	}
	return me, nil
}

// called is what to call somebody.
func (i *identity) called() string { return cmp.Or(i.Email, i.Name, string(i.User)) }
