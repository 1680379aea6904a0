package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// The roles that a process can play.
const (
	receiverRole  = "receiver"
	senderRole    = "sender"
	forwarderRole = "forwarder"
	serverRole    = "server"
)

// Stage is what a process needs to play a role.
type Stage struct {
	In       io.Reader // what to do
	Out, Log io.Writer // what came of it; what a human may want to read

	// Serve is the server: it works with the arguments of the command line until ctx ends.
	Serve func(ctx context.Context, args []string, log io.Writer) error
}

// IsRole reports whether the first of some arguments is a role, so that they are for [Play].
func IsRole(args []string) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case receiverRole, senderRole, forwarderRole, serverRole:
		return true
	}
	return false
}

// Play is one of the processes that [Run] starts: the role that args begin with, until ctx or the input ends.
func Play(ctx context.Context, args []string, stage Stage) error {
	role, args := args[0], args[1:]
	switch role {
	case receiverRole:
		if len(args) != 1 && len(args) != 2 {
			return errors.New("the receiver needs the time that its slow endpoint takes, and perhaps a directory to remove at the end")
		}
		slow, err := time.ParseDuration(args[0])
		if err != nil {
			return err
		}
		err = playReceiver(ctx, stage.In, stage.Out, slow)
		if len(args) == 2 {
			// Whoever started this one ends it before it comes here, and cleans up himself. So he is gone.
			err = errors.Join(err, os.RemoveAll(args[1]))
		}
		return err
	case senderRole:
		return playSender(ctx, stage.In, stage.Out)
	case forwarderRole:
		if len(args) != 2 {
			return errors.New("the forwarder needs a URL and a number of connections")
		}
		connections, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return playForwarder(ctx, stage.In, stage.Out, stage.Log, args[0], connections)
	case serverRole:
		return playServer(ctx, args, stage)
	}
	return fmt.Errorf("there is no role %q", role)
}
