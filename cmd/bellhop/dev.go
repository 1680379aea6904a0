package main

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"bellhop/chipchat"
	"bellhop/internal/account"
	"bellhop/internal/server"
	"bellhop/internal/trace"
)

// What dev makes on its first start.
const (
	devOrganization = "Demo MCC"
	devEmail        = "admin@demo.example"
	devPasswordFile = "admin-password"
	devData         = "./data-dev"
)

// dev runs everything at once on this machine: the server, and on its own listener a bot
// that is registered by the real challenge.
func dev(ctx context.Context, args []string, env environment) error {
	c := config{data: devData}
	fs := c.flags("dev", env.stderr)
	c.serverFlags(fs)
	if err := parse(fs, args, env.getenv); err != nil {
		return err
	}
	if err := c.checkServer(); err != nil {
		return err
	}
	var err error
	if c.tracing, err = trace.FromEnvironment(env.getenv); err != nil {
		return err
	}
	c.egressAllow = append(c.egressAllow, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listen (choose another address with --listen): %w", err)
	}
	defer listener.Close()
	log := c.logger(env.stderr)
	s, err := server.New(ctx, c.server(), listener, log)
	if err != nil {
		return err
	}
	return errors.Join(runDev(ctx, &c, s, listener, log, env.stdout), s.Close())
}

func runDev(ctx context.Context, c *config, s *server.Server, listener net.Listener, log *slog.Logger, stdout io.Writer) error {
	password, err := devPassword(c.data)
	if err != nil {
		return err
	}
	token, err := devLogin(ctx, s, password, filepath.Join(c.data, devPasswordFile))
	if err != nil {
		return err
	}
	d := &demo{log: log, local: localURL(listener), url: s.URL(), token: token}
	if d.admin, err = chipchat.New(chipchat.Options{Token: token, Host: d.local, Logger: log}); err != nil {
		return err
	}
	caller, err := s.Accounts().Authenticate(ctx, token)
	if err != nil {
		return err
	}
	if err := d.makeBot(ctx, s, caller); err != nil {
		return fmt.Errorf("make the demo bot: %w", err)
	}
	s.Handle(demoBotPath, d.bot.Handler())

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer d.bot.Drain(context.WithoutCancel(ctx))
		return s.Run(ctx)
	})
	g.Go(func() error {
		conversation, err := d.register(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("register the demo bot: %w", err)
		}
		d.tell(stdout, password, filepath.Join(c.data, devPasswordFile), conversation)
		return nil
	})
	return g.Wait()
}

// localURL is where the server is reached from this machine.
func localURL(listener net.Listener) string {
	addr := listener.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}

// devPassword returns the admin's password: made once, and kept where only the owner of
// the directory can read it.
func devPassword(dir string) (string, error) {
	file := filepath.Join(dir, devPasswordFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(text) == 0 {
		text = []byte(crand.Text() + "\n")
		// What a full disk leaves of it would be taken for the password the next time.
		half := file + ".new"
		err = os.WriteFile(half, text, 0o600)
		if err == nil {
			err = os.Rename(half, file)
		}
		if err != nil {
			_ = os.Remove(half) // it is written anew in any case
		}
	}
	if err != nil {
		return "", fmt.Errorf("the password of the demo admin: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// devLogin sets the store up if it is empty, and returns an access token of the admin.
func devLogin(ctx context.Context, s *server.Server, password, file string) (string, error) {
	set, err := s.Accounts().IsSetUp(ctx)
	if err == nil && !set {
		_, err = s.Accounts().Setup(byOperator(ctx), account.SetupRequest{
			Organization: devOrganization, Email: devEmail, Password: password, GivenName: "Ada", FamilyName: "Smit",
		})
	}
	if err != nil {
		return "", err
	}
	login, err := json.Marshal(map[string]string{"email": devEmail, "password": password})
	if err != nil {
		return "", err
	}
	answer, err := s.Accounts().Token(ctx, login, "dev")
	if err != nil {
		return "", fmt.Errorf("log in as %s with the password in %s (if it was changed, write it there): %w", devEmail, file, err)
	}
	var tokens struct{ Token string }
	return tokens.Token, json.Unmarshal(answer, &tokens)
}

// tell prints where to look and what to type.
func (d *demo) tell(w io.Writer, password, file string, conversation chipchat.ID) {
	// The lines are typed in another terminal, which is mostly in another directory.
	if absolute, err := filepath.Abs(file); err == nil {
		file = absolute
	}
	fmt.Fprintf(w, `
Bellhop is running, with a demo bot that listens to its webhook.

  Pages      %[1]s/
  Login      %[2]s
  Password   %[3]s   (kept in %[4]s)
  API token  %[5]s

Log in, for bellhop services, deliveries, conversations and the other commands:

bellhop login --host %[1]s --email %[2]s --password-file %[8]s

Let the contact say something:

curl -fsS -X POST '%[1]s/v2/conversations/%[6]s/messages' -H 'Authorization: Bearer %[5]s' -H 'Content-Type: application/json' -d '{"text":"Hello, anyone there?","role":"contact"}'

The bot's answer is in the conversation, %[1]s/conversations/%[6]s
and the delivery is on the page of its webhook, %[1]s/services/%[7]s

How to write a bot of your own, and have it answer in five minutes, is in docs/quickstart.md.

`, d.url, devEmail, password, file, d.token, conversation, d.service, shellWord(file))
}
