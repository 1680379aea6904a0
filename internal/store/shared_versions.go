package store

import (
	"context"
	"fmt"
	"time"

	"bellhop"
)

// sharedVersions tells, outside of transactions, what was changed last, to many at once.
type sharedVersions struct {
	session *session
	query   sharedQuery[versions]
}

const (
	// versionsApart bounds how often it is asked for: under load every request does.
	versionsApart = time.Millisecond

	// versionsIn is how long the answer may take.
	versionsIn = 10 * time.Second
)

func newSharedVersions(s *session) *sharedVersions {
	v := &sharedVersions{session: s}
	v.query.apart = versionsApart
	v.query.ask = func(ctx context.Context, _ int) (versions, error) { return v.read(ctx) }
	return v
}

func (s *sharedVersions) mark(ctx context.Context, kinds []*bellhop.Kind) (int64, error) {
	v, _, err := s.query.get(ctx)
	if err != nil {
		return 0, err
	}
	return v.of(kinds)
}

func (s *sharedVersions) read(ctx context.Context) (versions, error) {
	v, err := s.try(ctx)
	if err != nil && s.session.isLost() {
		v, err = s.try(ctx) // the server has closed the connection since it was used last
	}
	if err != nil {
		return nil, fmt.Errorf("read what has changed last: %w", notReached(err))
	}
	return v, nil
}

func (s *sharedVersions) try(ctx context.Context) (versions, error) {
	if err := s.session.open(ctx); err != nil {
		return nil, err
	}
	v := versions{}
	p := s.session.pipeWithin(ctx, versionsIn)
	p.send(readVersions, nil, v.row)
	_, err := p.run()
	return v, err
}

func (s *sharedVersions) close() error {
	s.query.close()
	return s.session.close()
}
