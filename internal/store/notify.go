package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"bellhop"
)

// NodesChanged is the notification to all nodes that the members have changed, or who owns what.
const NodesChanged = "nodes"

// MaxNotice is how many bytes a notification may have.
const MaxNotice = 7999

// Notice is a notification to a node, or to all.
type Notice struct {
	To      NodeID // "" is all
	Payload string // valid UTF-8 without U+0000
}

// Listen makes notifications come that are for all nodes, and those for one. Those before are lost.
func (c *NodeConn) Listen(ctx context.Context, node NodeID) error {
	for _, channel := range []string{c.channel, c.channelOf(node)} {
		if _, err := c.pg.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
			return fmt.Errorf("listen to other nodes: %w", err)
		}
	}
	return nil
}

func (c *NodeConn) channelOf(node NodeID) string {
	if node == "" {
		return c.channel
	}
	return c.channel + "_" + string(node)
}

// Next waits for a notification and returns its payload.
func (c *NodeConn) Next(ctx context.Context) (string, error) {
	n, err := c.pg.WaitForNotification(ctx)
	if err != nil {
		return "", fmt.Errorf("listen to other nodes: %w", err)
	}
	return n.Payload, nil
}

// Notify sends notifications. No commit waits for the disk because of them.
func (c *NodeConn) Notify(ctx context.Context, notices []Notice) error {
	var channels, payloads []string
	for _, n := range notices {
		channels = append(channels, c.channelOf(n.To))
		payloads = append(payloads, n.Payload)
	}
	if _, err := c.pg.Exec(ctx, "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS n(channel, payload)", channels, payloads); err != nil {
		return fmt.Errorf("tell other nodes: %w", err)
	}
	return nil
}

// ErrNoLetter is returned by Letter for one that is gone.
var ErrNoLetter = errors.New("the letter is gone")

// PutLetter keeps what is too large for a notification, until RemoveLetters, and returns its number.
func (c *NodeConn) PutLetter(ctx context.Context, now bellhop.Time, body []byte) (id int64, err error) {
	err = c.pg.QueryRow(ctx, "INSERT INTO letters (at, body) VALUES ($1, $2) RETURNING id", int64(now), body).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("leave a letter to other nodes: %w", err)
	}
	return id, nil
}

// Letter returns what PutLetter has kept.
func (c *NodeConn) Letter(ctx context.Context, id int64) (body []byte, err error) {
	err = c.pg.QueryRow(ctx, "SELECT body FROM letters WHERE id = $1", id).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoLetter
	}
	if err != nil {
		return nil, fmt.Errorf("read a letter of another node: %w", err)
	}
	return body, nil
}

// RemoveLetters removes those from before a time.
func (c *NodeConn) RemoveLetters(ctx context.Context, before bellhop.Time) error {
	if _, err := c.pg.Exec(ctx, "DELETE FROM letters WHERE at < $1", int64(before)); err != nil {
		return fmt.Errorf("remove letters of nodes: %w", err)
	}
	return nil
}
