package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"bellhop/chipchat"
)

const rotateAbout = `Gives a webhook a new secret, and prints it. While the old one still counts,
the header webhook-signature carries the signatures of both, so that a
receiver can be changed without losing a delivery.`

// rotateService gives a service a new secret.
func rotateService(ctx context.Context, args []string, env environment) error {
	r := env.request("services rotate", "SERVICE", rotateAbout)
	overlap := r.Duration("overlap", 24*time.Hour, "how `long` the old secret counts as well")
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	id, err := r.service(ctx, words[0])
	if err != nil {
		return err
	}
	raw, err := below[json.RawMessage](r.bot, "services", id, "rotate").Create(ctx, map[string]any{"overlap": int(overlap.Seconds())})
	if err != nil {
		return fmt.Errorf("rotate the secret of %s: %w", words[0], err)
	}
	var answer struct {
		Secret string `json:"secret"`
		Params struct {
			Secret string `json:"secret"`
		} `json:"params"`
	}
	if err := json.Unmarshal(*raw, &answer); err != nil {
		return fmt.Errorf("rotate the secret of %s: %w", words[0], err)
	}
	return r.print(env, raw, func(w io.Writer) error {
		secret := answer.Secret
		if secret == "" {
			secret = answer.Params.Secret
		}
		_, err := fmt.Fprintln(w, clean(secret, ""))
		fmt.Fprintf(env.stderr, "This is the new secret; the old one counts for %s more. Give the bot the new one.\n", span(*overlap))
		return err
	})
}

const testAbout = `Sends a sample of an event to one service, whether it listens to that event or
not. Nothing in it exists, but for the service, its organization and you;
data.sample is true in it.`

// testService sends a sample.
func testService(ctx context.Context, args []string, env environment) error {
	r := env.request("services test", "SERVICE [EVENT]", testAbout)
	wait := r.Duration("wait", 5*time.Second, "how `long` to wait for the first attempt")
	words, err := r.parse(args, "SERVICE", "[EVENT]")
	if err != nil {
		return err
	}
	name := "message.create.contact.chat"
	if len(words) > 1 {
		name = words[1]
	}
	id, err := r.service(ctx, words[0])
	if err != nil {
		return err
	}
	d, err := r.sample(ctx, id, name)
	if err != nil {
		return err
	}
	return r.showOutcome(ctx, []chipchat.ID{d.ID}, *wait)
}

// sample sends a sample of an event to a service.
func (r *request) sample(ctx context.Context, service chipchat.ID, name string) (*chipchat.Delivery, error) {
	d, err := below[chipchat.Delivery](r.bot, "services", service, "test").Create(ctx, map[string]any{"event": name})
	if err != nil {
		return nil, fmt.Errorf("send a sample of %s: %w", name, hintEvent(err, name))
	}
	return d, nil
}

// statsAnswer is how attempts went (docs/contract/extensions.md section 2).
type statsBucket struct {
	At        time.Time `json:"at"`
	Delivered int       `json:"delivered"`
	Failed    int       `json:"failed"`
	P50       *float64  `json:"p50"`
	P95       *float64  `json:"p95"`
	P99       *float64  `json:"p99"`
}

// serviceStats shows how attempts went.
func serviceStats(ctx context.Context, args []string, env environment) error {
	r := env.request("services stats", "SERVICE", "Shows how many attempts of a service were delivered and failed, and how long\nthey took, in milliseconds.")
	since := pastTime{time.Now().Add(-time.Hour), "1h"}
	r.Var(&since, "since", "from this `time` on, or for so long")
	step := r.Duration("step", 0, "`length` of a line: a multiple of a minute, of an hour where older than a day (default: a twelfth)")
	words, err := r.parse(args, "SERVICE")
	if err != nil {
		return err
	}
	id, err := r.service(ctx, words[0])
	if err != nil {
		return err
	}
	seconds := int(step.Seconds())
	if *step == 0 {
		span := time.Since(since.Time)
		unit := time.Minute
		if span > 24*time.Hour {
			unit = time.Hour
		}
		seconds = int((max(span/12, unit) / unit * unit).Seconds())
	}
	raw, err := below[json.RawMessage](r.bot, "services", id).Get(ctx, "stats", chipchat.Query{"from": since.at(), "step": seconds})
	if err != nil {
		return fmt.Errorf("get the stats of %s: %w", words[0], err)
	}
	var answer struct{ Buckets []statsBucket }
	if err := json.Unmarshal(*raw, &answer.Buckets); err != nil {
		if err := json.Unmarshal(*raw, &answer); err != nil {
			return fmt.Errorf("get the stats of %s: %w", words[0], err)
		}
	}
	return r.print(env, raw, func(w io.Writer) error {
		t := env.table("at", "delivered", "failed", "p50", "p95", "p99")
		for _, b := range answer.Buckets {
			failed := cell{fmt.Sprint(b.Failed), nil}
			if b.Failed > 0 {
				failed.paint = t.paint.red
			}
			t.row(moment(b.At, time.Now()), b.Delivered, failed, milliseconds(b.P50), milliseconds(b.P95), milliseconds(b.P99))
		}
		return t.write(w)
	})
}

func milliseconds(ms *float64) string {
	if ms == nil {
		return "-"
	}
	if *ms < 10 {
		return fmt.Sprintf("%.1f ms", *ms)
	}
	return fmt.Sprintf("%.0f ms", *ms)
}
