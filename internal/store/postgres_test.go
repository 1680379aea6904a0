package store_test

import (
	"testing"

	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, storetest.Postgres(t)) })
}
