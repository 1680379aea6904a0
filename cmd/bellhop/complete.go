package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/event"
)

// completeWord is the command by which shells ask what a word may become. People have no use for it.
const completeWord = "__complete"

// completePatience is how long somebody waits who has pressed the tab key.
const completePatience = 2 * time.Second

// suggestion is what a word may become, and what that is.
type suggestion struct{ text, about string }

// complete prints what the last of args may become: a suggestion a line, with a tab before what it is about. What goes
// wrong stays untold: it would end up in the line that somebody is typing.
func complete(ctx context.Context, args []string, env environment) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{""}
	}
	ctx, cancel := context.WithTimeout(ctx, completePatience)
	defer cancel()
	c := &completion{env: env, words: args[:len(args)-1], word: unquoted(args[len(args)-1])}
	w := bufio.NewWriter(env.stdout)
	for _, s := range c.suggest(ctx) {
		if !strings.HasPrefix(strings.ToLower(s.text), strings.ToLower(c.word)) {
			continue
		}
		fmt.Fprintf(w, "%s%s\t%s\n", c.before, clean(s.text, ""), clean(s.about, ""))
	}
	return w.Flush()
}

// unquoted is a word as the shell will read it, as far as it is typed.
func unquoted(word string) string {
	if len(word) > 0 && (word[0] == '"' || word[0] == '\'') {
		return word[1:]
	}
	return strings.ReplaceAll(word, `\`, "")
}

// completion is a line that is being typed.
type completion struct {
	env   environment
	words []string // before the one that is typed
	word  string

	before  string // what stands before it in the same word of the shell, such as --status=; bash makes words of its own of it
	command *command
	flags   *flag.FlagSet // of the command; nil if it has none of its own
	wanted  []string      // what its words are, such as SERVICE
	connection
}

// suggest returns what the word may become.
func (c *completion) suggest(ctx context.Context) []suggestion {
	words := c.words
	if len(words) > 0 && words[0] == "help" {
		words = words[1:]
		if strings.HasPrefix(c.word, "-") {
			return nil
		}
	}
	c.command = &command{name: "bellhop", sub: commands()}
	var path []string
	for len(words) > 0 {
		next := c.command.word(words[0])
		if next == nil {
			break
		}
		c.command, path, words = next, append(path, words[0]), words[1:]
	}
	if len(path) > 0 && c.command.run != nil {
		seeker := &flagSeeker{Writer: io.Discard}
		// The error is that for help, or the command has no flags.
		_ = c.command.run(ctx, nil, environment{c.env.getenv, strings.NewReader(""), io.Discard, seeker})
		c.flags, c.wanted = seeker.found, seeker.wanted
	}
	place, value := c.read(words)
	switch {
	case value != "":
		return c.of(ctx, strings.ToUpper(value), c.valueOf(value))
	case strings.HasPrefix(c.word, "-"):
		return c.flagSuggestions()
	case place == 0 && len(c.command.sub) > 0:
		all := subSuggestions(c.command)
		if len(path) == 0 && len(c.words) == 0 {
			all = append(all, suggestion{"help", "tell more of a command"})
		}
		return all
	case len(c.words) > 0 && c.words[0] == "help", len(c.wanted) == 0:
		return nil
	}
	wanted := c.wanted[min(place, len(c.wanted)-1)]
	if place >= len(c.wanted) && !strings.Contains(wanted, "...") {
		return nil
	}
	return c.of(ctx, strings.Trim(strings.ReplaceAll(wanted, "...", ""), "[]"), "")
}

// read reads the words after the command: how many of them are no flags, and whose value the word is that is typed.
// Where to connect to is taken from them.
func (c *completion) read(words []string) (place int, value string) {
	if c.flags != nil {
		c.connection.profile = c.env.getenv("BELLHOP_PROFILE")
		c.connection.host = c.env.getenv("BELLHOP_HOST")
		c.connection.token = c.env.getenv("BELLHOP_TOKEN")
	}
	for i := 0; i < len(words); i++ {
		name, text, given := strings.Cut(strings.TrimLeft(words[i], "-"), "=")
		if !strings.HasPrefix(words[i], "-") {
			place++
			continue
		}
		if !c.takesValue(name) {
			continue
		}
		if !given { // it is the next word; bash makes a word of = as well
			i++
			if i < len(words) && words[i] == "=" {
				i++
			}
			if i >= len(words) {
				return place, name
			}
			text = words[i]
		}
		switch name {
		case "host":
			c.host = text
		case "token":
			c.token = text
		case "profile": // it wins over the environment
			c.profile, c.host, c.token = text, "", ""
		}
	}
	if name, text, ok := strings.Cut(c.word, "="); ok && strings.HasPrefix(name, "--") && c.takesValue(name[2:]) {
		c.word, c.before = text, name+"="
		return place, name[2:]
	}
	c.word = strings.TrimPrefix(c.word, "=")
	return place, ""
}

func (c *completion) takesValue(name string) bool {
	if c.flags == nil {
		return false
	}
	f := c.flags.Lookup(name)
	if f == nil {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

func (c *completion) valueOf(name string) string {
	if c.flags == nil || c.flags.Lookup(name) == nil {
		return ""
	}
	return c.flags.Lookup(name).Usage
}

func (c *completion) flagSuggestions() (all []suggestion) {
	if c.flags == nil {
		return nil
	}
	c.flags.VisitAll(func(f *flag.Flag) {
		_, usage := flag.UnquoteUsage(f)
		all = append(all, suggestion{"--" + f.Name, usage})
	})
	return append(all, suggestion{"--help", "tell more"})
}

func subSuggestions(c *command) (all []suggestion) {
	for _, s := range c.sub {
		all = append(all, suggestion{s.name, s.summary})
	}
	return all
}

// of are suggestions for what is called so in the help: a word, or the value of a flag, whose usage may name its values.
func (c *completion) of(ctx context.Context, what, usage string) (all []suggestion) {
	switch what {
	case "SERVICE":
		return c.services(ctx)
	case "EVENT", "EVENTS":
		for _, k := range event.Catalogue() {
			all = append(all, suggestion{k.Name, k.Text})
		}
	case "CONVERSATION":
		return c.conversations(ctx)
	case "DELIVERY":
		return c.deliveries(ctx)
	case "NAME", "PROFILE":
		if what == "PROFILE" || c.command.name == "use" {
			return c.profiles()
		}
	case "SHELL":
		for _, name := range []string{"bash", "fish", "zsh"} {
			all = append(all, suggestion{name, "completion for this shell"})
		}
	default:
		return listed(usage)
	}
	return all
}

// listed are the values that a usage names after a colon, as in "who speaks: contact, agent or bot".
func listed(usage string) (all []suggestion) {
	_, list, ok := strings.Cut(usage, ": ")
	if !ok || strings.Contains(usage, "(default") {
		return nil
	}
	for word := range strings.FieldsFuncSeq(strings.ReplaceAll(list, " or ", ", "), func(r rune) bool { return r == ',' || r == ' ' }) {
		all = append(all, suggestion{word, ""})
	}
	return all
}

func (c *completion) services(ctx context.Context) (all []suggestion) {
	bot, err := c.client(c.env)
	if err != nil {
		return nil
	}
	page, err := bot.Services.List(ctx, chipchat.Query{"select": []string{"id", "name", "type", "status"}, "sort": "name", "limit": 200})
	if err != nil {
		return nil
	}
	for _, s := range page.Items {
		all = append(all, suggestion{s.Name, s.Status}, suggestion{string(s.ID), s.Name})
	}
	return byWord(all, c.word)
}

// byWord leaves ids out until somebody types the beginning of one.
func byWord(all []suggestion, word string) []suggestion {
	return slices.DeleteFunc(all, func(s suggestion) bool {
		return resourceID.MatchString(s.text) && (word == "" || !strings.HasPrefix(s.text, word))
	})
}

func (c *completion) conversations(ctx context.Context) []suggestion {
	all := []suggestion{{"last", "the one that changed last"}}
	if c.command.name == "talk" {
		all = append(all, suggestion{"new", "a new one"})
	}
	bot, err := c.client(c.env)
	if err != nil {
		return all
	}
	page, err := bot.Conversations.List(ctx, chipchat.Query{"select": []string{"id", "name"}, "sort": "-updatedAt", "limit": 50})
	if err != nil {
		return all
	}
	for _, conversation := range page.Items {
		all = append(all, suggestion{string(conversation.ID), conversation.Name})
	}
	return all
}

func (c *completion) deliveries(ctx context.Context) []suggestion {
	all := []suggestion{{"last", "the newest"}}
	bot, err := c.client(c.env)
	if err != nil {
		return all
	}
	page, err := bot.Deliveries.List(ctx, chipchat.Query{"limit": 20})
	if err != nil {
		return all
	}
	for i := range page.Items {
		d := &page.Items[i]
		all = append(all, suggestion{string(d.ID), d.Event + " " + paint{}.result(d).text})
	}
	return all
}

func (c *completion) profiles() (all []suggestion) {
	file, err := openProfiles(c.env)
	if err != nil {
		return nil
	}
	kept, err := file.read()
	if err != nil {
		return nil
	}
	for _, name := range kept.names() {
		all = append(all, suggestion{name, cmp.Or(kept.Profiles[name].Email, kept.Profiles[name].Host)})
	}
	return all
}
