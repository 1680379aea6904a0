package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// timeLayout is how times are written (docs/contract/README.md, "Base facts").
const timeLayout = "2006-01-02T15:04:05.000Z"

// Envelope is what a receiver learns of an event, but for the id of the delivery
// (docs/contract/delivery.md section 3).
type Envelope struct {
	Timestamp    time.Time // when it happened; also activity.published
	Event        string    // the full name
	Organization string    // the id of the organization that owns the subject
	Activity     Activity
	Data         []Member // the resources, by singular name
	Links        []Link   // data.links; written in the order of the contract
}

// Activity says who did what. @context, published and the type of the object are the same in all.
type Activity struct {
	Type      string // empty: as [ActivityType] says
	ActorID   string // URL
	ActorType string // Person, Application or Service
	ObjectID  string // URL
	Summary   string // an English sentence; see [Summary]
}

// Member is a member of an object.
type Member struct {
	Name  string
	Value json.RawMessage // canonical; empty stands for null
}

// Link is an absolute URL of a resource that has to do with an event: organization, conversation,
// message, contact or user.
type Link struct {
	Name, URL string
}

// linkRank is the place of a link; names the contract does not know come last.
func linkRank(l Link) int {
	switch l.Name {
	case "organization":
		return 1
	case "conversation":
		return 2
	case "message":
		return 3
	case "contact":
		return 4
	case "user":
		return 5
	}
	return 6
}

// contents is data, settled: members that can be written one after the other.
type contents struct {
	members   []Member
	links     bool // data.links is among the members
	truncated bool
}

// contents puts data in order. The members that the server makes are in order already; those of
// published events are what a stranger chose, and may have links of their own, which are kept beside
// those of the envelope.
func (e *Envelope) contents() (contents, error) {
	if plain(e.Data) {
		return contents{members: e.Data}, nil
	}
	links := e.appendLinks(nil)
	text := []byte{'{'}
	for _, m := range e.Data {
		if m.Name == "links" {
			m.Value = mergeObjects(m.Value, links)
			links = m.Value
		}
		text = append(appendMember(text, m.Name, m.Value), ',')
	}
	text = append(appendMember(text, "links", links), '}')
	// Two levels: data itself, and links that were merged.
	text, err := canonical(nil, text, MaxDepth+2, false)
	if err != nil {
		return contents{}, err
	}
	members, err := Members(text)
	return contents{members: members, links: true}, err
}

// plain reports whether the members can be written as they stand, with links behind them.
func plain(ms []Member) bool {
	for i, m := range ms {
		if _, index := arrayIndex(m.Name); index || m.Name == "links" {
			return false
		}
		for _, earlier := range ms[:i] {
			if earlier.Name == m.Name {
				return false
			}
		}
		if i == 16 { // what the server makes is shorter; canonical is faster on more
			return false
		}
	}
	return true
}

// mergeObjects is the object a with the members of the object b behind its own. If a is no object, b.
func mergeObjects(a, b []byte) []byte {
	a = bytes.TrimSpace(a)
	if len(a) < 2 || a[0] != '{' || a[len(a)-1] != '}' || len(b) <= 2 {
		return b
	}
	a = bytes.TrimSpace(a[:len(a)-1])
	if len(a) == 1 {
		return b
	}
	return append(append(slices.Clone(a), ','), b[1:]...)
}

// appendLinks writes the object data.links, each name once.
func (e *Envelope) appendLinks(dst []byte) []byte {
	dst = append(dst, '{')
	for i, l := range orderedLinks(e.Links) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, l.Name), ':')
		dst = AppendString(dst, l.URL)
	}
	return append(dst, '}')
}

func orderedLinks(links []Link) []Link {
	rank := 0
	for _, l := range links {
		if linkRank(l) <= rank {
			links = slices.Clone(links)
			slices.SortStableFunc(links, func(a, b Link) int {
				return cmp.Or(cmp.Compare(linkRank(a), linkRank(b)), cmp.Compare(a.Name, b.Name))
			})
			return slices.CompactFunc(links, func(a, b Link) bool { return a.Name == b.Name })
		}
		rank = linkRank(l)
	}
	return links
}

func appendMember(dst []byte, name string, value []byte) []byte {
	dst = append(AppendString(dst, name), ':')
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}
