package bellhop

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure a caller meets, and so what he can do about it.
type Code int

// The codes, each with one HTTP status (docs/contract/resources.md section 5).
const (
	Internal         Code = iota // a fault of ours or of the machine
	Invalid                      // the request is wrong in itself
	Unauthenticated              // who is asking is not known
	Forbidden                    // known, but lacks the right
	NotFound                     // no such thing, or none that the caller may see
	MethodNotAllowed             // the path exists, but not with this method
	Conflict                     // contradicts what is stored
	TooLarge                     // more than is taken at once
	TooMany                      // too often: try later
	Unavailable                  // not now: a retry may help
)

// Error is a failure that a caller can act on. Every other error is internal.
type Error struct {
	Code       Code
	Message    string            // written for the caller, safe to show
	Fields     map[string]string // by field what is wrong with it; may be nil
	RetryAfter time.Duration     // when to try again; 0 if that is not known
	Err        error             // the cause, for our log only
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// HasCode reports whether err is an Error with that code, or wraps one.
func HasCode(err error, code Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// Errorf returns an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidField returns the Error of a field that cannot be accepted: its message is
// `Validation failed: <field> <reason>`.
func InvalidField(field, format string, args ...any) *Error {
	reason := fmt.Sprintf(format, args...)
	return &Error{
		Code:    Invalid,
		Message: "Validation failed: " + field + " " + reason,
		Fields:  map[string]string{field: reason},
	}
}

// ErrPermission is the answer to a caller who lacks a right
// (docs/contract/auth.md, "Permissions").
func ErrPermission() *Error { return Errorf(Forbidden, "Permission denied") }
