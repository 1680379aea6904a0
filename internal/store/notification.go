package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Notification says that a conversation lies in a channel
// (docs/contract/conversations.md section 4).
type Notification struct {
	Channel bellhop.ID
	Task    bool // stays until somebody who is subscribed to the channel accepts
}

// Notifications returns where a conversation lies, by ascending id of the channel.
func (tx *Tx) Notifications(ctx context.Context, conversation bellhop.ID) ([]Notification, error) {
	var all []Notification
	err := tx.each(ctx, "SELECT channel, task FROM notifications WHERE conversation = $1 ORDER BY channel", []any{conversation},
		func(row scanner) error {
			var n Notification
			err := row.Scan(&n.Channel, &n.Task)
			all = append(all, n)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the notifications of %s: %w", conversation, err)
	}
	return all, nil
}

// Notify puts a conversation into a channel; if it lies there, it is said anew whether that is
// a task.
func (tx *Tx) Notify(ctx context.Context, conversation bellhop.ID, n Notification) error {
	tx.bumpNotified()
	_, err := tx.exec(ctx, `INSERT INTO notifications (conversation, channel, task) VALUES ($1, $2, $3)
		ON CONFLICT (conversation, channel) DO UPDATE SET task = excluded.task`, conversation, n.Channel, n.Task)
	if err != nil {
		return fmt.Errorf("notify %s of %s: %w", n.Channel, conversation, err)
	}
	return nil
}

// Withdraw takes a conversation out of a channel. Where it does not lie it does nothing, as do
// the other functions that withdraw.
func (tx *Tx) Withdraw(ctx context.Context, conversation, channel bellhop.ID) error {
	return tx.withdraw(ctx, "DELETE FROM notifications WHERE conversation = $1 AND channel = $2", conversation, channel)
}

// WithdrawRouted takes a conversation out of the channels where it is no task.
func (tx *Tx) WithdrawRouted(ctx context.Context, conversation bellhop.ID) error {
	return tx.withdraw(ctx, "DELETE FROM notifications WHERE conversation = $1 AND task = 0", conversation)
}

// WithdrawAll takes a conversation out of all channels.
func (tx *Tx) WithdrawAll(ctx context.Context, conversation bellhop.ID) error {
	return tx.withdraw(ctx, "DELETE FROM notifications WHERE conversation = $1", conversation)
}

// EmptyChannel takes all conversations out of a channel.
func (tx *Tx) EmptyChannel(ctx context.Context, channel bellhop.ID) error {
	return tx.withdraw(ctx, "DELETE FROM notifications WHERE channel = $1", channel)
}

func (tx *Tx) withdraw(ctx context.Context, text string, args ...any) error {
	tx.bumpNotified()
	if _, err := tx.exec(ctx, text, args...); err != nil {
		return fmt.Errorf("withdraw notifications of %v: %w", args, err)
	}
	return nil
}

// bumpNotified notes that conversations are found in other channels than before. Their documents stay as they are.
func (tx *Tx) bumpNotified() { tx.bump(bellhop.Conversations) }
