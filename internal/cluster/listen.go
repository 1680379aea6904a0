package cluster

import (
	"context"
	"errors"

	"bellhop/internal/store"
)

var errManyLetters = errors.New("more large questions and answers come than can be fetched")

// listen takes what other nodes tell this one, until ctx ends.
func (c *Cluster) listen(ctx context.Context, self store.NodeID) {
	for ctx.Err() == nil {
		err := c.listenOnce(ctx, self)
		c.asked.lost() // also at the end of a life: answers are for the node that it was
		c.deaf.Failed(ctx, "", err)
		if ctx.Err() != nil {
			return
		}
		wait(ctx, c.config.times.retry)
	}
}

// listenOnce listens until the connection is lost.
func (c *Cluster) listenOnce(ctx context.Context, self store.NodeID) error {
	starting, cancel := context.WithTimeout(ctx, c.config.times.patience)
	defer cancel()
	conn, err := c.config.DB.ConnectNode(starting)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Listen(starting, self); err != nil {
		return err
	}
	// From here on nothing is lost; until now something may have been.
	c.deaf.Passed("")
	c.bus.tellMissed()
	c.wake()
	for {
		text, err := conn.Next(ctx)
		if err != nil {
			return err
		}
		if text == store.NodesChanged {
			c.wake()
			continue
		}
		if err := c.hear(ctx, self, conn, text); err != nil {
			return err
		}
	}
}

// hear takes a notification.
func (c *Cluster) hear(ctx context.Context, self store.NodeID, conn *store.NodeConn, text string) error {
	from, p, number, err := decode(text)
	if err != nil {
		c.config.Log.Warn("hear other nodes", "err", err)
		return nil
	}
	if from == self {
		return nil // it has heard it already
	}
	if number != 0 && (p.kind == kindQuestion || p.kind == kindAnswer) {
		select {
		case c.letters <- letter{self, from, p, number}:
		default:
			c.notRead(ctx, from, &p, errManyLetters)
		}
		return nil
	}
	if number != 0 {
		ctx, cancel := context.WithTimeout(ctx, c.config.times.patience)
		defer cancel()
		p.payload, err = conn.Letter(ctx, number)
		if errors.Is(err, store.ErrNoLetter) {
			c.config.Log.Warn("hear other nodes", "from", from, "topic", p.topic, "err", err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	c.take(ctx, from, &p)
	return nil
}

// take takes a parcel that is whole.
func (c *Cluster) take(ctx context.Context, from store.NodeID, p *parcel) {
	switch p.kind {
	case kindMessage:
		c.bus.arrived(message{from, p.topic, p.payload})
	case kindMissed:
		c.bus.tellMissed()
	case kindQuestion:
		c.reply(ctx, from, p)
	case kindAnswer:
		c.asked.answered(p.number, from, p.payload)
	}
}
