package main

import (
	"context"
	"fmt"
	"io"

	"bellhop/chipchat"
)

const (
	profilesAbout = `Lists the logins that are kept on this machine. The one with a star is used by
commands that name none.`
	profilesUseAbout = `Makes a kept login the one that commands use unless they name another.`
	logoutAbout      = `Forgets a login. Its tokens stay valid until they end by themselves: where
somebody may have seen them, give the user a new password, which ends them
all.`
)

// profileShown is a profile without its secrets.
type profileShown struct {
	Name    string `json:"name"`
	Host    string `json:"host"`
	User    string `json:"user"` // email, or id of who logged in with a token
	Current bool   `json:"current"`
}

// listProfiles shows the logins that are kept.
func listProfiles(_ context.Context, args []string, env environment) error {
	var out output
	fs := env.flagSet("profiles", "", profilesAbout)
	out.flags(fs)
	if _, err := parseWords(fs, args, env.getenv); err != nil {
		return err
	}
	file, err := openProfiles(env)
	if err != nil {
		return err
	}
	kept, err := file.read()
	if err != nil {
		return err
	}
	shown := []profileShown{}
	for _, name := range kept.names() {
		p := kept.Profiles[name]
		shown = append(shown, profileShown{name, p.Host, p.user(), name == kept.Current})
	}
	return out.print(env, shown, func(w io.Writer) error {
		if len(shown) == 0 {
			fmt.Fprintln(env.stderr, "No logins are kept: bellhop login --host URL --email EMAIL")
			return nil
		}
		t := env.table("", "name", "user", "server")
		for _, p := range shown {
			star := ""
			if p.Current {
				star = "*"
			}
			t.row(cell{star, t.paint.green}, p.Name, p.User, p.Host)
		}
		return t.write(w)
	})
}

// user is who logged in.
func (p *profile) user() string {
	if p.Email != "" {
		return p.Email
	}
	bot, err := (&login{host: p.Host, tokens: chipchat.Tokens{Token: p.Token}}).client()
	if err != nil {
		return ""
	}
	return string(bot.Auth().User)
}

// useProfile makes another profile the current one.
func useProfile(_ context.Context, args []string, env environment) error {
	fs := env.flagSet("profiles use", "NAME", profilesUseAbout)
	words, err := parseWords(fs, args, env.getenv, "NAME")
	if err != nil {
		return err
	}
	file, err := openProfiles(env)
	if err != nil {
		return err
	}
	if err := file.change(func(kept *profiles) error {
		name, _, err := kept.find(words[0], "")
		kept.Current = name
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(env.stderr, "Commands now use the profile %s.\n", words[0])
	return nil
}

// logout forgets a login.
func logout(_ context.Context, args []string, env environment) error {
	var name string
	fs := env.flagSet("logout", "", logoutAbout)
	fs.StringVar(&name, "profile", "", "`name` of the login (default: the one that commands use)")
	if _, err := parseWords(fs, args, env.getenv); err != nil {
		return err
	}
	file, err := openProfiles(env)
	if err != nil {
		return err
	}
	if err := file.change(func(kept *profiles) (err error) {
		if name, _, err = kept.find(name, ""); err != nil {
			return err
		}
		delete(kept.Profiles, name)
		if kept.Current == name {
			kept.Current = ""
			if left := kept.names(); len(left) == 1 {
				kept.Current = left[0]
			}
		}
		return nil
	}); err != nil {
		return err
	}
	fmt.Fprintf(env.stderr, "Forgot the login %s.\n", name)
	return nil
}
