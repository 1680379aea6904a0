// Command withpostgres runs a command with a PostgreSQL server of its own, whose URL the tests that the command runs find in
// the environment (see package testenv), and ends the server with it. On a machine without the programs of
// PostgreSQL it just runs the command.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"bellhop/internal/testenv"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres command [argument ...]")
		os.Exit(2)
	}
	code, err := run(exec.Command(os.Args[1], os.Args[2:]...))
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
	os.Exit(code)
}

func run(cmd *exec.Cmd) (code int, err error) {
	// A terminal sends them to the command, too, whose end is waited for.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, os.Environ()
	if os.Getenv(testenv.DatabaseVariable) == "" {
		server, err := testenv.StartPostgres()
		if err != nil {
			return 1, fmt.Errorf("start PostgreSQL: %w", err)
		}
		if server != nil {
			defer server.Stop()
			cmd.Env = append(cmd.Env, testenv.DatabaseVariable+"="+server.URL())
		}
	}
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil // the command has said why
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
