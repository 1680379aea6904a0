package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/verify"
)

const verifyAbout = `Says whether a signature is that of exactly these bytes, and if not, what makes it so: it makes the usual
mistakes itself, until one of them leads to that signature. FILE is - for standard input. Give the
headers as they came:

  bellhop verify --secret-file secret -H 'X-Hub-Signature: sha1=...' body.json`

// verifySignature says whether a signature is right, and why not.
func verifySignature(_ context.Context, args []string, env environment) error {
	var secret secretFlag
	var out output
	q := verify.Question{Header: map[string]string{}, Now: time.Now()}
	var signature string
	fs := env.flagSet("verify", "FILE|-", verifyAbout)
	secret.flags(fs)
	out.flags(fs)
	fs.Func("also-secret", "another `secret` that it may have been made with, such as the one before a rotation; may be repeated", func(s string) error {
		q.Others = append(q.Others, s)
		return nil
	})
	fs.Func("also-secret-file", "`file` with such a secret; may be repeated", func(file string) error {
		s, err := secretIn(file)
		q.Others = append(q.Others, s)
		return err
	})
	header := func(line string) error {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errors.New("is no header: it has no colon")
		}
		name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		if slices.Contains(signatureHeaders, name) {
			q.Header[name] = strings.TrimPrefix(value, " ")
		}
		return nil
	}
	fs.Func("H", "a `header` of the request, as 'Name: value'; may be repeated, and those that sign nothing are ignored", header)
	fs.Func("header", "the same as -H, as 'Name: `value`'", header)
	fs.StringVar(&signature, "signature", "", "`value` of the header X-Hub-Signature or X-Hub-Signature-256, whichever it looks like")
	fs.DurationVar(&q.Tolerance, "tolerance", 5*time.Minute, "how far Webhook-Timestamp may be from `now`; 0 = any time")
	words, err := parseWords(fs, args, env.getenv, "FILE")
	if err != nil {
		return err
	}
	if signature != "" {
		name := event.HeaderSHA1
		if strings.HasPrefix(signature, "sha256=") || len(signature) == 64 {
			name = event.HeaderSHA256
		}
		q.Header[name] = signature
	}
	if q.Tolerance < 0 {
		return wrongUsage("--tolerance must not be negative")
	}
	if err := q.Check(); err != nil {
		return hinted(wrongUsage("%w", err), "add -H 'X-Hub-Signature: sha1=...', or --signature sha1=...")
	}
	if q.Secret, err = secret.need(env); err != nil {
		return err
	}
	if q.Body, err = readBody(words[0], env); err != nil {
		return err
	}
	verdicts, err := verify.Diagnose(q)
	if err != nil {
		return err
	}
	right := !slices.ContainsFunc(verdicts, func(v verify.Verdict) bool { return !v.Right })
	result := struct {
		Right      bool             `json:"right"`
		Bytes      int              `json:"bytes"` // of the body
		Signatures []verify.Verdict `json:"signatures"`
	}{right, len(q.Body), verdicts}
	if err := out.print(env, result, func(w io.Writer) error { return env.printVerdicts(w, verdicts) }); err != nil {
		return err
	}
	if !right {
		return fmt.Errorf("verify: the signature is not that of these %d bytes", len(q.Body))
	}
	return nil
}

func (env environment) printVerdicts(w io.Writer, verdicts []verify.Verdict) error {
	p := env.paint(env.stdout)
	say := func(paint func(string) string, text string) {
		for _, line := range wrap(text, prose(env.stdout)-4) {
			fmt.Fprintln(w, "    "+paint(line))
		}
	}
	for _, v := range verdicts {
		if v.Right {
			fmt.Fprintf(w, "%s %s\n", p.green("✓ right"), v.Header)
			continue
		}
		fmt.Fprintf(w, "%s %s\n", p.red("✗ wrong"), v.Header)
		for _, c := range v.Causes {
			say(plain, c.Text)
			say(p.dim, c.Hint)
		}
		if len(v.Causes) == 0 {
			say(plain, "None of the usual mistakes leads to this signature. Mostly the secret is another one then, or the bytes are.")
			say(p.dim, "Give secrets that it may have been with --also-secret, and take the body from the delivery itself: bellhop deliveries, or its page.")
		}
	}
	return nil
}
