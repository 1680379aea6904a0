//go:build !linux

package main

import (
	"errors"
	"syscall"
)

const canLimitFiles = false

var errNotLinux = errors.New("this needs Linux")

func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
func limitFiles(int, uint64) error            { return errNotLinux }
func mountMemory(string, uint64) error        { return errNotLinux }
func resize(string, uint64) error             { return errNotLinux }
func used(string) (uint64, error)             { return 0, errNotLinux }
func remount(string, bool) error              { return errNotLinux }
func unmount(string) error                    { return errNotLinux }
