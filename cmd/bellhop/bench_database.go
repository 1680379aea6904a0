package main

import (
	"context"

	"bellhop/cmd/bellhop/bench"
	"bellhop/internal/store"
)

// benchDatabase is the URL of a PostgreSQL database beside which the benchmark makes its own.
type benchDatabase string

func (d benchDatabase) Create(ctx context.Context, name string) (string, error) {
	return store.CreateDatabase(ctx, string(d), name)
}

func (d benchDatabase) Drop(ctx context.Context, name string) error {
	return store.DropDatabase(ctx, string(d), name)
}

func (d benchDatabase) Read(ctx context.Context, database string) (bench.Reading, error) {
	r, err := store.ReadMeter(ctx, database)
	return bench.Reading{WAL: r.WAL, Rows: r.Rows, Size: r.Size, Process: r.Process}, err
}
