package openapi

import "bellhop"

// note is what the registry does not know of a kind.
type note struct {
	about     string             // what a resource of it is
	fields    Members[fieldNote] // by the name of a field
	extra     Members[*Schema]   // what answers have besides: computed on reading
	always    []string           // what no whole answer lacks, besides what the registry tells
	create    []string           // the fields that a new one may be sent; nil means all
	patch     []string           // the fields that PATCH changes; nil means all
	mandatory []string           // the filters of which a list needs one
	refine    func(*Schema)      // adds to the schema of answers
	who       Members[string]    // exceptions from who may, by the verb of the operation
	tell      Members[string]    // what else is to be said, by the verb of the operation
	examples  Members[*Example]  // of a new one
}

// fieldNote is what the registry does not know of a field.
type fieldNote struct {
	say     string
	shown   *Schema // in answers, instead of the type of the registry
	sent    *Schema // in requests
	ignored bool    // in requests
}

// say is a note that is only a description.
func say(name, description string) Member[fieldNote] {
	return Member[fieldNote]{name, fieldNote{say: description}}
}

// field is a note on a field.
func field(name string, n fieldNote) Member[fieldNote] { return Member[fieldNote]{name, n} }

// is is an entry of Members.
func is[V any](name string, value V) Member[V] { return Member[V]{name, value} }

// describe returns the kinds, those of the registry first.
func describe() []*described {
	notes := map[*bellhop.Kind]note{}
	for _, part := range []map[*bellhop.Kind]note{peopleNotes(), serviceNotes(), talkNotes(), otherNotes(), listNotes()} {
		for kind, n := range part {
			notes[kind] = n
		}
	}
	var all []*described
	for _, kind := range append(append([]*bellhop.Kind{}, bellhop.Kinds()...), bellhop.Events, bellhop.Deliveries, bellhop.Replays, bellhop.AuditRecords) {
		n := notes[kind]
		if n.about == "" {
			n.about = "A " + kind.Name + "."
		}
		all = append(all, &described{kind, n})
	}
	return all
}
