// Command bellhop is the server, what it takes to set it up and to try it, and the tools of a bot's author.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() { os.Exit(program()) }

// program is the process: it returns what to exit with.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	// A limit on the size of files is an error of the write, and not the end of the process.
	signal.Ignore(syscall.SIGXFSZ)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	environment{os.Getenv, os.Stdin, os.Stdout, os.Stderr}.tell(ctx, err)
	return exitCode(ctx, err)
}

// command is a word that may follow bellhop, or another command.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, env environment) error // nil: a word of sub must follow
	sub     []command
}

// group is commands that belong together.
type group struct {
	name     string
	commands []command
}

// environment is what a command gets from the process around it.
type environment struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// groups are all commands, as the help shows them.
func groups() []group {
	return []group{
		{"The server", []command{
			{"dev", "everything at once on this machine, to try it", dev, nil},
			{"setup", "create the first organization and its admin", setup, nil},
			{"serve", "the server", serve, nil},
			{"passwd", "give a user a new password", passwd, nil},
			{"backup", "copy the store while the server runs", backup, nil},
			{"restore", "make a store of a backup", restore, nil},
			{"move", "move the store to PostgreSQL, or back", move, nil},
			{"migrate", "bring the schema of a PostgreSQL database up to date", migrate, nil},
		}},
		{"Bots and events", []command{
			{"login", "log in to a server, for the commands below", loginTo, nil},
			{"logout", "forget a login", logout, nil},
			{"profiles", "list the logins, and choose one", listProfiles, []command{
				{"use", "make a login the one that commands use", useProfile, nil},
			}},
			{"whoami", "show the server, and who you are there", whoami, nil},
			{"bots", "programs that talk: create one, with what it needs to log in", nil, botCommands()},
			{"services", "webhooks: list, create, change, verify, test them", listServices, serviceCommands()},
			{"deliveries", "what was sent to whom, and what came back; also live", listDeliveries, deliveryCommands()},
			{"events", "what has happened, and what patterns cover", listEvents, eventCommands()},
			{"replay", "send events again", replay, nil},
			{"trigger", "make an event happen, to see what a bot does", trigger, nil},
			{"conversations", "talk to a bot from the terminal, and see what was said", listConversations, conversationCommands()},
			{"listen", "hand what comes to a URL of the server to a process here", listenTo, nil},
		}},
		{"Checks", []command{
			{"check", "try an endpoint as the server does, and as others would", checkReceiver, nil},
			{"sign", "print the signatures of a body", sign, nil},
			{"verify", "say whether a signature is right, and why not", verifySignature, nil},
			{"bench", "measure this machine, and Bellhop on it", benchmark, nil},
			{"selftest", "try on this machine what the server promises", nil, []command{
				{"crash", "kill a server of its own under load, and count what was lost", selftestCrash, nil},
			}},
			{"completion", "make a shell complete what you type", shellCompletion, nil},
		}},
	}
}

func commands() (all []command) {
	for _, g := range groups() {
		all = append(all, g.commands...)
	}
	return all
}

// run carries out a command line. Asking for help is no error.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	env := environment{getenv, stdin, stdout, stderr}
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:len(args):len(args)], "--help")
	}
	if len(args) == 0 || isHelp(args[0]) {
		usage(stderr)
		return nil
	}
	if args[0] == completeWord {
		return complete(ctx, args[1:], env)
	}
	c, args, err := find(args)
	if err != nil {
		return err
	}
	if c.run == nil {
		c.usage(stderr)
		if len(args) > 0 {
			return nil // it is help that was asked for
		}
		return wrongUsage("%s needs a word that says what to do", c.name)
	}
	err = c.run(ctx, args, env)
	if errors.Is(err, flag.ErrHelp) {
		if len(c.sub) > 0 {
			c.listSub(stderr)
		}
		return nil
	}
	return err
}

func isHelp(word string) bool { return word == "-h" || word == "-help" || word == "--help" }

// find returns the command that args begin with, named in full, and what is left of them.
func find(args []string) (*command, []string, error) {
	c := command{name: "bellhop", sub: commands()}
	path := ""
	for len(args) > 0 && len(c.sub) > 0 && !strings.HasPrefix(args[0], "-") {
		next := c.word(args[0])
		if next == nil {
			return nil, nil, c.unknown(path, args[0])
		}
		path = strings.TrimSpace(path + " " + next.name)
		c, args = *next, args[1:]
	}
	if path == "" {
		return nil, nil, hinted(wrongUsage("a command comes before its flags"), "bellhop help lists the commands")
	}
	if c.run == nil && len(args) > 0 && !isHelp(args[0]) {
		return nil, nil, hinted(wrongUsage("%s needs a word that says what to do before %s", path, args[0]), "bellhop help "+path)
	}
	c.name = path
	return &c, args, nil
}

func (c *command) word(name string) *command {
	for i := range c.sub {
		if c.sub[i].name == name {
			return &c.sub[i]
		}
	}
	return nil
}

// unknown is the error for a word that is none of c's.
func (c *command) unknown(path, word string) error {
	var names []string
	for _, s := range c.sub {
		names = append(names, s.name)
	}
	err := wrongUsage("there is no command %q", strings.TrimSpace(path+" "+word))
	if near := closest(word, names); near != "" {
		return hinted(err, "did you mean "+strings.Join(strings.Fields("bellhop "+path+" "+near), " ")+"?")
	}
	return hinted(err, strings.Join(strings.Fields("bellhop help "+path), " ")+" lists what there is")
}

// usage writes the help of a command that is nothing without the word after it.
func (c *command) usage(w io.Writer) {
	fmt.Fprintf(w, "Usage: bellhop %s WORD [--flag value ...]\n", c.name)
	c.listSub(w)
}

func (c *command) listSub(w io.Writer) {
	fmt.Fprintf(w, "\nAfter bellhop %s:\n", c.name)
	for _, s := range c.sub {
		fmt.Fprintf(w, "  %-9s %s\n", s.name, s.summary)
	}
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Bellhop tells bots what happens.")
	fmt.Fprintln(w)
	fmt.Fprintln(w, "Usage: bellhop COMMAND [--flag value ...]")
	for _, g := range groups() {
		fmt.Fprintf(w, "\n%s:\n", g.name)
		for _, c := range g.commands {
			fmt.Fprintf(w, "  %-14s %s\n", c.name, c.summary)
		}
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "bellhop help COMMAND tells more, and lists the flags. Each flag of the server")
	fmt.Fprintln(w, "is also an environment variable: --data is BELLHOP_DATA. So are --host,")
	fmt.Fprintln(w, "--token, --profile and --json of the commands that ask a server.")
}
