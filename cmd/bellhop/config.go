package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"bellhop/internal/conversation"
	"bellhop/internal/server"
	"bellhop/internal/store"
	"bellhop/internal/trace"
	"bellhop/internal/web"
)

// config is what the flags of the server say.
type config struct {
	listen      string
	publicURL   string
	data        string
	database    string // of PostgreSQL; empty: SQLite in data
	keyFile     string
	egressAllow prefixes
	logFormat   string
	now         func() time.Time                                        // nil means the clock of the machine
	connect     func(context.Context, netip.AddrPort) (net.Conn, error) // to webhooks; nil means by TCP
	retain      age
	retainSize  size
	retainAudit age
	loopLimit   int

	rateLimit      rateLimit
	trustedProxies prefixes

	metricsListen string
	tracing       trace.Config // from the variables of OpenTelemetry
}

// server is what the flags say as the server needs it.
func (c *config) server() server.Config {
	return server.Config{
		PublicURL: c.publicURL, Data: c.data, Database: c.database, KeyFile: c.keyFile, EgressAllow: c.egressAllow, Now: c.now, Connect: c.connect,
		Retain: time.Duration(c.retain), RetainSize: int64(c.retainSize), RetainAudit: time.Duration(c.retainAudit), LoopLimit: c.loopLimit,
		RateLimit: web.Rate(c.rateLimit), TrustedProxies: c.trustedProxies, MetricsListen: c.metricsListen, Tracing: c.tracing,
	}
}

// flags returns the flags of the commands that open a store, with their defaults in c.
func (c *config) flags(name string, stderr io.Writer) *flag.FlagSet {
	fs := environment{stderr: stderr}.flagSet(name, "", "")
	if c.data == "" {
		c.data = "./data"
	}
	fs.StringVar(&c.data, "data", c.data, "`directory` of the SQLite store and its key")
	c.keyFileFlag(fs, "`file` with the key that encrypts secrets (default: the file key in the data directory)")
	return fs
}

func (c *config) keyFileFlag(fs *flag.FlagSet, usage string) {
	fs.StringVar(&c.keyFile, "key-file", "", usage)
}

// databaseFlag adds the one that puts a server in the place of the file.
func (c *config) databaseFlag(fs *flag.FlagSet) {
	fs.StringVar(&c.database, "database", "", "`URL` of a PostgreSQL database, which several servers may share, instead of the SQLite store; needs --key-file. With a password in it better BELLHOP_DATABASE, which other users of the machine cannot see")
}

// checkDatabase returns an error for what no store can be opened by.
func (c *config) checkDatabase() error {
	if c.database != "" && c.keyFile == "" {
		return hinted(wrongUsage("--database needs --key-file: the key that encrypts secrets is kept outside of the database"),
			"the first command on an empty database makes the file; every other server needs a copy of it")
	}
	return nil
}

// store is what the flags say as a store needs it.
func (c *config) store() store.Config {
	return store.Config{Dir: c.data, Database: c.database, KeyFile: c.keyFile}
}

// serverFlags adds those of the commands that serve.
func (c *config) serverFlags(fs *flag.FlagSet) {
	fs.StringVar(&c.listen, "listen", "127.0.0.1:8080", "`address` to listen on")
	fs.StringVar(&c.publicURL, "public-url", "", "`URL` by which clients reach this server (default: http:// and the listen address)")
	fs.Var(&c.egressAllow, "egress-allow", "`CIDR,...` of addresses that webhooks may have although they are not public")
	c.retain, c.retainSize, c.retainAudit = age(7*day), 20<<30, age(365*day)
	fs.Var(&c.retain, "retain", "`duration`, as 7d or 36h, for which events and deliveries that have finished are kept; 0 = for ever")
	fs.Var(&c.retainSize, "retain-size", "`size`, as 20GiB or 500MB, that the store may have before the oldest of them go earlier; 0 = any")
	fs.Var(&c.retainAudit, "retain-audit", "`duration`, as 365d, for which audit records are kept, a million of them at most; 0 = for ever")
	fs.IntVar(&c.loopLimit, "loop-limit", 60, "`number` of messages that bots may post into a conversation within a minute while nobody else does; 0 = any")
	fs.Var(&c.rateLimit, "rate-limit", "`N[:burst]` requests a second for /v2 from each address, and of each user; the burst is how many at once (default: N, for no limit 0)")
	fs.Var(&c.trustedProxies, "trusted-proxies", "`CIDR,...` of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed")
	fs.StringVar(&c.metricsListen, "metrics-listen", "", "`address` of a listener for /metrics alone (default: /metrics is served with all else, but only to this machine)")
	fs.StringVar(&c.logFormat, "log-format", "text", "`format` of the log: text or json")
}

// checkServer returns an error for what serve cannot work with.
func (c *config) checkServer() error {
	if c.logFormat != "text" && c.logFormat != "json" {
		return wrongUsage("--log-format must be text or json, not %q", c.logFormat)
	}
	if c.retain != 0 && time.Duration(c.retain) < time.Second {
		return wrongUsage("--retain must be 0 or at least a second, not %s", &c.retain)
	}
	if c.retainSize != 0 && c.retainSize < 1<<20 {
		return wrongUsage("--retain-size must be 0 or at least 1MiB, not %s", &c.retainSize)
	}
	if c.retainAudit != 0 && time.Duration(c.retainAudit) < time.Second {
		return wrongUsage("--retain-audit must be 0 or at least a second, not %s", &c.retainAudit)
	}
	if c.loopLimit < 0 || c.loopLimit > conversation.MaxLoopLimit {
		return wrongUsage("--loop-limit must be from 0 to %d, not %d", conversation.MaxLoopLimit, c.loopLimit)
	}
	if err := c.checkDatabase(); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.listen)
	if err != nil {
		return wrongUsage("--listen: %w", err)
	}
	if c.metricsListen != "" {
		if _, _, err := net.SplitHostPort(c.metricsListen); err != nil {
			return wrongUsage("--metrics-listen: %w", err)
		}
	}
	if c.publicURL == "" {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			return wrongUsage("--public-url is required when --listen is %s: clients cannot reach a wildcard", c.listen)
		}
		return nil
	}
	u, err := url.Parse(c.publicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return wrongUsage("--public-url must be an absolute http or https URL without user, path, query and fragment")
	}
	return nil
}

func (c *config) logger(w io.Writer) *slog.Logger {
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// prefixes is a flag that holds networks.
type prefixes []netip.Prefix

func (p *prefixes) String() string {
	words := make([]string, len(*p))
	for i, prefix := range *p {
		words[i] = prefix.String()
	}
	return strings.Join(words, ",")
}

// Set replaces the networks by those in text. An address alone is a network of one.
func (p *prefixes) Set(text string) error {
	*p = nil
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(word)
		if err != nil {
			addr, addrErr := netip.ParseAddr(word)
			if addrErr != nil {
				return fmt.Errorf("%q is neither a network nor an address", word)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		*p = append(*p, prefix)
	}
	return nil
}
