package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// meaning says what a reason of the server means, and what to do; "" if the reason says
// it all. Reasons are those of docs/contract/services.md section 4 and of attempts.
func meaning(reason string) string {
	reason = strings.TrimPrefix(reason, "gave up after 24 h: ")
	if status, ok := strings.CutPrefix(reason, "status "); ok {
		code, err := strconv.Atoi(status)
		if err != nil {
			return ""
		}
		return statusMeaning(code)
	}
	if strings.HasPrefix(reason, "tls: ") && meanings[reason] == "" {
		return "The encrypted connection could not be agreed on. Check the certificate of the endpoint, its chain included."
	}
	return meanings[reason]
}

var meanings = map[string]string{
	"nobody listens at the other end of this tunnel; run bellhop listen": "The URL is a tunnel to somebody's machine. While bellhop listen does not run there no attempt is made, and none has failed.",

	"connection refused":    "The machine is there, but nothing listens on that port. Start the bot, or correct the port.",
	"connection reset":      "The connection was cut before an answer came. Something between here and the bot, or the bot itself, dropped it.",
	"connection closed":     "The connection was closed before an answer came. The bot may have crashed while it handled the request.",
	"connection failed":     "No connection came about. Check host and port.",
	"host unreachable":      "No network leads to that address from this server.",
	"timeout":               "No complete answer came in time: 20 seconds at most. Answer first, work afterwards.",
	"name not found":        "There is no such host name. Check its spelling; a name that is new may need a few minutes.",
	"name lookup failed":    "The host name could not be looked up. The name server may be out of order; it is tried again.",
	"incomplete answer":     "The answer broke off in the middle.",
	"malformed response":    "What came back is not HTTP. Check whether the port speaks it, and whether it wants https.",
	"address not allowed":   "The host leads to an address that this server must not reach: private, loopback or reserved. For development start the server with --egress-allow, or use a tunnel.",
	"challenge mismatch":    "It answered 200, but not with the challenge alone. The body must be the value of the parameter challenge, byte for byte: no quotes, no line break.",
	"no free connection":    "This server had no connection to give. It says nothing about the endpoint; it is tried again.",
	"too many header bytes": "The head of the answer is too large.",

	"tls: certificate expired":             "The certificate of the endpoint has expired. Renew it.",
	"tls: certificate is for another name": "The certificate of the endpoint is for another host name.",
	"tls: certificate not trusted":         "The certificate of the endpoint is not signed by an authority that is known here, or its chain is incomplete.",
	"tls: not spoken there":                "The port does not speak TLS. The URL should begin with http, or have another port.",
}

func statusMeaning(code int) string {
	switch code {
	case 400:
		return "A bot built with the SDK answers so when one of its handlers threw. Its log says where."
	case 401:
		return "The endpoint wants a user and password, which can stand in the URL, or did not accept the signature: compare the secrets."
	case 403:
		return "The endpoint refuses the request, or something in front of it does."
	case 404:
		return "Nothing is at that path. Compare it with the one that the bot listens on."
	case 405:
		return "The endpoint does not take this method there: it must take GET for the challenge and POST for events."
	case 410:
		return "The endpoint says that it is gone for good, and so the service was switched off."
	case 429:
		return "The endpoint asks for fewer requests. It gets a pause."
	}
	switch code / 100 {
	case 2:
		return "That is an answer, but not the 200 that the challenge needs."
	case 3:
		return "The endpoint redirects, which is not followed. Enter the URL that it leads to."
	case 4:
		return fmt.Sprintf("The endpoint refuses the request with status %d, which is not repeated but for a few statuses.", code)
	case 5:
		return "Something in the endpoint, or a proxy in front of it, is broken. Its log says more."
	}
	return ""
}
