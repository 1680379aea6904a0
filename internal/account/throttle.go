package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
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

	// maxTallies bounds the store. When there are more, those that failed longest ago are
	// forgotten first; to push one out takes as many failures from many addresses.
	maxTallies = 20_000

	// trimEvery is after how many failures it is looked whether there are more.
	trimEvery = 256
)

// throttle counts failed logins in a row, by account and by address
// (docs/contract/auth.md, "Permissions"). It counts in the store, so that all who serve one count
// together. What it keeps are digests, under a key: some people type their password as their name.
// It is safe for concurrent use.
type throttle struct {
	db     *store.DB
	key    []byte
	failed atomic.Int64 // failures that this process has counted
}

// attempt names who tries to log in.
type attempt struct {
	account, address store.Tally
	somewhere        bool // he comes from an address
}

func (t *throttle) attempt(email, address string) attempt {
	return attempt{
		account: t.tally("account " + query.Fold(email)), address: t.tally(addressKey(address)), somewhere: address != "",
	}
}

func (t *throttle) tally(of string) store.Tally {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte("failed login " + of))
	return store.Tally(mac.Sum(nil))
}

// addressKey counts all addresses of an IPv6 network together: everybody has so many.
func addressKey(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		address = at.Addr().String()
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "address " + address
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
// at all. failedBefore says that the account has a row of failures, which a success ends.
func (t *throttle) wait(ctx context.Context, a attempt, now bellhop.Time) (wait time.Duration, failedBefore bool, err error) {
	err = t.db.View(ctx, func(tx *store.Tx) error {
		known, err := tx.FailedLogins(ctx, a.account, a.address)
		if err != nil {
			return err
		}
		of, failed := known[a.account]
		wait, failedBefore = waitAfter(of, accountFailures, now), failed
		if a.somewhere {
			wait = max(wait, waitAfter(known[a.address], addressFailures, now))
		}
		return nil
	})
	return wait, failedBefore, err
}

func waitAfter(row store.FailedLogins, free int, now bellhop.Time) time.Duration {
	if row.Failures < free || now.Sub(row.Last) >= forgetAfter {
		return 0
	}
	pause := firstWait
	for i := free; i < row.Failures && pause < longestWait; i++ {
		pause *= 2
	}
	return max(0, min(pause, longestWait)-now.Sub(row.Last))
}

// failure counts a failure of both, in a transaction. Those whom wait keeps away do not fail.
func (t *throttle) failure(ctx context.Context, tx *store.Tx, a attempt, now bellhop.Time) error {
	forgotten := now.Add(-forgetAfter)
	for _, tally := range []store.Tally{a.account, a.address} {
		if _, err := tx.AddFailedLogin(ctx, tally, now, forgotten); err != nil {
			return err
		}
	}
	if t.failed.Add(1)%trimEvery != 0 {
		return nil
	}
	if err := tx.DropFailedLogins(ctx, forgotten); err != nil {
		return err
	}
	return tx.KeepFailedLogins(ctx, maxTallies)
}

// success ends the row of an account. That of the address goes on, or somebody with an
// account of his own could try others' without end.
func (t *throttle) success(ctx context.Context, a attempt) error {
	return t.db.UpdateSoon(ctx, func(tx *store.Tx) error { return tx.ForgetFailedLogins(ctx, a.account) })
}

// maxRecorded is how many failed logins are recorded in an hour: those who try passwords must not fill
// the list that shows it.
const maxRecorded = 600

// mayRecord reports whether a record of one more failure may be kept, and counts it.
func (t *throttle) mayRecord(ctx context.Context, tx *store.Tx, now bellhop.Time) (bool, error) {
	hour := int64(now) / time.Hour.Milliseconds()
	n, err := tx.AddFailedLogin(ctx, t.tally("recorded "+strconv.FormatInt(hour, 10)), now, now.Add(-forgetAfter))
	return n <= maxRecorded, err
}
