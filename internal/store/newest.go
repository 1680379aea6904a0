package store

import (
	"context"
	"fmt"
	"strings"

	"bellhop"
)

// Newest are the newest messages of a conversation.
type Newest struct {
	IDs     []bellhop.ID // oldest first
	Since   int          // how many of them were created at the time that was asked for or later, and before its end
	At      bellhop.Time // when the newest was created; 0 if there is none
	Limited bool         // any message of the conversation, also an older one, is for some users only
}

// NewestMessages returns the newest messages of a conversation, and how many of them were
// created from a time on and before another. Indexes alone tell, and it is one row: it is asked
// for every message that is posted.
func (tx *Tx) NewestMessages(ctx context.Context, conversation bellhop.ID, newest int, from, to bellhop.Time) (Newest, error) {
	var n Newest
	var ids string
	prefix := limitedPrefix + string(conversation)
	err := tx.get(ctx, `SELECT coalesce(string_agg(id, ',' ORDER BY created_at, id), ''), count(*) FILTER (WHERE created_at >= $3 AND created_at < $4),
			coalesce(max(created_at), 0),
			EXISTS (SELECT 1 FROM document_keys WHERE kind = 'message' AND value >= $5 AND value < $6)
		FROM (SELECT id, created_at FROM messages WHERE parent = $1 ORDER BY created_at DESC, id DESC LIMIT $2) AS newest`,
		[]any{conversation, newest, from, to, prefix + ":", prefix + ";"}, &ids, &n.Since, &n.At, &n.Limited)
	if err != nil {
		return n, fmt.Errorf("read the newest messages of %s: %w", conversation, err)
	}
	if ids == "" {
		return n, nil
	}
	n.IDs = make([]bellhop.ID, 0, strings.Count(ids, ",")+1)
	for id := range strings.SplitSeq(ids, ",") {
		n.IDs = append(n.IDs, bellhop.ID(id))
	}
	return n, nil
}
