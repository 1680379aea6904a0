package ui

// choice is one of several that can be ticked or chosen.
type choice struct {
	ID, Name, Value string
	Label           string
	Text            string // what it means
	Chosen          bool
}
