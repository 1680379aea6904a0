package chipchat

import (
	"fmt"
	"log/slog"
	"slices"
)

const (
	maxBody           = 1 << 20 // a delivery stays below 100 KiB
	defaultMaxRunning = 10_000
)

// completeSafety checks the options that protect the bot from what it is sent, and puts defaults in place of zero
// values.
func (o *Options) completeSafety() error {
	if err := o.verifier().check(); err != nil {
		return err
	}
	if o.MaxBody < 0 || o.MaxRunning < 0 {
		return fmt.Errorf("limits should not be negative")
	}
	if o.MaxBody == 0 {
		o.MaxBody = maxBody
	}
	if o.MaxRunning == 0 {
		o.MaxRunning = defaultMaxRunning
	}
	return nil
}

// verifier is what proves deliveries; without a secret there is nothing to prove them with.
func (o *Options) verifier() Verifier {
	return Verifier{
		Secrets:    append([]string{o.Secret}, o.OldSecrets...),
		Signatures: slices.Clone(o.Signatures),
		Tolerance:  o.Tolerance,
	}
}

// protect sets up what a bot needs for its safety.
func (b *Bot) protect() {
	b.verifier = b.options.verifier()
	b.proving = slices.ContainsFunc(b.verifier.Secrets, func(s string) bool { return s != "" })
	b.slots = make(chan struct{}, b.options.MaxRunning)
	b.orders = newOrders(b.options.Order, b.log)
}

// What has secrets in it prints without them, so that no log gets to know them.

// String hides the secrets and tokens.
func (Options) String() string { return "[options]" }

// GoString hides the secrets and tokens.
func (Options) GoString() string { return "[options]" }

// LogValue hides the secrets and tokens.
func (Options) LogValue() slog.Value { return slog.StringValue("[options]") }

// String hides the secrets.
func (Verifier) String() string { return "[verifier]" }

// GoString hides the secrets.
func (Verifier) GoString() string { return "[verifier]" }

// LogValue hides the secrets.
func (Verifier) LogValue() slog.Value { return slog.StringValue("[verifier]") }

// String is the user that the bot is, and nothing of its secrets and tokens.
func (b *Bot) String() string { return "[bot " + string(b.Auth().User) + "]" }

// GoString is String.
func (b *Bot) GoString() string { return b.String() }

// LogValue is String.
func (b *Bot) LogValue() slog.Value { return slog.StringValue(b.String()) }
