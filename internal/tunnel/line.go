package tunnel

import "slices"

// line is the passages that wait until fewer are under way, in turn between their owners: one who has
// many, or slow ones, does not keep the others out. Those of one owner stay in their order.
type line struct {
	owners []string // that wait, the next one first
	of     map[string][]*passage
}

func (n *line) add(p *passage) {
	if n.of == nil {
		n.of = map[string][]*passage{}
	}
	if len(n.of[p.owner]) == 0 {
		n.owners = append(n.owners, p.owner)
	}
	n.of[p.owner] = append(n.of[p.owner], p)
}

// next takes out the one whose turn it is, nil if there is none.
func (n *line) next() *passage {
	if len(n.owners) == 0 {
		return nil
	}
	owner := n.owners[0]
	n.owners = n.owners[1:]
	p := n.of[owner][0]
	if n.of[owner] = n.of[owner][1:]; len(n.of[owner]) > 0 {
		n.owners = append(n.owners, owner)
	} else {
		delete(n.of, owner)
	}
	return p
}

func (n *line) remove(p *passage) {
	n.of[p.owner] = slices.DeleteFunc(n.of[p.owner], func(other *passage) bool { return other == p })
	if len(n.of[p.owner]) == 0 {
		delete(n.of, p.owner)
		n.owners = slices.DeleteFunc(n.owners, func(owner string) bool { return owner == p.owner })
	}
}
