// Command bellhop is the server, and what it takes to set it up and to try it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	// A limit on the size of files is an error of the write, and not the end of the process.
	signal.Ignore(syscall.SIGXFSZ)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bellhop:", err)
		os.Exit(1)
	}
}

// command is one word that may follow bellhop.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, env environment) error
}

// environment is what a command gets from the process around it.
type environment struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

func commands() []command {
	return []command{
		{"dev", "everything at once on this machine, to try it", dev},
		{"setup", "create the first organization and its admin", setup},
		{"serve", "the server", serve},
		{"passwd", "give a user a new password", passwd},
		{"bench", "measure this machine, and Bellhop on it", benchmark},
		{"selftest", "try on this machine what the server promises", selftest},
	}
}

// run carries out a command line. Asking for help is no error.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(stderr)
		return nil
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], environment{getenv, stdin, stdout, stderr})
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	usage(stderr)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Bellhop tells bots what happens.")
	fmt.Fprintln(w)
	fmt.Fprintln(w, "Usage: bellhop COMMAND [--flag value ...]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "bellhop COMMAND --help lists the flags of a command. Each flag is also an environment")
	fmt.Fprintln(w, "variable: --data is BELLHOP_DATA.")
}
