package store_test

import (
	"strings"
	"testing"

	"bellhop/internal/store"
)

func TestDatabaseURL(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:p@a:5433,b/x?sslmode=disable": "postgres://u:p@a:5433,b:5432/x?sslmode=disable",
		"postgres://u:p@a,b:5433/x":                 "postgres://u:p@a:5432,b:5433/x",
		"postgres://a,b?x=c:1,d":                    "postgres://a,b?x=c:1,d",
		"postgresql:///x?host=/run,/tmp":            "postgresql:///x?host=/run,/tmp",
		"postgres://u:p@a:5433/x":                   "postgres://u:p@a:5433/x",
		"host=a dbname=x":                           "host=a%20dbname=x",
	} {
		if u, err := store.DatabaseURL(text); err != nil || u.String() != want {
			t.Errorf("DatabaseURL(%q) = %v, %v; want %q", text, u, err, want)
		}
	}
	if _, err := store.DatabaseURL("postgres://u:hunter2@a:b,c:%zz/x"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("what is no URL: %v", err)
	}
}
