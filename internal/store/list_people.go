package store

// participantColumn knows what the participants of a conversation have from their users:
// it is what these are now, not when they arrived, unless they are gone
// (docs/contract/conversations.md section 2).
func participantColumn(d dialect, name string) (column, bool) {
	of := map[string]string{"name": "displayName", "role": "role", "organization": "organization"}[name]
	if of == "" {
		return column{}, false
	}
	from, entry := d.elements(d.member(d.document("d.doc"), "participants"), "p")
	user := d.member(d.document("u.doc"), of)
	return column{
		expr:     "coalesce(" + d.text(user) + ", " + d.text(d.member(entry, name)) + ")",
		rows:     from + " LEFT JOIN users AS u ON u.id = " + d.text(d.member(entry, "user")) + " WHERE TRUE",
		elements: true,
	}, true
}
