package ui

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// BenchmarkFrame measures what the choice of an organization and the search cost, with 100,000 deliveries, 100,000
// conversations and messages, and thousands of organizations and users. The admin is that of an organization in the middle.
func BenchmarkFrame(b *testing.B) {
	h := newHouse(b)
	europe, lyon, asia := h.tree()
	h.webhookFor("order.of0")
	h.fill(stored / 10)
	h.crowd(map[*bellhop.Kind]int{bellhop.Conversations: stored, bellhop.Messages: stored, bellhop.Users: 5000}, lyon, string(h.org)+"#"+string(europe)+"#"+string(lyon))
	for i := range 3000 {
		h.make(bellhop.Organizations, map[string]any{"name": fmt.Sprintf("Shop %d", i), "parent": europe})
	}
	admin := h.admin()
	of := func(path string, id bellhop.ID) string { return path + "?organization=" + string(id) }
	for _, c := range []struct{ name, path string }{
		{"settings", "/settings"},
		{"conversations", "/conversations"},
		{"conversationsBelow", of("/conversations", europe)},
		{"conversationsOfNone", of("/conversations", asia)},
		{"deliveriesBelow", of("/deliveries", h.org)},
		{"deliveriesOfNone", of("/deliveries", asia)},
		{"searchEmpty", "/search"},
		{"searchCommon", "/search?q=shop"},
		{"searchRare", "/search?q=" + url.QueryEscape("nobody is called so")},
		{"searchSlug", "/search?q=abcdefg_1"},
		{"searchEmail", "/search?q=jenny@example.com"},
		{"searchID", "/search?q=" + string(lyon)},
		{"searchUUID", "/search?q=01901a2b-0000-7000-8000-000000000000"},
	} {
		b.Run(c.name, func(b *testing.B) {
			admin.measure(b, c.path)
		})
	}
}

// crowd stores that many of some kinds, which an organization owns.
func (h *house) crowd(kinds map[*bellhop.Kind]int, owner bellhop.ID, path string) {
	h.t.Helper()
	for kind, n := range kinds {
		for at := 0; at < n; at += 1000 {
			must(h.t, h.db.Update(h.t.Context(), func(tx *store.Tx) error {
				for i := at; i < min(at+1000, n); i++ {
					now := bellhop.Time(1716718530000 + i)
					id := tx.NewID(now)
					doc := &bellhop.Document{ID: id, Organization: owner, OrgPath: path, CreatedAt: now, UpdatedAt: now, Body: fmt.Appendf(nil,
						`{"id":%q,"organization":%q,"orgPath":%q,"name":"Person %d","displayName":"Person %d","email":"p%d@example.com","type":"contact",`+
							`"status":"active","participants":[],"organizations":[{"organization":%q,"orgPath":%q,"role":"agent","selected":true}],"meta":{},`+
							`"text":%q,"createdAt":%q,"updatedAt":%q}`,
						id, owner, path, i, i, i, owner, path, strings.Repeat("word ", 20), now, now)}
					if err := tx.Insert(h.t.Context(), kind, doc); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
}
