package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// diskLimit is the flag --disk-full: how the disk is made full.
type diskLimit string

const (
	diskMemory diskLimit = "tmpfs" // a file system in memory, made small
	diskLimits diskLimit = "limit" // a limit on the size of the server's files
)

func (d *diskLimit) String() string   { return string(*d) }
func (d *diskLimit) IsBoolFlag() bool { return true } // it needs no value

func (d *diskLimit) Set(text string) error {
	switch text {
	case "true":
		*d = diskLimits
		if os.Geteuid() == 0 {
			*d = diskMemory
		}
	case "false":
		*d = ""
	case string(diskMemory), string(diskLimits):
		*d = diskLimit(text)
	default:
		return errors.New("must be tmpfs or limit")
	}
	return nil
}

const (
	diskSize   = 1 << 30
	diskLeft   = 256 << 10 // when the disk is about to be full
	beforeFull = 2 * time.Second
	whileFull  = 3 * time.Second
	afterFull  = 2 * time.Second

	// fullPatience is for what has to come soon after: the first refusal, the first
	// request that is accepted again.
	fullPatience = 15 * time.Second
)

// fillDisk is the part in which the disk gets full under the server, and gets space again.
func (c *crashConfig) fillDisk(ctx context.Context, r *crashRig) error {
	r.result.How = string(c.diskFull)
	if c.diskFull == diskMemory {
		if err := r.mount(); err != nil {
			return err
		}
	}
	if err := r.setUp(ctx); err != nil {
		return err
	}
	return r.starve(ctx, "the disk is full", c.diskFull == diskMemory, func() (func() error, error) {
		if c.diskFull == diskMemory {
			return shrink(r.server.data)
		}
		return r.limit(true)
	})
}

// forbidWriting is the part in which the server may not write any more, and may again; and
// in which it starts on a directory that it may not write to.
func (c *crashConfig) forbidWriting(ctx context.Context, r *crashRig) error {
	root := os.Geteuid() == 0
	r.result.How = "chmod"
	if root {
		r.result.How = "remount"
		if err := r.mount(); err != nil {
			return err
		}
	}
	if err := r.setUp(ctx); err != nil {
		return err
	}
	if err := r.starve(ctx, "nothing can be written", false, func() (func() error, error) { return r.limit(false) }); err != nil {
		return err
	}
	r.load.stop()
	if err := r.server.stop(); err != nil {
		return err
	}
	r.result.Drains++
	set := func(readOnly bool) error {
		if root {
			return remount(r.server.data, readOnly)
		}
		return chmodAll(r.server.data, readOnly)
	}
	if err := set(true); err != nil {
		return fmt.Errorf("make the directory read-only: %w", err)
	}
	err := r.server.start(ctx)
	r.say("started on a read-only directory: %v", err)
	if err == nil {
		r.result.problem("the server serves from a directory that it cannot write to")
		r.server.kill()
	}
	if err := set(false); err != nil {
		return fmt.Errorf("make the directory writable: %w", err)
	}
	return r.server.start(ctx)
}

// starve lets the load go on while the server cannot write, which begin causes and what
// it returns ends. Events that were accepted before arrive meanwhile.
//
// If again is true the server is also killed and started again in that state.
func (r *crashRig) starve(ctx context.Context, what string, again bool, begin func() (end func() error, err error)) error {
	r.load.start(ctx)
	if err := r.wait(ctx, beforeFull); err != nil {
		return err
	}
	r.receiver.slow.Store(int64(slowness)) // so that something is left to deliver
	if err := r.wait(ctx, 3*slowness); err != nil {
		return err
	}
	r.ledger.set(func() { r.server.run.life.starved = time.Now() })
	end, err := begin()
	if err != nil {
		return err
	}
	refused := r.ledger.refused()
	if !r.eventually(ctx, func() bool { return r.ledger.refused() > refused }) {
		return errors.Join(ctx.Err(), fmt.Errorf("%s, and nothing is refused after %v", what, fullPatience))
	}
	accepted, waiting, _ := r.ledger.counts()
	r.say("%s: the first request is refused; %d deliveries wait", what, waiting)
	r.receiver.slow.Store(0)
	if err := r.wait(ctx, whileFull); err != nil {
		return err
	}
	if err := r.server.died(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	now, missing, _ := r.ledger.counts()
	r.say("%s: %d requests refused, %d events accepted meanwhile, %d deliveries not arrived yet", what, r.ledger.refused()-refused, now-accepted, missing)
	if !r.eventually(ctx, func() bool { _, missing, _ := r.ledger.counts(); return missing == 0 }) {
		_, missing, _ := r.ledger.counts()
		r.result.problem("%s, and %d deliveries of what was accepted do not come", what, missing)
	}
	if again {
		// What was delivered meanwhile could not be recorded, and comes again.
		r.server.kill()
		r.result.Kills++
		if err := r.server.start(ctx); err != nil {
			return fmt.Errorf("%s, start: %w", what, err)
		}
		r.ledger.set(func() { r.server.run.life.starved = r.server.run.life.started })
		r.eventually(ctx, func() bool {
			status, _, err := r.client.call(ctx, http.MethodGet, "/readyz", nil)
			return err == nil && status == http.StatusOK
		})
	}
	for _, path := range []string{"/healthz", "/readyz", "/v2/deliveries?limit=10", "/v2/conversations/" + r.load.conversations[0]} {
		if status, _, err := r.client.call(ctx, http.MethodGet, path, nil); err != nil || status != http.StatusOK {
			r.result.problem("%s, and GET %s is answered with %d, %v", what, path, status, err)
		}
	}
	if err := end(); err != nil {
		return err
	}
	back := time.Now()
	now, _, _ = r.ledger.counts()
	if !r.eventually(ctx, func() bool { n, _, _ := r.ledger.counts(); return n > now }) {
		r.result.problem("nothing is accepted %v after the end of this: %s", fullPatience, what)
	}
	r.say("the cause is gone; events are accepted again after %v", time.Since(back).Round(time.Millisecond))
	return r.wait(ctx, afterFull)
}

// eventually waits until f is true, and returns false if that takes too long.
func (r *crashRig) eventually(ctx context.Context, f func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, fullPatience)
	defer cancel()
	for !f() {
		if r.wait(ctx, 20*time.Millisecond) != nil {
			return false
		}
	}
	return true
}

// mount puts the data directory on a file system of its own.
func (r *crashRig) mount() error {
	dir := r.server.data
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := mountMemory(dir, diskSize); err != nil {
		return fmt.Errorf("mount a file system (without the right to, there is --disk-full=limit): %w", err)
	}
	// Before the server is killed there is nothing to unmount, so this runs after it.
	first := []func() error{func() error { return r.unmount(dir) }}
	r.cleanups = append(first, r.cleanups...)
	return nil
}

// unmount takes the file system away. If there is a problem its content is kept.
func (r *crashRig) unmount(dir string) error {
	var err error
	if len(r.result.Problems) > 0 {
		err = os.CopyFS(dir+"-kept", os.DirFS(dir))
	}
	return errors.Join(err, unmount(dir))
}

// shrink takes almost all free space of the disk, and returns what gives it back.
func shrink(dir string) (end func() error, err error) {
	n, err := used(dir)
	if err != nil {
		return nil, err
	}
	return func() error { return resize(dir, diskSize) }, resize(dir, n+diskLeft)
}

// limit forbids the server to write: at all, or only what makes its largest file larger.
func (r *crashRig) limit(grown bool) (end func() error, err error) {
	pid := r.server.run.cmd.Process.Pid
	var largest uint64
	if grown {
		entries, err := os.ReadDir(r.server.data)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				return nil, err
			}
			largest = max(largest, uint64(info.Size())+diskLeft)
		}
	}
	return func() error { return limitFiles(pid, ^uint64(0)) }, limitFiles(pid, largest)
}

// chmodAll takes the right to write from a directory and its files, or gives it back.
func chmodAll(dir string, readOnly bool) error {
	file, folder := os.FileMode(0o600), os.FileMode(0o700)
	if readOnly {
		file, folder = 0o400, 0o500
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Chmod(filepath.Join(dir, entry.Name()), file); err != nil {
			return err
		}
	}
	return os.Chmod(dir, folder)
}
