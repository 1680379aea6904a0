package audit

import (
	"context"

	"bellhop"
)

// Origin is how somebody came, and from which address.
type Origin struct {
	Via     bellhop.AuditVia
	Address string
}

type originKey struct{}

// From returns a context whose changes come from o.
func From(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// originOf returns what From was given; without it the server acts by itself.
func originOf(ctx context.Context) Origin {
	o, ok := ctx.Value(originKey{}).(Origin)
	if !ok {
		o.Via = bellhop.ViaServer
	}
	return o
}
