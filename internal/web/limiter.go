package web

import (
	"net/netip"
	"sync"
	"time"

	"bellhop"
)

// maxCounted is how many addresses, and how many users, are counted at once, twice over.
// What is beyond pushes out those that were seen longest ago, who then may send a burst
// again: a flood from many addresses harms nobody else, and takes some 10 MB at most.
const maxCounted = 20_000

// Rate is how many requests are allowed.
type Rate struct {
	PerSecond float64 // 0 means any number
	Burst     int     // how many at once; at least 1
}

// Limiter limits the requests of each address and of each user
// (docs/contract/resources.md section 5, "Rate limit"). A nil Limiter allows everything. Where there
// are several nodes, Share makes it one limit for all of them. It is safe for concurrent use.
type Limiter struct {
	refused   func(by string)
	addresses *meter[netip.Addr]
	users     *meter[bellhop.ID]
}

// What limits a request that is refused.
const (
	ByAddress = "address"
	ByUser    = "user"
)

// NewLimiter returns a limiter with one rate for each address and each user, or nil if the
// rate is 0. It tells refused, unless that is nil, of what it refuses.
func NewLimiter(rate Rate, refused func(by string)) *Limiter {
	if rate.PerSecond <= 0 {
		return nil
	}
	if refused == nil {
		refused = func(string) {}
	}
	return &Limiter{refused: refused, addresses: newMeter[netip.Addr](rate), users: newMeter[bellhop.ID](rate)}
}

// Address counts a request of an address, and returns a bellhop.TooMany error if there
// were too many before. An IPv6 network of 64 bits counts as one address, for everybody
// has so many; what is no address counts as one, too.
func (l *Limiter) Address(address string) error {
	if l == nil {
		return nil
	}
	a, _ := parseAddress(address)
	if a.Is6() {
		network, _ := a.Prefix(64) // which every such address has
		a = network.Addr()
	}
	return l.answer(ByAddress, l.addresses.take(a, time.Now()))
}

// User counts a request with a token of user, like Address.
func (l *Limiter) User(user bellhop.ID) error {
	if l == nil {
		return nil
	}
	return l.answer(ByUser, l.users.take(user, time.Now()))
}

func (l *Limiter) answer(by string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	l.refused(by)
	return &bellhop.Error{Code: bellhop.TooMany, Message: "Too many requests", RetryAfter: wait}
}

// meter is a token bucket for each key. Of a bucket it keeps one time: when it is full
// again. So one that is full need not be kept, and each is forgotten as soon as it has not
// been touched for as long as filling takes.
type meter[K comparable] struct {
	interval time.Duration // in which one request is earned
	fill     time.Duration // in which a whole burst is

	most int // of young ones

	mu         sync.Mutex
	young, old map[K]time.Time // when full; old ones were last touched before the turn
	turned     time.Time
	used       map[K]int // what was taken since other nodes were told; nil if there are none
}

func newMeter[K comparable](rate Rate) *meter[K] {
	interval := time.Duration(float64(time.Second) / rate.PerSecond)
	return &meter[K]{
		interval: interval, fill: interval * time.Duration(max(rate.Burst, 1)), most: maxCounted,
		young: map[K]time.Time{},
	}
}

// take takes one request from the bucket of k. It returns 0, or how long the bucket has no
// other one: then nothing is taken.
func (m *meter[K]) take(k K, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	full, ok := m.young[k]
	if !ok {
		full = m.old[k]
	}
	if full.Before(now) {
		full = now
	}
	wait := full.Add(m.interval).Sub(now) - m.fill
	if wait <= 0 {
		full = full.Add(m.interval)
		m.count(k)
	}
	m.young[k] = full // also of who is refused, so that he is not forgotten
	return max(wait, 0)
}

// turn drops what is old, and lets the young become old, when that makes no difference any
// more or when there are too many.
func (m *meter[K]) turn(now time.Time) {
	if len(m.young) < m.most && now.Sub(m.turned) < m.fill {
		return
	}
	m.old, m.young, m.turned = m.young, make(map[K]time.Time), now
}
