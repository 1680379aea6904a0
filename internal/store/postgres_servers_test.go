package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestServersOfURL(t *testing.T) {
	for url, want := range map[string][]int{ // how many ways there are to each server
		"postgres://u:p@127.0.0.1:5501/db":                                                             {1},
		"postgres://u:p@127.0.0.1:5501/db?sslmode=disable":                                             {0},
		"postgres://u:p@127.0.0.1:5501,127.0.0.1:5502,b/db?target_session_attrs=read-write":            {1, 1, 1},
		"postgres://u:p@a,b/db?sslmode=disable":                                                        {0, 0},
		"postgres://u:p@/db?host=/run/postgresql,/tmp&sslmode=disable&target_session_attrs=read-write": {0, 0},
	} {
		settings, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, s := range servers(settings) {
			got = append(got, len(s.Fallbacks))
			if s.User != "u" || s.Password != "p" || s.Database != "db" {
				t.Errorf("%s: settings of a server are %s, %s", url, s.User, s.Database)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: fallbacks of servers %v, want %v", url, got, want)
		}
	}
}

// A server that says nothing holds nobody up for long, and what refuses may let in later.
func TestConnectFirst(t *testing.T) {
	const refuses, silent, lets = -1, -2, 0 // or after how long it lets in
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		servers []time.Duration
		latest  int32
		want    int // -1 is an error
		after   time.Duration
	}{
		"the first":                   {[]time.Duration{lets, lets}, 0, 0, 0},
		"the one of the last time":    {[]time.Duration{lets, lets}, 1, 1, 0},
		"the next":                    {[]time.Duration{refuses, lets}, 0, 1, 0},
		"one that is gone":            {[]time.Duration{silent, lets}, 0, 1, headStart},
		"one that is slow":            {[]time.Duration{time.Minute, time.Hour}, 0, 0, time.Minute},
		"none":                        {[]time.Duration{refuses, refuses}, 1, -1, 0},
		"one is gone, one refuses":    {[]time.Duration{silent, refuses}, 0, -1, time.Hour},
		"alone":                       {[]time.Duration{lets}, 0, 0, 0},
		"two are gone, one of before": {[]time.Duration{silent, lets, silent}, 2, 1, 2 * headStart},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				var l latest
				l.server.Store(c.latest)
				began, opened, closed := time.Now(), 0, 0
				got, err := connectFirst(ctx, &l, len(c.servers), func(ctx context.Context, server int) (int, error) {
					wait := c.servers[server]
					switch wait {
					case refuses:
						return -1, refused
					case silent:
						<-ctx.Done()
						return -1, ctx.Err()
					}
					select {
					case <-time.After(wait):
						opened++
						return server, nil
					case <-ctx.Done():
						return -1, ctx.Err()
					}
				}, func(int) { closed++ })
				if took := time.Since(began); took != c.after {
					t.Errorf("it took %v, want %v", took, c.after)
				}
				if (err != nil) != (c.want < 0) || err == nil && got != c.want {
					t.Fatalf("connected to %d, %v, want %d", got, err, c.want)
				}
				if err == nil && int(l.server.Load()) != got && len(c.servers) > 1 {
					t.Errorf("server %d is asked first the next time", l.server.Load())
				}
				if err == nil && opened != closed+1 {
					t.Errorf("%d connections were made, %d closed", opened, closed)
				}
			})
		})
	}

	// A replica that is promoted meanwhile.
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got, err := connectFirst(t.Context(), new(latest), 2, func(ctx context.Context, server int) (int, error) {
			if server == 0 {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			if time.Since(began) < 3*time.Second {
				return 0, refused
			}
			return server, nil
		}, func(int) {})
		if took := time.Since(began); err != nil || got != 1 || took > 3*time.Second+headStart {
			t.Errorf("connected to %d after %v, %v", got, took, err)
		}
	})
}
