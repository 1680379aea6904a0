//go:build !race

package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// An answer has an end also where paths go back and forth: each of 50 messages leads to all 50 again.
//
// Contract: resources.md sort, limit, offset, select, populate: populate=a,b.c
func TestPopulateIsBounded(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	long := strings.Repeat("x", 10_000)
	for range 2 {
		messages := make([]object, 25)
		for i := range messages {
			messages[i] = object{"text": long, "role": "contact"}
		}
		h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", messages, nil)
	}
	h.handler = h.bare // the schemas take as long as all else, and say nothing about bounds
	got := h.admin.must(200, "GET", "/v2/conversations/"+conversation+"?populate=messages.conversation.messages.conversation.messages", nil, nil)
	if !json.Valid([]byte(got.body)) || len(got.body) > 70<<20 || len(got.body) < 30<<20 {
		t.Errorf("the answer has %d bytes", len(got.body))
	}
}

// BenchmarkPopulate lists 1000 conversations with what belongs to them.
func BenchmarkPopulate(b *testing.B) {
	h := open(b)
	for i := range 1000 {
		h.conversation(fmt.Sprint("Jenny", i), h.acme)
	}
	for _, paths := range []string{"", "contact", "contact,messages,participants.user"} {
		b.Run("populate="+paths, func(b *testing.B) {
			for b.Loop() {
				h.admin.must(200, "GET", "/v2/conversations?limit=1000&populate="+paths, nil, nil)
			}
		})
	}
}
