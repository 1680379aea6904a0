package ui

// confirmPage asks before something happens that cannot be undone, with what would be lost.
type confirmPage struct {
	frame
	Answer string
	Prose  string // what else could be done
	Action string
	Do     string // the word on the button
	Cancel string
}

func (*confirmPage) template() string { return "confirm" }
