package ui

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"bellhop"
)

// consumerFacing is the one capability of a bot that is documented.
const consumerFacing = "consumer facing"

// botForm is the fields of a bot.
type botForm struct {
	form
	Name, Description, Tags, Commands field
	Audience                          field
	Audiences                         []option
	Enabled, Consumer, Admin          bool
}

func newBotForm(b *bellhop.Bot) botForm {
	return botForm{
		Name:        field{ID: "name", Label: "Name", Value: b.Name, Required: true},
		Description: field{ID: "description", Label: "Description", Value: b.Description},
		Audience:    field{ID: "audience", Label: "Who may use it", Value: b.Audience},
		Tags:        field{ID: "tags", Label: "Tags", Value: commas(b.Tags)},
		Commands:    field{ID: "commands", Label: "Commands", Value: strings.Join(b.Commands, "\n")},
		Enabled:     b.Enabled,
		Consumer:    slices.Contains(b.Capabilities, consumerFacing),
		Admin:       b.Scope == bellhop.ScopeAdmin.String(),
		Audiences: choose([]option{
			{Value: bellhop.AudienceOwner, Text: "Its organization alone"},
			{Value: bellhop.AudienceSuborgs, Text: "Its organization and all below"},
			{Value: bellhop.AudienceGlobal, Text: "Every organization of this server"},
		}, b.Audience),
	}
}

func (f *botForm) read(r *http.Request) {
	f.Name.Value = strings.TrimSpace(r.PostFormValue("name"))
	f.Description.Value = strings.TrimSpace(r.PostFormValue("description"))
	f.Audience.Value = r.PostFormValue("audience")
	f.Tags.Value = r.PostFormValue("tags")
	f.Commands.Value = r.PostFormValue("commands")
	f.Enabled = r.PostFormValue("enabled") != ""
	f.Consumer = r.PostFormValue("consumer") != ""
	f.Admin = r.PostFormValue("admin") != ""
	f.Audiences = choose(f.Audiences, f.Audience.Value)
}

// body is what the form asks for. Capabilities that were there and are not in the form stay.
func (f *botForm) body(organization bellhop.ID, capabilities []string) ([]byte, error) {
	next := slices.DeleteFunc(slices.Clone(capabilities), func(c string) bool { return c == consumerFacing })
	if f.Consumer {
		next = append(next, consumerFacing)
	}
	scope := bellhop.ScopeBot
	if f.Admin {
		scope = bellhop.ScopeAdmin
	}
	return json.Marshal(struct {
		Name         string     `json:"name"`
		Description  *string    `json:"description"`
		Organization bellhop.ID `json:"organization,omitempty"`
		Audience     string     `json:"audience"`
		Tags         []string   `json:"tags"`
		Commands     []string   `json:"commands"`
		Capabilities []string   `json:"capabilities"`
		Enabled      bool       `json:"enabled"`
		Scope        string     `json:"scope"`
	}{
		f.Name.Value, orNull(f.Description.Value), organization, f.Audience.Value, tagsOf(f.Tags.Value), linesOf(f.Commands.Value),
		slices.Clip(append([]string{}, next...)), f.Enabled, scope.String(),
	})
}

func (f *botForm) fields() map[string]*field {
	return map[string]*field{
		"name": &f.Name, "description": &f.Description, "audience": &f.Audience, "tags": &f.Tags, "commands": &f.Commands,
	}
}

// orNull is a text, or what removes it.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// tagsOf reads what is separated by commas or stands on lines of its own.
func tagsOf(text string) []string {
	tags := []string{}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if tag := strings.TrimSpace(part); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// linesOf reads what stands on lines of its own.
func linesOf(text string) []string {
	lines := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

type botFormPage struct {
	botHead
	Form   botForm
	Answer string
	Submit string
	Cancel string
}

func (*botFormPage) template() string { return "botform" }
