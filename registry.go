package bellhop

import "slices"

// kinds is the registry: what is in it is served, stored, listed, and told of.
var kinds = []*Kind{
	Organizations, OrgGroups, Partners, Users, Bots, BotInstances, Channels, Services, Forms, Workflows,
	Contacts, Conversations, Messages, KBases, KBItems, Articles, Files, Locations, Links, WATemplates,
	Metrics, Points, Tests, TestResults,
}

// Kinds lists every kind that there is. The slice is not to be changed.
func Kinds() []*Kind { return kinds }

// KindNamed returns the kind with that singular name, or nil.
func KindNamed(name string) *Kind {
	i := slices.IndexFunc(kinds, func(k *Kind) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return kinds[i]
}

// ReservedName reports whether name is the singular name of a resource: no published
// event may begin with one (docs/contract/extensions.md section 1).
func ReservedName(name string) bool { return KindNamed(name) != nil }
