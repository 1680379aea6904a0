package ui

import (
	"errors"
	"fmt"
	"net/http"

	"bellhop"
)

// maxForm is how large a form may be: an events filter of a hundred long patterns, and
// room to spare.
const maxForm = 128 << 10

// maxAddress is how long an address may be: it stands in many links of its page. A hundred long
// patterns have room in it, as in a form.
const maxAddress = 64 << 10

// policy lets the browser load nothing but our own files, and run no script that stands in
// a page.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect gives every answer its headers, bounds what is read, and refuses what other
// sites make a browser send. origin is ours.
func (ui *UI) protect(next http.Handler, origin string) (http.Handler, error) {
	guard := http.NewCrossOriginProtection()
	// Behind a proxy that changes the Host header the browser's Origin is still this one.
	if err := guard.AddTrustedOrigin(origin); err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	guard.SetDenyHandler(ui.anyone(func(http.ResponseWriter, *http.Request) error {
		return bellhop.Errorf(bellhop.Forbidden, "This form was sent from another site")
	}))
	guarded := guard.Handler(next)
	tooLong := ui.anyone(func(http.ResponseWriter, *http.Request) error {
		return bellhop.Errorf(bellhop.TooLarge, "The address is too long")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: browsers without Sec-Fetch-Site would then send no Origin either.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if len(r.URL.Path)+len(r.URL.RawQuery) > maxAddress {
			tooLong(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		guarded.ServeHTTP(w, r)
	}), nil
}

// readForm parses the body of a POST.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bellhop.Errorf(bellhop.TooLarge, "The form is too large")
	}
	if err != nil {
		return bellhop.Errorf(bellhop.Invalid, "The form is not readable")
	}
	return nil
}
