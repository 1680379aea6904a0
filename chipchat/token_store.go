package chipchat

import (
	"context"
	"fmt"
)

// containedStore turns panics of the author's TokenStore into errors, which Send and all others return.
type containedStore struct{ store TokenStore }

func contained(store TokenStore) TokenStore {
	if store == nil {
		return nil
	}
	return containedStore{store}
}

func (c containedStore) Tokens(ctx context.Context) (tokens Tokens, err error) {
	defer caught("token store", &err)
	return c.store.Tokens(ctx)
}

func (c containedStore) SetTokens(ctx context.Context, tokens Tokens) (err error) {
	defer caught("token store", &err)
	return c.store.SetTokens(ctx, tokens)
}

// caught turns a panic of who defers it into an error. What the panic says is left out, since it may have tokens in it.
func caught(who string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s panicked with a %T", who, p)
	}
}
