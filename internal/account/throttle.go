package account

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"bellhop/internal/query"
)

const (
	// So many failures in a row are free. An address is shared by many people, an office
	// say, so it has more.
	accountFailures = 5
	addressFailures = 20

	// The next one costs firstWait, and each further one twice as much, up to longestWait.
	firstWait   = 30 * time.Second
	longestWait = 15 * time.Minute

	// forgetAfter is how long after the last failure a row of them is forgotten.
	forgetAfter = time.Hour

	// maxTallies bounds memory. When there are more, those that failed longest ago are
	// forgotten first; to push one out takes as many failures from many addresses.
	maxTallies = 20_000

	// longestKey is how much of what strangers call an account is kept.
	longestKey = 300
)

// throttle counts failed logins in a row, by account and by address
// (docs/contract/auth.md, "Permissions"). It is safe for concurrent use.
type throttle struct {
	mu      sync.Mutex
	tallies map[string]*list.Element // of *tally
	byAge   *list.List               // the one whose last failure is oldest first
}

// tally is a row of failures.
type tally struct {
	key      string
	failures int
	last     time.Time
}

func newThrottle() *throttle {
	return &throttle{tallies: map[string]*list.Element{}, byAge: list.New()}
}

// attempt names who tries to log in.
type attempt struct{ account, address string }

func newAttempt(email, address string) attempt {
	account := "account " + query.Fold(email)
	if len(account) > longestKey {
		account = account[:longestKey]
	}
	return attempt{account: account, address: addressKey(address)}
}

// addressKey counts all addresses of an IPv6 network together: everybody has so many.
func addressKey(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		address = at.Addr().String()
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "address " + address[:min(len(address), longestKey)]
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return "address " + network.String()
		}
	}
	return "address " + ip.String()
}

// wait returns how long who tries has to wait before his password is looked at; 0 if not
// at all.
func (t *throttle) wait(a attempt, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := t.waitFor(a.account, accountFailures, now)
	if a.address != "address " { // those who come without one
		wait = max(wait, t.waitFor(a.address, addressFailures, now))
	}
	return wait
}

func (t *throttle) waitFor(key string, free int, now time.Time) time.Duration {
	e := t.tallies[key]
	if e == nil {
		return 0
	}
	y := e.Value.(*tally)
	if y.failures < free || now.Sub(y.last) >= forgetAfter {
		return 0
	}
	pause := firstWait
	for i := free; i < y.failures && pause < longestWait; i++ {
		pause *= 2
	}
	return max(0, min(pause, longestWait)-now.Sub(y.last))
}

// failed counts a failure of both. Those whom wait keeps away do not fail.
func (t *throttle) failed(a attempt, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(a.account, now)
	t.count(a.address, now)
	for e := t.byAge.Front(); e != nil; e = t.byAge.Front() {
		y := e.Value.(*tally)
		if t.byAge.Len() <= maxTallies && now.Sub(y.last) < forgetAfter {
			return
		}
		t.forget(y.key)
	}
}

func (t *throttle) count(key string, now time.Time) {
	e := t.tallies[key]
	if e == nil {
		e = t.byAge.PushBack(&tally{key: key})
		t.tallies[key] = e
	}
	y := e.Value.(*tally)
	if now.Sub(y.last) >= forgetAfter {
		y.failures = 0
	}
	y.failures++
	y.last = now
	t.byAge.MoveToBack(e)
}

// succeeded ends the row of an account. That of the address goes on, or somebody with an
// account of his own could try others' without end.
func (t *throttle) succeeded(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(a.account)
}

func (t *throttle) forget(key string) {
	if e := t.tallies[key]; e != nil {
		t.byAge.Remove(e)
		delete(t.tallies, key)
	}
}
