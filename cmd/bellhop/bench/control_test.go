package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestObey(t *testing.T) {
	var out bytes.Buffer
	in := `{"do":"double","with":21}` + "\n" + `{"do":"fail"}` + "\n" + `{"do":"double","with":"x"}` + "\n"
	err := obey(t.Context(), strings.NewReader(in), &out, hello{URL: "http://127.0.0.1:1"}, actions{
		"double": action(func(_ context.Context, n int) (any, error) { return 2 * n, nil }),
		"fail":   action(func(context.Context, nothing) (any, error) { return nil, errors.New("no luck") }),
	})
	if err != nil {
		t.Errorf("obey = %v at the end of the input, want nil", err)
	}
	want := `{"result":{"url":"http://127.0.0.1:1"}}` + "\n" + `{"result":42}` + "\n" + `{"error":"no luck"}` + "\n" + `{"error":"json: `
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("answers\n%swant\n%s", out.String(), want)
	}
}

func TestObeyKnowsWhatItCan(t *testing.T) {
	err := obey(t.Context(), strings.NewReader(`{"do":"dance"}`), io.Discard, hello{}, actions{})
	if err == nil || !strings.Contains(err.Error(), `"dance"`) {
		t.Errorf("obey = %v, want an error about dance", err)
	}
}

func TestObeyEndsWithItsContext(t *testing.T) {
	in, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := obey(ctx, in, io.Discard, hello{}, actions{}); err != nil {
		t.Errorf("obey = %v, want nil", err)
	}
}

func TestOwnUsage(t *testing.T) {
	u, err := ownUsage()
	if err != nil || u.CPU <= 0 {
		t.Errorf("ownUsage = %+v, %v", u, err)
	}
}
