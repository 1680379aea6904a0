package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one that this one has started to play a role.
type process struct {
	role  string
	hello hello

	cmd *exec.Cmd
	in  io.WriteCloser
	log string // the file that its standard error goes to

	mu  sync.Mutex // one call at a time
	enc *json.Encoder
	dec *json.Decoder
}

// startPatience is how long a process may take until it says hello. A server opens its store first.
const startPatience = 2 * time.Minute

// start starts this program again to play a role, with env in its environment. It returns when the process listens. Its log
// goes to a file in dir.
func start(ctx context.Context, exe, dir string, env []string, role string, args ...string) (*process, error) {
	log, err := os.CreateTemp(dir, role+"-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{role: role, log: log.Name()}
	p.cmd = exec.Command(exe, append([]string{"bench", role}, args...)...)
	p.cmd.Env, p.cmd.Stderr = append(ownEnvironment(), env...), log
	// An interrupt on the terminal is for the process that reports; it ends the others.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", role, err)
	}
	p.enc, p.dec = json.NewEncoder(p.in), json.NewDecoder(out)
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := p.exchange(ctx, nil, &p.hello); err != nil {
		p.kill()
		return nil, fmt.Errorf("start the %s: %w", role, err)
	}
	return p, nil
}

// ownEnvironment is ours without what would configure a server.
func ownEnvironment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "BELLHOP_") {
			env = append(env, kv)
		}
	}
	return env
}

// tell has the process do something and waits for its result, which may be nil.
func (p *process) tell(ctx context.Context, do string, with, result any) error {
	raw, err := json.Marshal(with)
	if err == nil {
		err = p.exchange(ctx, &call{Do: do, With: raw}, result)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", p.role, do, err)
	}
	return nil
}

// exchange sends c, if there is one, and reads an answer. Who stops waiting for it leaves the process useless: its next
// answer would be the one to this call, so it is killed.
func (p *process) exchange(ctx context.Context, c *call, result any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { p.signal(syscall.SIGKILL) })
	defer stop()
	var a answer
	var err error
	if c != nil {
		err = p.enc.Encode(c)
	}
	if err == nil {
		err = p.dec.Decode(&a)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w; its log ends with: %s", err, p.lastWords())
	case a.Error != "":
		return errors.New(a.Error)
	case result == nil:
		return nil
	}
	return json.Unmarshal(a.Result, result)
}

// lastWords is the last line of the log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (p *process) title() string { return p.role }

func (p *process) usage(ctx context.Context) (u usage, err error) {
	err = p.tell(ctx, "usage", nil, &u)
	return u, err
}

// signal reaches the process, or nobody if it is gone.
func (p *process) signal(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.in.Close()
	// How it ended is known.
	_ = p.cmd.Wait()
}
