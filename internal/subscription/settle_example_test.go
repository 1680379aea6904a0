package subscription

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop"
)

// Contract: events.md 2: service.error | a connector failed
// Contract: events.md service.error: *
// Contract: services.md 7: service.error
func TestServiceErrorIsLikeTheExample(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.die(service, "order.created", 503, "gave up after 24 h: status 503")
	told := h.told()
	if len(told) != 1 {
		t.Fatalf("told %v", told)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "### `service.error`\n\n```json\n")
	text, _, found := strings.Cut(text, "\n```")
	if !found {
		t.Fatal("the contract has no example")
	}
	text = strings.ReplaceAll(text, "64b0f1a2c3d4e5f607182950", string(service))
	var got, want struct {
		Event    string
		Activity struct {
			Type, Summary string
			Actor, Object struct{ ID, Type string }
		}
		Data struct {
			Service struct {
				ID         bellhop.ID
				Name, Type string
				Status     string
				Params     map[string]any
			}
			Error struct{ Message string }
		}
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(told[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Event != want.Event || got.Activity != want.Activity || got.Data.Error != want.Data.Error ||
		got.Data.Service.ID != want.Data.Service.ID || got.Data.Service.Name != want.Data.Service.Name || got.Data.Service.Type != want.Data.Service.Type ||
		got.Data.Service.Status != want.Data.Service.Status || len(got.Data.Service.Params) != 1 || got.Data.Service.Params["url"] != want.Data.Service.Params["url"] {
		t.Errorf("told %s\nwant %s", told[0], text)
	}
}
