package store

import (
	"net/url"
	"strings"
)

// DatabaseURL reads the URL of a PostgreSQL database. It may name several servers, with commas between them; where only
// some have a port, the others get 5432, as PostgreSQL takes it. The error does not say what was given, which may have a
// password.
func DatabaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(withPorts(text))
	if err != nil {
		return nil, errDatabaseURL
	}
	return u, nil
}

// withPorts gives each of several servers a port if any has one: what is behind the last colon would be no port.
func withPorts(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndex(rest[:end], "@") + 1
	hosts := strings.Split(rest[begin:end], ",")
	some := false
	for _, host := range hosts {
		some = some || hasPort(host)
	}
	for i, host := range hosts {
		if some && !hasPort(host) {
			hosts[i] = host + ":5432"
		}
	}
	return scheme + "://" + rest[:begin] + strings.Join(hosts, ",") + rest[end:]
}

func hasPort(host string) bool { return strings.LastIndex(host, ":") > strings.LastIndex(host, "]") }
