package event

import (
	"strings"
	"sync"
	"testing"
)

const (
	vectorSecret = "zICWczLmAOEDvh1DiPGSHw=="
	vectorBodyA  = `{"event":"message.create.contact.chat","data":{"message":{"text":"a < b & c > d “ok” 👍"}}}`
	vectorBodyB  = `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90","timestamp":"2024-05-26T10:15:30.123Z","event":"user.login","organization":"64b0f1a2c3d4e5f60718293a","activity":{"@context":"https://www.w3.org/ns/activitystreams","type":"Activity","actor":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Person"},"object":{"id":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940","type":"Object"},"published":"2024-05-26T10:15:30.123Z","summary":"User Ada Smit logged in"},"data":{"user":{"id":"64b0f1a2c3d4e5f607182940","givenName":"Ada","familyName":"Smit","role":"admin"},"links":{"organization":"https://api.example.test/v2/organizations/64b0f1a2c3d4e5f60718293a","user":"https://api.example.test/v2/users/64b0f1a2c3d4e5f607182940"}}}`
)

// The vectors of docs/contract/delivery.md section 4.
var signatureVectors = []struct {
	body string
	size int
	want string
}{
	{vectorBodyA, 97, "sha1=06ce75e64029960410fc60b7a7b758d9390c634a"},
	{vectorBodyB, 754, "sha1=b2a129f7d5d9f653a4bf620a09bbc308c901753b"},
	{"hello", 5, "sha1=0d47185c485b8d6aadf54f150333b74e1b1730aa"},
}

func TestSign(t *testing.T) {
	signer := NewSigner(vectorSecret)
	for range 2 { // a signer is used again
		for _, v := range signatureVectors {
			if len(v.body) != v.size {
				t.Fatalf("the vector %.20s... has %d bytes, want %d", v.body, len(v.body), v.size)
			}
			if got := Sign(vectorSecret, []byte(v.body)); got != v.want {
				t.Errorf("Sign(%.20s...) = %s, want %s", v.body, got, v.want)
			}
			if got := signer.Sign([]byte(v.body)); got != v.want {
				t.Errorf("Signer.Sign(%.20s...) = %s, want %s", v.body, got, v.want)
			}
			if got := string(signer.AppendSign([]byte("kept "), []byte(v.body))); got != "kept "+v.want {
				t.Errorf("Signer.AppendSign(%.20s...) = %s, want kept %s", v.body, got, v.want)
			}
		}
	}
}

func TestSignerIsConcurrent(t *testing.T) {
	signer := NewSigner(vectorSecret)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				for _, v := range signatureVectors {
					if got := signer.Sign([]byte(v.body)); got != v.want {
						t.Errorf("Sign = %s, want %s", got, v.want)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestVectorBodiesAreCanonical(t *testing.T) {
	for _, v := range signatureVectors[:2] {
		if got, err := Canonical(nil, []byte(v.body)); err != nil || string(got) != v.body {
			t.Errorf("Canonical(%s) = %s, %v, want it unchanged", v.body, got, err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	body := []byte(strings.Repeat("x", 2500))
	b.Run("Sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Sign(vectorSecret, body)
		}
	})
	b.Run("Signer", func(b *testing.B) {
		b.ReportAllocs()
		signer := NewSigner(vectorSecret)
		dst := make([]byte, 0, 64)
		for b.Loop() {
			signer.AppendSign(dst, body)
		}
	})
}
