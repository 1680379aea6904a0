package server

import (
	"context"
	"net"
	"net/netip"
	"time"

	"bellhop/internal/egress"
	"bellhop/internal/trace"
	"bellhop/internal/web"
)

// Config says what a Server needs to know. Of the zero values only that of Data is not valid, unless there is a Database.
type Config struct {
	PublicURL   string           // by which clients reach it; empty means http:// and the address of the listener
	Data        string           // the directory of the store
	Database    string           // the URL of a PostgreSQL database instead; empty means Data. It needs KeyFile
	KeyFile     string           // with the key that encrypts secrets; empty means the file key in Data
	EgressAllow []netip.Prefix   // networks of which webhooks may be, although they are not public
	Now         func() time.Time // nil means the clock of the machine
	Retain      time.Duration    // how long what has finished is kept; 0 means for ever
	RetainSize  int64            // bytes that the store may have before it goes earlier; 0 means any
	RetainAudit time.Duration    // how long audit records are kept; 0 means for ever
	LoopLimit   int              // messages that bots may post into a conversation within a minute; 0 means any
	AccessLife  time.Duration    // how long the token of a login counts; 0 means 24 hours

	WithoutPages bool // there is the API alone, which is there sooner

	// Unsafe leaves out the fsync of each commit, for tests that do not ask what a power cut leaves.
	Unsafe bool

	// Resolver and Connect are how webhooks are reached; nil means by DNS and by TCP. The rules on
	// addresses hold for what Resolver finds.
	Resolver egress.Resolver
	Connect  func(ctx context.Context, to netip.AddrPort) (net.Conn, error)

	RateLimit      web.Rate       // for /v2, from each address and of each user; the zero value is no limit
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed

	MetricsListen string       // the address of a listener for /metrics alone; empty means with all else, to this machine
	Tracing       trace.Config // the zero value traces nothing
}
