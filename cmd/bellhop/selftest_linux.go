package main

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// canLimitFiles says whether a running process can be forbidden to write.
const canLimitFiles = true

// processAttributes are those of a child that dies with its parent, and that a Ctrl-C at
// the keyboard does not reach.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitFiles says up to which size a process may write into files from now on; what is
// beyond can still be read.
func limitFiles(pid int, size uint64) error {
	var limit unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit)
	if err == nil {
		limit.Cur = min(size, limit.Max)
		err = unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil)
	}
	if err != nil {
		return fmt.Errorf("limit the files of process %d: %w", pid, err)
	}
	return nil
}

// mountMemory mounts a file system of that size in memory, which only root may.
func mountMemory(dir string, size uint64) error {
	return unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

// resize gives it another size.
func resize(dir string, size uint64) error {
	return unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%d", size))
}

// used is how many bytes are taken on it.
func used(dir string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return (fs.Blocks - fs.Bfree) * uint64(fs.Bsize), nil
}

// remount makes it read-only, or writable again.
func remount(dir string, readOnly bool) error {
	flags := uintptr(unix.MS_REMOUNT)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	return unix.Mount("tmpfs", dir, "tmpfs", flags, "")
}

func unmount(dir string) error { return unix.Unmount(dir, unix.MNT_DETACH) }
