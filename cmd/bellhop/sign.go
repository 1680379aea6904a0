package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/verify"
)

const signAbout = `Prints the signature headers that the server would send with exactly these bytes. FILE is - for standard
input. Nothing is added to the bytes or taken off: a line break at the end of a file is signed, too.`

// sign prints the signatures of a body.
func sign(_ context.Context, args []string, env environment) error {
	var secret secretFlag
	var out output
	var scheme, id, timestamp string
	fs := env.flagSet("sign", "FILE|-", signAbout)
	secret.flags(fs)
	out.flags(fs)
	fs.StringVar(&scheme, "scheme", "all", "`scheme`: hub (X-Hub-Signature), sha256 (X-Hub-Signature-256), standard (Standard Webhooks) or all")
	fs.StringVar(&id, "id", "", "`id` of the delivery, for Webhook-Id (default: id of the body, or else a new one)")
	fs.StringVar(&timestamp, "timestamp", "", "`seconds` since 1970 for Webhook-Timestamp (default: now)")
	words, err := parseWords(fs, args, env.getenv, "FILE")
	if err != nil {
		return err
	}
	which := map[string]event.Signatures{"hub": event.SHA1, "sha1": event.SHA1, "sha256": event.SHA256, "standard": event.Standard, "all": event.AllSignatures}[scheme]
	if which == 0 {
		return wrongUsage("--scheme must be hub, sha256, standard or all, not %q", scheme)
	}
	at := time.Now()
	if timestamp != "" {
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		if err != nil || seconds < 0 || seconds > 1e11 {
			return wrongUsage("--timestamp must be seconds since 1970, not %q", timestamp)
		}
		at = time.Unix(seconds, 0)
	}
	key, err := secret.need(env)
	if err != nil {
		return err
	}
	body, err := readBody(words[0], env)
	if err != nil {
		return err
	}
	if id == "" {
		id = deliveryID(body)
	}
	header := map[string][]string{}
	event.NewSigner(event.Signing{Secret: key, Signatures: which}).AddTo(header, id, bellhop.TimeOf(at), body)
	all := map[string]string{}
	for name, values := range header {
		all[name] = values[0]
	}
	return out.print(env, all, func(w io.Writer) error {
		for _, name := range signatureHeaders {
			if value, ok := all[name]; ok {
				fmt.Fprintf(w, "%s: %s\n", name, value)
			}
		}
		return nil
	})
}

// signatureHeaders are the headers that signatures are made of, in the order in which they are shown.
var signatureHeaders = []string{event.HeaderSHA1, event.HeaderSHA256, event.HeaderID, event.HeaderTimestamp, event.HeaderStandard}

// readBody reads all of a file, or of standard input.
func readBody(name string, env environment) ([]byte, error) {
	var body []byte
	var err error
	if name == "-" {
		body, err = io.ReadAll(io.LimitReader(env.stdin, verify.MaxBody+1))
	} else {
		body, err = os.ReadFile(name)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the body: %w", err)
	case len(body) > verify.MaxBody:
		return nil, fmt.Errorf("read the body: it has more than %d bytes, and no body of a delivery has", verify.MaxBody)
	}
	return body, nil
}

// deliveryID is the id that a body says it has, or a new one.
func deliveryID(body []byte) string {
	var envelope struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(bytes.TrimSpace(body), &envelope) == nil {
		if id, err := bellhop.ParseUUID(envelope.ID); err == nil {
			return id.String()
		}
	}
	n, err := rand.Int(rand.Reader, big.NewInt(bellhop.MaxSeq))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return bellhop.NewUUID(bellhop.TimeOf(time.Now()), n.Int64(), uint32(n.Int64())).String()
}
