package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"

	"bellhop/chipchat"
)

// profiles are the logins of a user of this machine, as they are kept in a file.
type profiles struct {
	Current  string              `json:"current"` // what commands use that name none
	Profiles map[string]*profile `json:"profiles"`
}

// profile is one login.
type profile struct {
	Host         string `json:"host"`
	Email        string `json:"email,omitempty"` // absent if it was made with a token
	Token        string `json:"token"`
	RefreshToken string `json:"refreshToken,omitempty"`
}

// defaultProfile is the name of a login that was given none.
const defaultProfile = "default"

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (k *profiles) names() []string { return slices.Sorted(maps.Keys(k.Profiles)) }

// profileFile is where they are kept: a file that only its owner may read, in a directory that only he may enter.
type profileFile struct{ path string }

// openProfiles finds the file; nothing is made yet.
func openProfiles(env environment) (*profileFile, error) {
	dir := env.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return nil, hinted(fmt.Errorf("find the directory of the profiles: %w", err), "set HOME or XDG_CONFIG_HOME")
		}
	}
	return &profileFile{filepath.Join(dir, "bellhop", "profiles.json")}, nil
}

// read returns what is kept; none if there is no file. A file that others can read is refused: whoever sees its tokens
// can do all that its owner can.
func (f *profileFile) read() (*profiles, error) {
	none := &profiles{Profiles: map[string]*profile{}}
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the profiles: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the profiles: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		err := fmt.Errorf("the profiles in %s hold tokens, and others may read them (mode %04o)", f.path, mode)
		return nil, hinted(err, fmt.Sprintf("chmod 600 %s; if somebody may have seen it, log in anew", f.path))
	}
	var kept profiles
	// The causes of these errors would quote the file, which holds tokens.
	if err := json.NewDecoder(file).Decode(&kept); err != nil {
		return nil, hinted(fmt.Errorf("read the profiles: %s is not JSON of the right shape", f.path), "move the file away and log in anew")
	}
	for name, p := range kept.Profiles {
		if p == nil || p.Host == "" {
			delete(kept.Profiles, name)
		}
	}
	if kept.Profiles == nil {
		kept.Profiles = none.Profiles
	}
	return &kept, nil
}

// change lets f change what is kept, while no other process does, and writes it. Who reads sees the old or the new file.
func (f *profileFile) change(change func(*profiles) error) error {
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep the profiles: %w", err)
	}
	lock, err := os.OpenFile(f.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("keep the profiles: %w", err)
	}
	defer lock.Close() // and with it the lock is gone
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("keep the profiles: lock: %w", err)
	}
	kept, err := f.read()
	if err != nil {
		return err
	}
	if err := change(kept); err != nil {
		return err
	}
	return f.write(kept)
}

func (f *profileFile) write(kept *profiles) error {
	var text bytes.Buffer
	if err := printJSON(&text, kept); err != nil {
		return err
	}
	// CreateTemp makes files of mode 0600.
	temp, err := os.CreateTemp(filepath.Dir(f.path), ".profiles-*")
	if err != nil {
		return fmt.Errorf("keep the profiles: %w", err)
	}
	_, err = temp.Write(text.Bytes())
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		os.Remove(temp.Name())
		return fmt.Errorf("keep the profiles: %w", err)
	}
	return nil
}

// profileTokens are the tokens of a profile, for whatever renews them.
type profileTokens struct {
	file *profileFile
	name string
}

// Tokens returns those that are kept now: another process may have renewed them.
func (t *profileTokens) Tokens(context.Context) (chipchat.Tokens, error) {
	kept, err := t.file.read()
	if err != nil {
		return chipchat.Tokens{}, err
	}
	p := kept.Profiles[t.name]
	if p == nil {
		return chipchat.Tokens{}, nil
	}
	return chipchat.Tokens{Token: p.Token, RefreshToken: p.RefreshToken}, nil
}

// SetTokens keeps new ones. A profile that was logged out meanwhile stays away.
func (t *profileTokens) SetTokens(_ context.Context, tokens chipchat.Tokens) error {
	return t.file.change(func(kept *profiles) error {
		if p := kept.Profiles[t.name]; p != nil {
			p.Token, p.RefreshToken = tokens.Token, tokens.RefreshToken
		}
		return nil
	})
}
