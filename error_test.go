package bellhop_test

import (
	"errors"
	"fmt"
	"testing"

	"bellhop"
)

func TestHasCode(t *testing.T) {
	gone := bellhop.Errorf(bellhop.NotFound, "Service not found")
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"it is", gone, true},
		{"it wraps one", fmt.Errorf("read service: %w", gone), true},
		{"another code", bellhop.ErrPermission(), false},
		{"no code", errors.New("not found"), false},
		{"none", nil, false},
	} {
		if got := bellhop.HasCode(test.err, bellhop.NotFound); got != test.want {
			t.Errorf("%s: HasCode = %v, want %v", test.name, got, test.want)
		}
	}
}
