package egress

import (
	"bufio"
	"io"
	"net/http/httputil"
	"strings"
	"time"
)

const (
	maxTrailer = 4 << 10
	drainBytes = 16 << 10
	drainTime  = 100 * time.Millisecond
)

// body is what follows the head of an answer, without its framing. It ends with io.EOF where the answer
// ends, and with another error where it should not.
type body struct {
	r      *bufio.Reader
	left   int64     // bytes to come; -1 if that is not known
	chunks io.Reader // nil without chunks
}

func newBody(r *bufio.Reader, h *head, method string) body {
	switch {
	case !h.hasBody(method):
		return body{}
	case h.chunked:
		return body{r: r, left: -1, chunks: httputil.NewChunkedReader(r)}
	}
	return body{r: r, left: h.length}
}

// endsWithConnection reports whether nothing but its end ends the body.
func (b *body) endsWithConnection() bool { return b.left < 0 && b.chunks == nil }

func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.left == 0:
		return 0, io.EOF
	case b.chunks != nil:
		n, err := b.chunks.Read(p)
		if err == io.EOF {
			if err = b.skipTrailer(); err == nil {
				b.left, err = 0, io.EOF
			}
		}
		return n, err
	case b.left < 0:
		return b.r.Read(p)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// skipTrailer reads to the empty line that ends all chunks. Nobody has a use for what is before it.
func (b *body) skipTrailer() error {
	for n := 0; n < maxTrailer; {
		line, err := b.r.ReadSlice('\n')
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		n += len(line)
		text, whole := strings.CutSuffix(string(line), "\r\n")
		if text == "" && whole {
			return nil
		}
		if _, _, ok := cutField(text); !ok || !whole {
			return errMalformed
		}
	}
	return errMalformed
}

// read returns up to most bytes; truncated says that there are more.
func (b *body) read(most int64) (kept []byte, truncated bool, err error) {
	if b.left == 0 {
		return nil, false, nil
	}
	if most > 0 {
		size := b.left
		if size < 0 {
			size = 512
		}
		// The length is only a claim, so memory follows what really comes.
		kept = make([]byte, 0, min(size, most, 4<<10))
	}
	for int64(len(kept)) < most {
		if b.left == 0 {
			return kept, false, nil
		}
		if len(kept) == cap(kept) {
			kept = append(kept, 0)[:len(kept)]
		}
		n, err := b.Read(kept[len(kept):min(int64(cap(kept)), most)])
		kept = kept[:len(kept)+n]
		if err == io.EOF {
			return kept, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	var more [1]byte
	switch n, err := io.ReadFull(b, more[:]); {
	case n > 0:
		return kept, true, nil
	case err == io.EOF:
		return kept, false, nil
	default:
		return nil, false, err
	}
}

// drain tries to reach the end of a truncated body, so that its connection can be used again, and
// reports whether it did. Little and soon, or not at all: the answer is known already.
func (b *body) drain(c *conn, deadline time.Time) bool {
	if b.left > drainBytes || b.endsWithConnection() {
		return false
	}
	soon := time.Now().Add(drainTime)
	if deadline.Before(soon) {
		soon = deadline
	}
	if c.socket.SetReadDeadline(soon) != nil {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(b, drainBytes+1))
	return err == nil && n <= drainBytes
}
