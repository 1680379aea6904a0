package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// ErrNoSocket is wrapped by errors of attempts that never began, because this machine had no
// connection to give. It says nothing about the endpoint.
var ErrNoSocket = errors.New("no free connection")

// ErrAway is wrapped by errors of requests to a tunnel of this server that nobody listens at, or
// that its listener has left without an answer. Its text is the reason of such an error.
var ErrAway = errors.New("nobody listens at the other end of this tunnel; run bellhop listen")

var (
	errHeadTooLarge = errors.New("too many header bytes")
	errTooMuch      = errors.New("too many bytes around the body")
	errMalformed    = errors.New("malformed response")
)

const reasonInvalid = "invalid request"

// Error is why an attempt has no answer.
type Error struct {
	// Reason is short, made of few different texts, and safe to show to whoever owns the URL:
	// "connection refused", "timeout", "canceled", ...
	Reason string

	// Err is the cause, for logs. It wraps context.Canceled, ErrNotAllowed, ErrNoSocket or ErrAway where that
	// was the cause, and never holds a password or bytes that the endpoint sent.
	Err error

	// Timing tells how far the attempt came; phases it did not reach are 0.
	Timing Timing
}

// Error says the reason and its cause.
func (e *Error) Error() string {
	if e.Err == nil || e.Err.Error() == e.Reason {
		return "egress: " + e.Reason
	}
	return fmt.Sprintf("egress: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether time ran out, be it that of the attempt or of its context.
func (e *Error) Timeout() bool { return isTimeout(e.Err) }

// newError names the reason of err. Once ctx has ended that is the reason, whatever broke by it.
func newError(ctx context.Context, err error, t Timing) *Error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, ErrNotAllowed) {
		err = cause
	}
	return &Error{Reason: reason(err), Err: err, Timing: t}
}

// tlsError marks what went wrong while TLS was being agreed on.
type tlsError struct{ error }

func (e tlsError) Unwrap() error { return e.error }

func reason(err error) string {
	for _, known := range []error{ErrNotAllowed, ErrNoSocket, ErrAway, errHeadTooLarge, errTooMuch, errMalformed} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if _, ok := errors.AsType[tlsError](err); ok && !isTimeout(err) && !isNetwork(err) {
		return tlsReason(err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && !isTimeout(err) {
		if dns.IsNotFound {
			return "name not found"
		}
		return "name lookup failed"
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case isTimeout(err):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "host unreachable"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "incomplete answer"
	case errors.Is(err, io.EOF):
		return "connection closed"
	}
	return "connection failed"
}

func tlsReason(err error) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "tls: certificate expired"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "tls: certificate is for another name"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "tls: certificate not trusted"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "tls: not spoken there"
	}
	return "tls: handshake failed"
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func isNetwork(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}

// isExhausted tells a lack of this machine (descriptors, ports, memory) from one of the endpoint.
func isExhausted(err error) bool {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}
