package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/testenv"
)

// cut ends all sessions of a store from outside.
func cut(t *testing.T, config store.Config) {
	t.Helper()
	inStore(t, config, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

func setting(ctx context.Context, db *store.DB, name string) (value string, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		got, err := tx.Setting(ctx, name)
		value = string(got)
		return err
	})
	return value, err
}

// A session whose connection was cut gets a new one: nobody who comes afterwards hears of it.
func TestPostgresConnectionsAreReplaced(t *testing.T) {
	config := storetest.Postgres(t)
	db := open(t, config)
	for _, value := range []string{"one", "two", "three"} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte(value)) })
		cut(t, config)
		for range 10 { // each of those who read
			if got, err := setting(t.Context(), db, "a"); err != nil || got != value {
				t.Fatalf("Setting = %q, %v, want %q", got, err, value)
			}
		}
		cut(t, config)
	}
}

// A transaction that loses its connection fails as one that may be tried again, and leaves nothing.
func TestPostgresConnectionIsLostInTransaction(t *testing.T) {
	config := storetest.Postgres(t)
	db := open(t, config)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("before")) })
	err := db.View(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Setting(t.Context(), "a"); err != nil {
			return err
		}
		cut(t, config)
		_, err := tx.Setting(t.Context(), "a")
		return err
	})
	if !bellhop.HasCode(err, bellhop.Unavailable) {
		t.Errorf("View = %v, want Unavailable", err)
	}
	runs := 0
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.SetSetting(t.Context(), "a", []byte("after")); err != nil {
			return err
		}
		if runs++; runs == 1 {
			cut(t, config)
		}
		return tx.SetSetting(t.Context(), "b", []byte("after"))
	})
	want := "after" // it may run again
	if err != nil {
		want = "before"
		if !bellhop.HasCode(err, bellhop.Unavailable) {
			t.Errorf("Update = %v, want Unavailable", err)
		}
	}
	if got, err := setting(t.Context(), db, "a"); err != nil || got != want {
		t.Errorf("Setting = %q, %v, want %q after %d runs", got, err, want, runs)
	}
}

// A reader who leaves has his statement stopped, and costs nobody a connection.
func TestPostgresReaderLeaves(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	ctx, cancel := context.WithCancel(t.Context())
	err := db.View(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.Setting(ctx, "a")
		return err
	})
	if err == nil || ctx.Err() == nil || bellhop.HasCode(err, bellhop.Unavailable) {
		t.Errorf("View = %v, want that its context has ended", err)
	}
	if _, err := setting(t.Context(), db, "a"); err != nil {
		t.Error(err)
	}
}

// ownServer is a server that nobody else uses, with a database for a store.
func ownServer(t *testing.T) (*testenv.Program, store.Config) {
	t.Helper()
	server, err := testenv.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	if server == nil {
		testenv.Lack(t, "PostgreSQL")
	}
	t.Cleanup(func() { server.Stop() })
	return server, store.Config{Database: server.URL(), KeyFile: filepath.Join(t.TempDir(), "key")}
}

// What a store does when its server crashes, is gone for a while, and comes back with TLS; and how its clients
// know that it is the right one.
func TestPostgresServer(t *testing.T) {
	server, config := ownServer(t)
	db := open(t, config)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	u, err := url.Parse(config.Database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	inStore(t, config, "SET password_encryption = 'scram-sha-256'; ALTER ROLE postgres PASSWORD '"+password+"'")
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, err := setting(t.Context(), db, "a")
		if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Unavailable || e.Message != "The store cannot be reached now" {
			t.Fatalf("View = %v, want Unavailable, as the store cannot be reached", err)
		}
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.SetSetting(t.Context(), "a", []byte("c")) })
	if !bellhop.HasCode(err, bellhop.Unavailable) {
		t.Fatalf("Update = %v, want Unavailable", err)
	}

	dir := t.TempDir()
	right, certificate, key := newAuthority(t, filepath.Join(dir, "right.pem"), "127.0.0.1")
	wrong, _, _ := newAuthority(t, filepath.Join(dir, "wrong.pem"), "127.0.0.1")
	certificate, err = server.Keep("server.crt", []byte(certificate))
	if err != nil {
		t.Fatal(err)
	}
	if key, err = server.Keep("server.key", []byte(key)); err != nil {
		t.Fatal(err)
	}
	rules, err := server.Keep("hba", []byte("host all all 127.0.0.1/32 scram-sha-256\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start("ssl=on", "ssl_cert_file="+certificate, "ssl_key_file="+key, "hba_file="+rules); err != nil {
		t.Fatal(err)
	}
	if got, err := setting(t.Context(), db, "a"); err != nil || got != "b" {
		t.Errorf("after the crash: %q, %v, want what was committed before", got, err)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("c")) })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		host, root string
		opens      bool
	}{
		"the right one":     {"127.0.0.1", right, true},
		"another authority": {"127.0.0.1", wrong, false},
		"another host":      {"localhost", right, false},
	} {
		t.Run(name, func(t *testing.T) {
			u := *u
			u.Host = c.host + ":" + u.Port()
			u.RawQuery = url.Values{"sslmode": {"verify-full"}, "sslrootcert": {c.root}, "channel_binding": {"require"}}.Encode()
			db, err := store.Open(t.Context(), store.Config{Database: u.String(), KeyFile: config.KeyFile})
			if err == nil {
				defer db.Close()
			}
			if (err == nil) != c.opens {
				t.Fatalf("Open = %v, want that it opens: %t", err, c.opens)
			}
			if !c.opens {
				if !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), password) {
					t.Errorf("error = %v", err)
				}
				return
			}
			if got, err := setting(t.Context(), db, "a"); err != nil || got != "c" {
				t.Errorf("Setting = %q, %v", got, err)
			}
			inStore(t, store.Config{Database: u.String()}, `DO $$ BEGIN
				IF (SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'bellhop' AND NOT ssl) > 0 THEN
					RAISE 'a session in clear';
				END IF; END $$`)
		})
	}
}

// newAuthority writes the certificate of a new authority to file, and returns that with a certificate, and its key, that
// it has made for a host.
func newAuthority(t *testing.T, file, host string) (root, certificate, key string) {
	t.Helper()
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	write := func(of *x509.Certificate, key *ecdsa.PrivateKey) string {
		der, err := x509.CreateCertificate(rand.Reader, of, template, &key.PublicKey, authority)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	if err := os.WriteFile(file, []byte(write(template, authority)), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	certificate = write(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(host)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, own)
	return file, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}
