package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

func connectionChecks() []Check {
	const group = "Connection"
	return []Check{
		{
			Name: "certificate", Group: group, Severity: Must,
			Title:  "its certificate is valid",
			Reason: "The server delivers nothing over TLS that it cannot trust, and over plain HTTP everybody between reads along.",
			Advice: Advice{
				ChipChat: "Put the bot behind a proxy that gets certificates by itself, such as Caddy, and register its https URL.",
				Go:       "The same; or serve Bot.Handler with http.Server.ServeTLS and golang.org/x/crypto/acme/autocert.",
				Own:      "Send the whole chain, not the leaf alone, for the name in the URL; renew it by itself, weeks before its end. A CA of your own: name the file with its certificate in SSL_CERT_FILE, for the server and for bellhop check.",
			},
			run: checkCertificate,
		},
		{
			Name: "redirect", Group: group, Severity: Must, learned: true,
			Title:  "it answers at this URL, and not with a redirect",
			Reason: "Redirects are not followed: what answers 3xx gets no event.",
			Advice: Advice{
				ChipChat: "Register the URL that it redirects to: mostly https instead of http, or a slash at the end more or less (option webhook).",
				Go:       "Register the URL that it redirects to. http.ServeMux redirects /hook to /hook/ if only the latter is registered.",
				Own:      "Register the URL that it redirects to, or answer at this one.",
			},
			run: checkRedirect,
		},
		{
			Name: "basic-auth", Group: group, Severity: Should, needs: accepting,
			Title:  "without the user and password of the URL it lets nobody in",
			Reason: "They are the second lock, and for ChipChat bots the only one that holds: a wrong signature does not stop those.",
			Advice: Advice{
				ChipChat: "Mount bot.router() in Express behind a middleware that compares the header Authorization, and answers 401.",
				Go:       "Wrap Bot.Handler: http.Request.BasicAuth, crypto/subtle.ConstantTimeCompare, and 401.",
				Own:      "Compare user and password for GET and POST, in constant time, and answer 401 if they differ.",
			},
			run: checkBasicAuth,
		},
	}
}

// soon is how long before its end a certificate should have been renewed.
const soon = 7 * 24 * time.Hour

func checkCertificate(ctx context.Context, r *receiver) finding {
	if r.url.Scheme != "https" {
		if local(r.url) {
			return skipped("plain HTTP on this machine has none")
		}
		return warning("plain HTTP: whoever is between reads and changes what is sent")
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	conn, err := r.connect(ctx)
	if err != nil {
		if invalid, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return failed(quoted(invalid.Err.Error()))
		}
		return failed("no connection: " + quoted(err.Error()))
	}
	defer conn.Close()
	return judgeCertificate(conn.(*tls.Conn).ConnectionState().PeerCertificates[0], time.Now())
}

func judgeCertificate(leaf *x509.Certificate, now time.Time) finding {
	if left := leaf.NotAfter.Sub(now); left < soon {
		return warning("valid, but ends in " + left.Round(time.Hour).String())
	}
	return passed("valid until " + leaf.NotAfter.Format(time.DateOnly))
}

func local(u *url.URL) bool {
	a, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && a.IsLoopback()
}

// dial opens a connection of one's own to the receiver.
func (r *receiver) dial(ctx context.Context) (net.Conn, error) {
	port := r.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[r.url.Scheme]
	}
	address := net.JoinHostPort(r.url.Hostname(), port)
	if r.url.Scheme != "https" {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
	d := tls.Dialer{Config: &tls.Config{RootCAs: r.config.RootCAs, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}}
	return d.DialContext(ctx, "tcp", address)
}

func checkRedirect(_ context.Context, r *receiver) finding {
	for _, a := range []answer{r.challenge, r.first} {
		if a.redirects() {
			return failed(a.String())
		}
	}
	if r.challenge.status == 0 && r.first.status == 0 {
		return failed(r.first.String())
	}
	return passed("no redirect")
}

func checkBasicAuth(ctx context.Context, r *receiver) finding {
	if r.url.User == nil {
		return skipped("the URL has no user and password")
	}
	bare, other := *r.url, *r.url
	bare.User = nil
	other.User = url.UserPassword(r.url.User.Username(), r.wrong)
	found := passed("")
	for _, u := range []*url.URL{&bare, &other} {
		what := "a wrong password"
		if u.User == nil {
			what = "no password"
		}
		d := r.delivery(sample{})
		f := r.do(ctx, u, http.MethodPost, d.header, d.body, d.limit()).mustNot()
		found = worst(found, about(what, f))
	}
	if found.seen == "" {
		found.seen = "refuses no password and a wrong one"
	}
	return found
}
