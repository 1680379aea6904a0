package web

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"time"

	"bellhop"
)

const (
	// exchangeEvery is how often nodes tell each other what was used.
	exchangeEvery = 200 * time.Millisecond

	// maxTold is how many addresses and how many users a node tells of at once, those with the most
	// requests first. The others follow.
	maxTold = 1500

	// maxNews is how many bytes of news a message has.
	maxNews = 6000
)

// Share makes the limits one for all nodes, until ctx ends: every 200 ms it gives publish, for the
// other nodes, what was used here since, and there Used is called with it. others reports whether
// there are any. So more than the limit gets through by what the other nodes let in within 200 ms
// and the way of a message, and afterwards so much less; and nothing is refused that one node alone
// would have let in, but where messages are late.
func (l *Limiter) Share(ctx context.Context, others func() bool, publish func(news []byte)) error {
	if l == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(exchangeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		on := others()
		n := news{publish: publish}
		for address, used := range l.addresses.told(on) {
			n.add('a', address.AsSlice(), used)
		}
		for user, used := range l.users.told(on) {
			n.add('u', []byte(user), used)
		}
		n.send()
	}
}

// Used takes what was used at another node.
func (l *Limiter) Used(text []byte) {
	if l == nil {
		return
	}
	now := time.Now()
	for len(text) >= 2 && len(text) >= 2+int(text[1]) {
		kind, key := text[0], text[2:2+text[1]]
		used, n := binary.Uvarint(text[2+len(key):])
		if n <= 0 {
			return
		}
		text = text[2+len(key)+n:]
		switch kind {
		case 'a':
			address, _ := netip.AddrFromSlice(key) // what is none counts as one, as in Address
			l.addresses.usedElsewhere(address, used, now)
		case 'u':
			l.users.usedElsewhere(bellhop.ID(key), used, now)
		}
	}
}

// news is what was used, in messages.
type news struct {
	text    []byte
	publish func([]byte)
}

// add adds what was used: a letter for what the key is, its length, the key, and how many.
func (n *news) add(kind byte, key []byte, used int) {
	if len(key) > 255 {
		return
	}
	if len(n.text)+len(key)+2+binary.MaxVarintLen64 > maxNews {
		n.send()
	}
	n.text = append(n.text, kind, byte(len(key)))
	n.text = append(n.text, key...)
	n.text = binary.AppendUvarint(n.text, uint64(used))
}

func (n *news) send() {
	if len(n.text) > 0 {
		n.publish(n.text)
		n.text = nil
	}
}

// count notes that one request was taken, for the other nodes.
func (m *meter[K]) count(k K) {
	if m.used == nil {
		return
	}
	if _, known := m.used[k]; known || len(m.used) < m.most {
		m.used[k]++
	}
}

// told takes out what is to be told now. on says that there are others to tell.
func (m *meter[K]) told(on bool) map[K]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.used
	switch {
	case !on:
		m.used = nil
		return nil
	case len(used) <= maxTold:
		m.used = map[K]int{}
		return used
	}
	most := slices.SortedFunc(maps.Keys(used), func(a, b K) int { return cmp.Compare(used[b], used[a]) })
	told := make(map[K]int, maxTold)
	for _, k := range most[:maxTold] {
		told[k] = used[k]
		delete(used, k)
	}
	return told
}

// usedElsewhere takes what another node has let in within the last exchangeEvery, about. Of a bucket
// that is full again since, so much less is gone.
func (m *meter[K]) usedElsewhere(k K, used uint64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	full, ok := m.young[k]
	if !ok {
		full = m.old[k]
	}
	if then := now.Add(-exchangeEvery); full.Before(then) {
		full = then
	}
	// What a node lets in that limits, too, even if it was busy for a while. More would be a mistake.
	most := uint64((m.fill+10*exchangeEvery)/m.interval) + 1
	m.young[k] = full.Add(time.Duration(min(used, most)) * m.interval)
}
