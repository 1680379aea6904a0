//go:build !race

package store

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

// many is how many documents and deliveries the store has in which the plans of lists are looked at.
const many = 100_000

// hotList is a list that clients ask for often, and how it has to be read.
type hotList struct {
	kind    *bellhop.Kind
	query   string
	visible Visible
	index   string // by which the page is read
	sorts   bool   // what was found is sorted
	counted string // by what it is counted, if that is something else
}

// hotLists are those that clients ask for, of what fillMany stores.
func hotLists() []hotList {
	var (
		all    = Visible{All: true}
		top    = Visible{Roots: []string{someOrgs[0]}}
		middle = Visible{Roots: []string{somePaths[someOrgs[1]]}}
		leaf   = Visible{Roots: []string{somePaths[someOrgs[2]]}}
		bot    = Visible{Roots: []string{somePaths[someOrgs[2]]}, Organizations: []bellhop.ID{bellhop.ID(someOrgs[0]), bellhop.ID(someOrgs[3])}}
		one    = string(numberedID(5))
		busy   = string(numberedID(1000)) // takes part in everything
	)
	return []hotList{
		{bellhop.Messages, "conversation=" + one, all, "SEARCH d USING COVERING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one, leaf, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one + "&sort=-createdAt", bot, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "conversation=" + one + "&text=~price&type=[chat,card]&sort=-createdAt", bot, "SEARCH d USING INDEX messages_parent (parent=?)", false, ""},
		{bellhop.Messages, "createdAt=>=2024-01-31", top, "SEARCH d USING COVERING INDEX messages_created (created_at>?)", false, ""},
		{bellhop.Messages, "organization=" + someOrgs[2], top, "SEARCH d USING COVERING INDEX messages_path (org_path=?)", false, ""},
		{bellhop.Messages, "organization=" + someOrgs[3] + "&createdAt=>2024-01-31&sort=-createdAt", bot, "SEARCH d USING INDEX messages_path (org_path=? AND created_at>?)", false, ""},

		{bellhop.Conversations, "participants.user=" + one, bot, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy, top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&status=active&sort=-createdAt", bot, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&name=Tour", leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.inbox=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.active=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + one + "&participants.user=" + busy, top, "PRIMARY KEY (user=? AND created_at=? AND conversation=?)", false, ""},
		{bellhop.Conversations, "participants.user=[" + one + "," + busy + "]", bot, "SEARCH conversation_participants USING PRIMARY KEY (user=?)", true, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&id=" + one, bot, "SEARCH d USING INDEX sqlite_autoindex_conversations_1 (id=?)", false, ""},
		{bellhop.Conversations, "participants.inbox=true", top, "SCAN conversation_participants USING COVERING INDEX conversation_participants_inbox", true, ""},
		{bellhop.Conversations, "participants.active=true", all, "SCAN d USING COVERING INDEX conversations_created", false, "USING COVERING INDEX conversation_participants_active (conversation=?)"},
		{bellhop.Conversations, "participants.active=true", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&participants.active=true", top, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},

		// Where something else finds less than what a user takes part in, it does.
		{bellhop.Conversations, "participants.user=" + one, leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy, leaf, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&participants.user=" + one, leaf, "SEARCH p USING PRIMARY KEY (user=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&organization=" + someOrgs[2], top, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=[" + one + "," + busy + "]", leaf, "SEARCH d USING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "participants.user=" + busy + "&updatedAt=>=2025-01-31", bot, "SEARCH d USING INDEX conversations_changed (updated_at>?)", true, ""},
		{bellhop.Conversations, "participants.user=" + one + "&updatedAt=>=2025-01-31", bot, "SEARCH p USING PRIMARY KEY (user=?)", true, ""},

		// What everybody has in common says of whom it is, too.
		{bellhop.Conversations, "status=closed", leaf, "SEARCH d USING COVERING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "sort=-updatedAt", top, "SCAN d USING COVERING INDEX conversations_changed", false, "SCAN d USING COVERING INDEX conversations_created"},
		{bellhop.Conversations, "status=active", top, "SEARCH d USING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "participants.name=Ada&status=active", bot, "SEARCH d USING INDEX conversations_status (<expr>=?)", false, ""},
		{bellhop.Conversations, "updatedAt=>=2025-01-31", top, "SEARCH d USING INDEX conversations_changed (updated_at>?)", true, ""},
		{bellhop.Conversations, "updatedAt=>=2024-01-31&sort=updatedAt", top, "SEARCH d USING INDEX conversations_changed (updated_at>?)", false, ""},
		{bellhop.Conversations, "", all, "SCAN d USING COVERING INDEX conversations_created", false, "SCAN conversations USING COVERING INDEX"},
		{bellhop.Conversations, "", top, "SCAN d USING COVERING INDEX conversations_created", false, ""},
		{bellhop.Conversations, "sort=-createdAt", top, "SCAN d USING COVERING INDEX conversations_created", false, ""},
		{bellhop.Conversations, "", middle, "SCAN d USING COVERING INDEX conversations_created", false, ""}, // for much lies below it
		{bellhop.Conversations, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]) + "&sort=-updatedAt", top, "SCAN d USING COVERING INDEX conversations_changed", false, "SCAN d USING COVERING INDEX conversations_created"},
		{bellhop.Conversations, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]) + "&sort=name", top, "SEARCH d USING INDEX conversations_path (org_path>? AND org_path<?)", true, ""},
		{bellhop.Conversations, "orgPath=^64b0f1a2c3d4e5f607182999", top, "SEARCH d USING COVERING INDEX conversations_path (org_path>? AND org_path<?)", true, ""},
		{bellhop.Messages, "createdAt=>=2024-01-31&sort=-createdAt&orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SEARCH d USING COVERING INDEX messages_created (created_at>?)", false, ""},
		{bellhop.Conversations, "", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "sort=-createdAt", leaf, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},
		{bellhop.Conversations, "organization=" + someOrgs[2], all, "SEARCH d USING COVERING INDEX conversations_path (org_path=?)", false, ""},

		{bellhop.Contacts, "profile.telephone=%2B445&organization=" + someOrgs[1], top, "SEARCH d USING INDEX contacts_telephone (<expr>=?)", false, ""},
		{bellhop.Contacts, "profile.email=c5@example.com", bot, "SEARCH d USING INDEX contacts_email (<expr>=?)", false, ""},
		{bellhop.Contacts, "conversation=" + one, bot, "SEARCH d USING INDEX contacts_conversation (<expr>=?)", false, ""},
		{bellhop.Contacts, "id=[" + one + "," + busy + "]", bot, "SEARCH d USING INDEX sqlite_autoindex_contacts_1 (id=?)", true, ""},
		{bellhop.Users, "email=u5@example.com", top, "SEARCH d USING INDEX users_email (<expr>=?)", false, ""},
		{bellhop.Services, "type=webhook", all, "SEARCH d USING INDEX services_type (<expr>=?)", false, ""},
		{bellhop.Services, "bot=" + one, all, "SEARCH d USING INDEX services_bot (<expr>=?)", false, ""},
		{bellhop.BotInstances, "organization=[" + strings.Join(someOrgs, ",") + "]&sort=orgPath&bot=" + one, bot, "SEARCH d USING INDEX botinstances_bot (<expr>=?)", true, ""},
		{bellhop.Organizations, "", top, "SCAN d USING COVERING INDEX organizations_created", false, ""},

		{bellhop.Deliveries, "service=" + one, all, "SEARCH d USING INDEX deliveries_service (service=?)", false, ""},
		{bellhop.Deliveries, "service=" + one + "&status=dead", all, "SEARCH d USING INDEX deliveries_service_status (service=? AND status=?)", false, ""},
		{bellhop.Deliveries, "service=" + one + "&status=pending", top, "SEARCH d USING INDEX deliveries_service_status (service=? AND status=?)", false, ""},
		{bellhop.Deliveries, "status=dead", top, "SEARCH d USING INDEX deliveries_status (status=?)", false, ""},
		{bellhop.Deliveries, "status=[pending,dead]", top, "SEARCH d USING INDEX deliveries_status (status=?)", true, ""},
		{bellhop.Deliveries, "createdAt=>=2024-01-31", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)", false, ""},
		{bellhop.Deliveries, "createdAt=<2024-01-31&createdAt=>2024-01-30", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", false, ""},
		{bellhop.Deliveries, "eventId=018f4a2b-7c1d-7e3f-8a5b-0123456789ab", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "eventId=018f4a2b-7c1d-7e3f-8a5b-0123456789ab&service=" + one, top, "SEARCH d USING INDEX deliveries_service (service=? AND seq=?)", false, ""},
		{bellhop.Deliveries, "key=" + one, top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "key=" + one, leaf, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "key=nobody&status=delivered", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=file.create", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=file.*&createdAt=>=2024-01-31", top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]+"#64b0f1a2c3d4e5f607182999"), top, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Deliveries, "event=order.created", top, "SCAN d", false, ""}, // which is met soon
		{bellhop.Events, "key=" + one, top, "SEARCH e USING INDEX events_key (key=? AND rowid=?)", false, ""},
		{bellhop.Events, "event=order.created", top, "SCAN e", false, ""},
		{bellhop.Events, "event=order.*", top, "SCAN e", false, ""},
		{bellhop.Events, "event=file.*", top, "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)", false, ""},
		{bellhop.Events, "createdAt=>=2024-01-31", top, "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)", false, ""},
		{bellhop.AuditRecords, "", top, "SCAN a USING INDEX audit_id", false, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SCAN a USING INDEX audit_id", false, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "", leaf, "SEARCH a USING INDEX audit_path (org_path>? AND org_path<?)", true, ""}, // also of what was below it
		{bellhop.AuditRecords, "sort=createdAt", middle, "SCAN a USING INDEX audit_created", true, "SCAN a USING INDEX audit_path"},
		{bellhop.AuditRecords, "verb=create", top, "SEARCH a USING INDEX audit_verb (verb=?)", false, ""},
		{bellhop.AuditRecords, "kind=service", top, "SEARCH a USING INDEX audit_kind (kind=?)", false, ""},
		{bellhop.AuditRecords, "failed=true", top, "SEARCH a USING INDEX audit_failed (failed=?)", false, ""},
		{bellhop.AuditRecords, "verb=create&orgPath=^" + url.QueryEscape(somePaths[someOrgs[1]]), top, "SEARCH a USING INDEX audit_verb (verb=?)", false, ""},
	}
}

// String names a list and who asks for it.
func (l *hotList) String() string {
	return fmt.Sprintf("%s?%s for %d roots and %d organizations", l.kind.Plural, l.query, len(l.visible.Roots), len(l.visible.Organizations))
}

// TestNoListReadsAWholeTable looks at the plans of the lists that clients ask for, in a store with 100,000 documents, and
// at what they find in it.
func TestNoListReadsAWholeTable(t *testing.T) {
	db := openForLists(t)
	fillMany(t, db, many)
	for _, list := range hotLists() {
		name := list.String()
		page, counting := plansOf(t, db, list.kind, list.query, list.visible)
		if !strings.Contains(anyIndex(page), anyIndex(list.index)) || strings.Contains(page, "TEMP B-TREE") != list.sorts {
			t.Errorf("%s is read by\n%swant %s, sorting %v", name, page, list.index, list.sorts)
		}
		counted := list.counted
		if counted == "" {
			counted = list.index
		}
		if !strings.Contains(anyIndex(counting), anyIndex(counted)) {
			t.Errorf("%s is counted by\n%swant %s", name, counting, counted)
		}
		// What goes through everything may do so in an index that has all it takes.
		for line := range strings.Lines(page + counting) {
			if strings.HasPrefix(line, "SCAN d") && !strings.Contains(line, "COVERING INDEX") && list.index != "SCAN d" {
				t.Errorf("%s reads every row:\n%s%s", name, page, counting)
			}
		}
	}
}

// anyIndex leaves out whether an index has all that is read.
func anyIndex(plan string) string { return strings.ReplaceAll(plan, "COVERING INDEX", "INDEX") }
