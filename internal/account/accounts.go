package account

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// Config says how logins work; the zero Config does.
type Config struct {
	// AccessLife is how long the token of a login counts; 0 means 24 hours, as the
	// contract has it.
	AccessLife time.Duration

	// Now tells the time; nil means time.Now.
	Now func() time.Time

	// LoggedIn, if it is not nil, is called in the transaction of each successful login at
	// [Accounts.Token] by password, with the user. It may run twice, as all that is in a transaction.
	LoggedIn func(ctx context.Context, tx *store.Tx, user *bellhop.Document, now bellhop.Time) error

	// Weak hashes passwords at next to no cost, so that whoever has the hashes can guess them. It is for tests.
	Weak bool

	cost cost // of hashing passwords; for tests of it
}

// defaultAccessLife is that of docs/contract/auth.md, "Tokens".
const defaultAccessLife = 24 * time.Hour

// Accounts knows all users. It is safe for concurrent use.
type Accounts struct {
	db       *store.DB
	config   Config
	signer   signer
	hasher   *hasher
	throttle *throttle
	callers  *callerCache

	directory atomic.Pointer[directory] // the newest that was read
}

// New returns the Accounts of a store. The first time it makes the key that signs tokens.
func New(ctx context.Context, db *store.DB, config Config) (*Accounts, error) {
	if config.AccessLife == 0 {
		config.AccessLife = defaultAccessLife
	}
	if config.AccessLife < time.Second {
		return nil, fmt.Errorf("the access lifetime %v is less than a second", config.AccessLife)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.cost == (cost{}) {
		config.cost = usualCost
		if config.Weak {
			config.cost = weakCost
		}
	}
	key, err := signingKey(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("key that signs tokens: %w", err)
	}
	return &Accounts{
		db:       db,
		config:   config,
		signer:   signer{key: key},
		hasher:   newHasher(config.cost),
		throttle: &throttle{db: db, key: key},
		callers:  newCallerCache(),
	}, nil
}

func (a *Accounts) now() bellhop.Time { return bellhop.TimeOf(a.config.Now()) }

const (
	signingKeySetting = "signing-key"
	signingKeySize    = 32
)

// signingKey reads the key, or makes it if there is none yet.
func signingKey(ctx context.Context, db *store.DB) ([]byte, error) {
	var key []byte
	read := func(tx *store.Tx) (err error) {
		key, err = tx.Setting(ctx, signingKeySetting)
		return err
	}
	if err := db.View(ctx, read); err != nil {
		return nil, err
	}
	if key == nil {
		fresh := random(signingKeySize)
		err := db.Update(ctx, func(tx *store.Tx) error {
			if err := tx.Lock(ctx, signingKeySetting); err != nil {
				return err
			}
			if err := read(tx); err != nil || key != nil {
				return err // another process was faster
			}
			key = fresh
			return tx.SetSetting(ctx, signingKeySetting, fresh)
		})
		if err != nil {
			return nil, err
		}
	}
	if len(key) != signingKeySize {
		return nil, fmt.Errorf("has %d bytes, not %d", len(key), signingKeySize)
	}
	return key, nil
}
