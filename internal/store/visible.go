package store

import "bellhop"

// Visible says which resources a caller may see; the zero Visible shows nothing.
type Visible struct {
	All           bool         // everything: the server itself
	Roots         []string     // what is owned in one of these paths or below
	Organizations []bellhop.ID // what exactly these own
	IDs           []bellhop.ID // these themselves

	// Of what is limited to some users (see Limit) only what Reader is one of, or has made
	// himself, and what lies in the paths in Limited or below.
	Reader  bellhop.ID
	Limited []string
}
