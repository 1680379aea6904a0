package cluster

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"bellhop/internal/store"
)

// What nodes tell each other is one line of text:
//
//	kind from number topic form payload
//
// kind is one of the letters below, number that of the question, form says how the payload is
// written. Other versions may send other kinds: those are left alone.
const (
	kindMessage  = 'm'
	kindMissed   = 'x' // some messages of this node were dropped
	kindQuestion = 'q'
	kindAnswer   = 'a'

	formText   = 't'
	formBase64 = 'b'
	formLetter = 'l' // the payload is the number of the letter that has it
)

func head(from store.NodeID, p *parcel, form byte) string {
	return fmt.Sprintf("%c %s %d %s %c ", p.kind, from, p.number, p.topic, form)
}

func encode(from store.NodeID, p *parcel) string {
	if utf8.Valid(p.payload) && bytes.IndexByte(p.payload, 0) < 0 {
		return head(from, p, formText) + string(p.payload)
	}
	return head(from, p, formBase64) + base64.StdEncoding.EncodeToString(p.payload)
}

func encodeLetter(from store.NodeID, p *parcel, letter int64) string {
	return head(from, p, formLetter) + strconv.FormatInt(letter, 10)
}

// decode reads what encode has written. If letter is not 0, it has the payload.
func decode(text string) (from store.NodeID, p parcel, letter int64, err error) {
	parts := strings.SplitN(text, " ", 6)
	if len(parts) != 6 || len(parts[0]) != 1 || len(parts[4]) != 1 {
		return "", parcel{}, 0, fmt.Errorf("a notification is not one of ours: %.100q", text)
	}
	p = parcel{kind: parts[0][0], topic: parts[3]}
	if p.number, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
		return "", parcel{}, 0, fmt.Errorf("the number in a notification: %w", err)
	}
	switch parts[4][0] {
	case formText:
		p.payload = []byte(parts[5])
	case formBase64:
		p.payload, err = base64.StdEncoding.DecodeString(parts[5])
	case formLetter:
		letter, err = strconv.ParseInt(parts[5], 10, 64)
	default:
		err = fmt.Errorf("form %q", parts[4])
	}
	if err != nil {
		return "", parcel{}, 0, fmt.Errorf("the payload of a notification: %w", err)
	}
	return store.NodeID(parts[1]), p, letter, nil
}
