// Package server puts the parts of Bellhop together: the store, the rules that work on it, the
// dispatcher, the API and the pages. It is the one place that knows all of them, and it has no
// flags, so that a test or another program can have the same server as the command has.
//
// New opens the store and builds everything, Run serves until its context ends, Close ends what
// New has opened:
//
//	s, err := server.New(ctx, server.Config{Data: dir}, listener, log)
//	if err != nil {
//		return err
//	}
//	return errors.Join(s.Run(ctx), s.Close())
package server
