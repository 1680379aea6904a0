package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// age is a flag that holds a duration, in which days may be written: 7d, 36h, 1d12h.
// Without a limit it is 0.
type age time.Duration

const day = 24 * time.Hour

func (a *age) String() string {
	d := time.Duration(*a)
	if d == 0 {
		return "0"
	}
	text := ""
	if days := d / day; days > 0 {
		text = strconv.Itoa(int(days)) + "d"
	}
	if d %= day; d > 0 {
		text += d.String()
	}
	return text
}

func (a *age) Set(text string) error {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 7d, 36h or 1d12h", text)
	}
	var d time.Duration
	if rest != "" || !found {
		if d, err = time.ParseDuration(rest); err != nil || found && d >= day {
			return fmt.Errorf("%q is not a duration such as 7d, 36h or 1d12h", text)
		}
	}
	if d < 0 {
		return errors.New("a duration must not be negative")
	}
	*a = age(d + time.Duration(n)*day)
	return nil
}

// size is a flag that holds a number of bytes: 20GiB, 500MB, 1000000. Without a limit it
// is 0.
type size int64

func (s *size) String() string {
	if *s == 0 {
		return "0"
	}
	return strings.ReplaceAll(humanize.IBytes(uint64(*s)), " ", "")
}

func (s *size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<60 {
		return fmt.Errorf("%q is not a size such as 20GiB, 500MB or a number of bytes", text)
	}
	*s = size(n)
	return nil
}
