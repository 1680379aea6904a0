package store

import (
	"crypto/aes"
	"crypto/cipher"
	crand "crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sealer encrypts what must not lie in clear in the database: AES-256-GCM with a
// random nonce, bound to the place where the text belongs, so that no sealed text can
// be moved to another row.
type sealer struct{ aead cipher.AEAD }

// openKey reads the key of a store from file. It makes one if the store is empty and
// the file is missing, and never else: a new key could not open what is there.
func openKey(file string, empty bool) (*sealer, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if !empty {
			return nil, fmt.Errorf("the key file %s is missing: the secrets of this store cannot be read without it; restore it from a backup", file)
		}
		text, err = makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("the key file %s does not hold 32 bytes in Base64", file)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead}, nil
}

// makeKey writes a new key. The file is on disk, with its name, before it is used; and it
// gets that name only when it is whole, since nobody could tell half a key of a process
// that was killed from one that was damaged.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, 32)
	crand.Read(key)
	text := []byte(base64.StdEncoding.EncodeToString(key) + "\n")
	half := file + ".new"
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(half, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(half))
	}
	if err := os.Rename(half, file); err != nil {
		return nil, errors.Join(err, os.Remove(half))
	}
	return text, syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s *sealer) seal(place string, text []byte) []byte {
	if text == nil {
		return nil
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(text)+s.aead.Overhead())
	crand.Read(nonce)
	return s.aead.Seal(nonce, nonce, text, []byte(place))
}

func (s *sealer) open(place string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("the sealed text of %s is cut", place)
	}
	text, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open the sealed text of %s: it was made with another key, or changed", place)
	}
	return text, nil
}
