package store

import (
	"bellhop"
	"bellhop/internal/query"
)

// leader returns the expression that filters, or what v shows, want one value of, if an index begins with it and goes on with the
// order of the list; else "". To an engine that leads, the order of the list begins with that expression, which
// changes nothing, and the value is asked for as a range, or else the engine would see so: only that index has the
// order then. What has one status, one owner or one service lies together in time, and who goes through all from the
// other end meets nothing of it for long.
func (s *selection) leader(keys []query.Key, filters []query.Filter, v Visible) string {
	by := "createdAt"
	if s.numbered != "" {
		by = newestFirst.Path.String()
	}
	if !s.dialect.leads() || s.driven || s.recent || len(keys) == 0 || keys[0].Path.String() != by {
		return ""
	}
	for _, f := range filters {
		if f.Op != query.OneOf || len(f.Values) != 1 {
			continue
		}
		switch name := f.Path.String(); {
		case name == "id" || s.isOfUsers(f):
			return "" // finds little
		case name == "conversation" && s.kind == bellhop.Messages:
			return "d.parent"
		case name == "service" && s.numbered == "deliveries":
			return "d.service"
		}
	}
	if len(s.paths) == 1 || s.paths == nil && s.narrow && len(s.leaves) == 1 {
		return s.path
	}
	for _, f := range filters {
		if f.Op == query.OneOf && len(f.Values) == 1 && f.Path.String() == "status" && s.kind == bellhop.Conversations {
			place := query.Locate(s.kind, f.Path)
			return s.dialect.indexed(s.kind, place, s.dialect.member(s.dialect.document(s.document), "status"))
		}
	}
	return ""
}
