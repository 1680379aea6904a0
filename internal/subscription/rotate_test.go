package subscription

import (
	"testing"
	"time"

	"bellhop"
)

func TestNewRotation(t *testing.T) {
	for body, want := range map[string]time.Duration{
		"": 24 * time.Hour, `{}`: 24 * time.Hour, `{"overlap":null}`: 24 * time.Hour,
		`{"overlap":0}`: 0, `{"overlap":60}`: time.Minute, `{"overlap":604800,"x":1}`: 7 * 24 * time.Hour,
	} {
		r, err := NewRotation([]byte(body))
		if err != nil || r.Overlap != want || len(r.Secret) != 24 {
			t.Errorf("NewRotation(%s) = %+v, %v, want an overlap of %v", body, r, err, want)
		}
	}
	for body, want := range map[string]string{
		`{`: "Invalid JSON", `[]`: "the body must be an object", `null`: "the body must be an object",
		`{"overlap":1e999}`:  "Validation failed",
		`{"overlap":-1}`:     "overlap must be a whole number of seconds from 0 to 604800",
		`{"overlap":604801}`: "overlap must be", `{"overlap":0.5}`: "overlap must be", `{"overlap":"60"}`: "overlap must be",
	} {
		_, err := NewRotation([]byte(body))
		wantError(t, err, bellhop.Invalid, want)
	}
}

// docs/contract/extensions.md section 3: what was read may be sent back.
//
// Contract: extensions.md Rotation: Sent after their end
func TestKeepPrevious(t *testing.T) {
	const (
		now   = bellhop.Time(1716718530123)
		until = "2024-05-26T10:15:31.123Z" // a second later
		over  = "2024-05-26T10:15:30.123Z"
	)
	was := &bellhop.WebhookParams{PreviousSecret: "old", PreviousSecretUntil: now.Add(time.Second)}
	for _, test := range []struct {
		name          string
		was           *bellhop.WebhookParams
		secret, until any
		kept          bool
		want          string // the error
	}{
		{"nothing sent", was, nil, nil, false, ""},
		{"as it is", was, "old", until, true, ""},
		{"in another zone", was, "old", "2024-05-26T12:15:31.123+02:00", true, ""},
		{"over", was, "old", over, false, ""},
		{"over, of a rotation before", &bellhop.WebhookParams{}, "older", over, false, ""},
		{"over, of a new service", nil, "old", over, false, ""},
		{"another secret", was, "other", until, false, "params.previousSecret can only be sent back as it is"},
		{"another end", was, "old", "2024-05-27T10:15:31.123Z", false, "params.previousSecret can only be sent back as it is"},
		{"never rotated", &bellhop.WebhookParams{}, "old", until, false, "params.previousSecret can only be sent back as it is"},
		{"a new service", nil, "old", until, false, "params.previousSecret can only be sent back as it is"},
		{"without an end", was, "old", nil, false, "params.previousSecretUntil must be a date"},
		{"without a secret", was, nil, until, false, "params.previousSecret must be a string"},
		{"a number", was, 1.0, until, false, "params.previousSecret must be a string"},
		{"no date", was, "old", "tomorrow", false, "params.previousSecretUntil must be a date"},
	} {
		t.Run(test.name, func(t *testing.T) {
			params := new(bellhop.WebhookParams)
			err := keepPrevious(params, map[string]any{"previousSecret": test.secret, "previousSecretUntil": test.until}, test.was, now)
			if test.want != "" {
				wantError(t, err, bellhop.Invalid, test.want)
			} else if err != nil {
				t.Error(err)
			}
			kept := params.PreviousSecret == "old" && params.PreviousSecretUntil == now.Add(time.Second)
			if kept != test.kept || !kept && (params.PreviousSecret != "" || params.PreviousSecretUntil != 0) {
				t.Errorf("kept %q until %v", params.PreviousSecret, params.PreviousSecretUntil)
			}
		})
	}
}
