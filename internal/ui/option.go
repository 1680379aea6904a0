package ui

import "slices"

// option is one of a list to choose from; see choice for what is explained.
type option struct {
	Value, Text string
	Chosen      bool
}

// options marks the one of that value as chosen; if there is none, the first.
func options(value string, all ...option) []option {
	i := slices.IndexFunc(all, func(o option) bool { return o.Value == value })
	all[max(i, 0)].Chosen = true
	return all
}

// choose marks the one of that value as chosen, and no other.
func choose(all []option, value string) []option {
	for i := range all {
		all[i].Chosen = all[i].Value == value
	}
	return all
}

// chosen returns the value that is chosen, "" if none is.
func chosen(all []option) string {
	i := slices.IndexFunc(all, func(o option) bool { return o.Chosen })
	if i < 0 {
		return ""
	}
	return all[i].Value
}
