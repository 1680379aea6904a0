package store

import (
	"database/sql"
	"errors"
)

// row reads the values of a row, one after the other, in the binary form of the protocol.
type row struct {
	values [][]byte
	err    error
}

func (r *row) next() []byte {
	if len(r.values) == 0 {
		r.err = errors.Join(r.err, errValue)
		return nil
	}
	v := r.values[0]
	r.values = r.values[1:]
	return v
}

func (r *row) int() int64 {
	n, err := intValue(r.next())
	r.err = errors.Join(r.err, err)
	return n
}

func (r *row) text() string { return string(r.next()) }

func (r *row) optional() sql.NullString {
	v := r.next()
	return sql.NullString{String: string(v), Valid: v != nil}
}

// bytes returns a copy, since the values are gone when the next row is read.
func (r *row) bytes() []byte {
	v := r.next()
	if v == nil {
		return nil
	}
	return append([]byte{}, v...)
}
