package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
)

// playServer is the server with the flags in args, in a process that can be asked what it has used and for its profiles.
func playServer(ctx context.Context, args []string, stage Stage) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log := &logWatch{to: stage.Log, url: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- stage.Serve(ctx, append(args, "--log-format", "json"), log) }()
	var url string
	select {
	case url = <-log.url:
	case err := <-ended:
		if err == nil {
			err = errors.New("the server has ended")
		}
		return err
	}
	// When the server ends by itself, there is nobody left to talk about.
	obeying, stop := context.WithCancel(ctx)
	var err error
	served := make(chan struct{})
	go func() {
		defer close(served)
		err = <-ended
		stop()
	}()
	var p profiler
	obeyErr := obey(obeying, stage.In, stage.Out, hello{URL: url}, actions{
		"profile":  action(func(_ context.Context, file string) (any, error) { return nothing{}, p.start(file) }),
		"profiled": action(func(_ context.Context, heap string) (any, error) { return nothing{}, p.stop(heap) }),
	})
	cancel()
	<-served
	return errors.Join(obeyErr, err)
}

// logWatch passes a log on and finds in it where the server listens. A handler of slog writes a line at once.
type logWatch struct {
	to    io.Writer
	url   chan string
	found bool
}

func (l *logWatch) Write(line []byte) (int, error) {
	if !l.found && bytes.Contains(line, []byte(`"listening"`)) {
		var record struct{ Msg, URL string }
		if json.Unmarshal(line, &record) == nil && record.Msg == "listening" {
			l.found = true
			l.url <- record.URL
		}
	}
	return l.to.Write(line)
}

// profiler writes profiles of this process.
type profiler struct{ cpu *os.File }

func (p *profiler) start(file string) (err error) {
	if p.cpu, err = os.Create(file); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.cpu)
}

// stop ends the profile of the processor, and writes that of the memory to a file.
func (p *profiler) stop(heap string) error {
	if p.cpu == nil {
		return errors.New("no profile was started")
	}
	pprof.StopCPUProfile()
	err := p.cpu.Close()
	f, createErr := os.Create(heap)
	if createErr != nil {
		return errors.Join(err, createErr)
	}
	runtime.GC() // what is in use is only known after it
	if writeErr := pprof.Lookup("allocs").WriteTo(f, 0); writeErr != nil {
		err = errors.Join(err, fmt.Errorf("write the profile of the memory: %w", writeErr))
	}
	return errors.Join(err, f.Close())
}
