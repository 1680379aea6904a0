package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"bellhop/internal/web"
)

// What a rate limit can be. Beyond it there is no difference to no limit, or to no server.
const (
	leastRate = 0.01
	mostRate  = 1_000_000
)

// rateLimit is a flag that holds requests per second and how many may come at once: 20,
// 0.5, 20:100. Without a limit it is 0.
type rateLimit web.Rate

func (r *rateLimit) String() string {
	if r.PerSecond == 0 {
		return "0"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', -1, 64) + ":" + strconv.Itoa(r.Burst)
}

// Set takes over a limit. Without a burst that is as many requests as a second has, and
// at least one.
func (r *rateLimit) Set(text string) error {
	if text == "0" {
		*r = rateLimit{}
		return nil
	}
	number, burst, found := strings.Cut(text, ":")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= leastRate && n <= mostRate) {
		return fmt.Errorf("%q is not a rate such as 20, 0.5 or 20:100, of %v to %d a second", text, leastRate, mostRate)
	}
	atOnce := int(math.Ceil(n))
	if found {
		if atOnce, err = strconv.Atoi(burst); err != nil || atOnce < 1 || atOnce > mostRate {
			return fmt.Errorf("%q is not a rate such as 20:100, with a burst of 1 to %d", text, mostRate)
		}
	}
	*r = rateLimit{PerSecond: n, Burst: atOnce}
	return nil
}
