package bellhop

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// UUID identifies an event or a delivery. Those that Bellhop makes are of
// version 7 and carry the sequence number of their row, so that the store needs
// no second index to find it.
type UUID [16]byte

// MaxSeq is the largest sequence number that a UUID carries.
const MaxSeq = 1<<48 - 1

// ErrUUID is returned for text that is not a UUID.
var ErrUUID = errors.New("not a UUID")

// NewUUID returns the UUID of the row seq that was made at the time at. Of salt,
// which should be random and is kept with the row, the lowest 26 bits are used.
func NewUUID(at Time, seq int64, salt uint32) UUID {
	var u UUID
	binary.BigEndian.PutUint64(u[:8], uint64(at)<<16|7<<12|uint64(salt>>14&0xfff))
	binary.BigEndian.PutUint64(u[8:], 2<<62|uint64(seq)&MaxSeq<<14|uint64(salt&0x3fff))
	return u
}

// Seq returns the sequence number in u. It means something only if u was made by
// NewUUID: compare the id of the row that is found.
func (u UUID) Seq() int64 {
	return int64(binary.BigEndian.Uint64(u[8:]) >> 14 & MaxSeq)
}

// Salt returns the salt in u, as Seq does the sequence number.
func (u UUID) Salt() uint32 {
	return uint32(binary.BigEndian.Uint64(u[:8])&0xfff)<<14 | uint32(binary.BigEndian.Uint64(u[8:])&0x3fff)
}

// IsZero reports whether u is no UUID.
func (u UUID) IsZero() bool { return u == UUID{} }

// String returns the usual form with 36 lower-case characters.
func (u UUID) String() string {
	return string(u.Append(nil))
}

// Append appends the form of String to dst.
func (u UUID) Append(dst []byte) []byte {
	var text [36]byte
	hex.Encode(text[0:8], u[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], u[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], u[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], u[8:10])
	text[23] = '-'
	hex.Encode(text[24:], u[10:])
	return append(dst, text[:]...)
}

// MarshalText returns the form of String.
func (u UUID) MarshalText() ([]byte, error) { return u.Append(nil), nil }

// UnmarshalText is ParseUUID.
func (u *UUID) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUUID(string(text))
	return err
}

// ParseUUID reads the form of String in either case. It returns ErrUUID for
// everything else.
func ParseUUID(s string) (UUID, error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return UUID{}, ErrUUID
	}
	var u UUID
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(u[:], []byte(digits)); err != nil {
		return UUID{}, ErrUUID
	}
	return u, nil
}
