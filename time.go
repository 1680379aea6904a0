package bellhop

import (
	"errors"
	"fmt"
	"time"
)

// Time is a moment in milliseconds since 1970 UTC, the precision of the contract.
// Zero means never.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000Z"

// TimeOf returns t cut to the millisecond.
func TimeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// Add returns the moment d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Sub returns how much later t is than u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Millisecond }

// Time returns t in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String returns t as the contract writes it: 2024-05-26T10:15:30.123Z.
func (t Time) String() string { return t.Time().Format(timeLayout) }

// MarshalJSON returns the form of String, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return t.Time().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// UnmarshalJSON reads what ParseTime reads, or null.
func (t *Time) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*t = 0
		return nil
	}
	if len(text) < 2 || text[0] != '"' {
		return errors.New("time is not a string")
	}
	var err error
	*t, err = ParseTime(string(text[1 : len(text)-1]))
	return err
}

// ParseTime reads an ISO 8601 date or date and time. Without an offset it is UTC,
// a date alone is midnight (docs/contract/README.md, resources.md section 4).
func ParseTime(s string) (Time, error) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return TimeOf(t), nil
		}
	}
	return 0, fmt.Errorf("%q is not a date", s)
}
