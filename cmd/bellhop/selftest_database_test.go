package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseDatabase(t *testing.T) {
	for _, test := range []struct{ url, through, problem string }{
		{"postgres://u:hunter2@db.example:5433/bellhop?sslmode=disable", "postgres://u:hunter2@127.0.0.1:1/bellhop?sslmode=disable", ""},
		{"postgresql:///bellhop?host=/var/run/postgresql", "postgresql://127.0.0.1:1/bellhop", ""},
		{"postgres://u:hunter2@a:5433,b:5432/bellhop?target_session_attrs=read-write", "postgres://u:hunter2@127.0.0.1:1/bellhop?target_session_attrs=read-write", ""},
		{"postgres://u:hunter2@a,b/bellhop", "postgres://u:hunter2@127.0.0.1:1/bellhop", ""},
		{"postgres://u:hunter2@a:5433,b/bellhop", "postgres://u:hunter2@127.0.0.1:1/bellhop", ""},
		{"postgres://u:hunter2@a/", "", "name a database"},
		{"postgres:///bellhop", "", "name a host"},
		{"mysql://u:hunter2@a/b", "", "postgres://"},
		{"postgres://u:hunter2@%zz/b", "", "no URL"},
	} {
		u, err := parseDatabase(test.url)
		if test.problem == "" {
			if err != nil {
				t.Errorf("parseDatabase(%q): %v", test.url, err)
			} else if got := (&crashDatabase{url: u}).through("127.0.0.1:1"); got != test.through {
				t.Errorf("through a proxy %q is %q, want %q", test.url, got, test.through)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("parseDatabase(%q): %v, want %q", test.url, err, test.problem)
		}
	}
}

func TestRestartBy(t *testing.T) {
	if restart, modes, err := restartBy("", "", "log"); restart != nil || modes != nil || err != nil {
		t.Errorf("without a way to restart: %v, %v", modes, err)
	}
	log := filepath.Join(t.TempDir(), "log")
	restart, modes, err := restartBy("", "echo restarted; test ! -e gone", log)
	if err != nil || len(modes) != 1 {
		t.Fatalf("by a command: %v, %v", modes, err)
	}
	if err := restart(t.Context(), modes[0]); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "restarted\n" {
		t.Errorf("the log is %q, %v", text, err)
	}
	if restart, _, _ = restartBy("", "false", log); restart(t.Context(), modes[0]) == nil {
		t.Error("a command that fails is no error")
	}
	if _, _, err := restartBy(filepath.Join(t.TempDir(), "none"), "", log); err == nil {
		t.Error("a directory that is not there is no error")
	}
}
