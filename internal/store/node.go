package store

// NodeID names one life of a node: from its joining until it leaves, or others have declared it
// dead. Then the process, if it lives, joins again under another one. So an id is the epoch of all
// that was leased under it.
type NodeID string

// Shared reports whether several processes may use the store at the same time.
func (db *DB) Shared() bool { return false }

// Node is the node whose row this transaction holds until its end, so that nobody else has what
// was its own; "" if there are no nodes, or it reads only.
func (tx *Tx) Node() NodeID { return "" }
