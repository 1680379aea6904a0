package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
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
