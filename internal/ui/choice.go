package ui

// choice is one of several that can be ticked or chosen, and is explained; see option for those in a list.
type choice struct {
	ID, Name, Value string
	Label           string
	Text            string // what it means
	Chosen          bool
}
