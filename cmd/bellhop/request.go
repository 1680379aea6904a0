package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/event"
)

// request is a command that asks a server: its flags, whom it asks, and how it prints what it got.
type request struct {
	*flag.FlagSet
	connection
	output
	env environment
	bot *chipchat.Bot // once it is parsed
}

// request begins one. The command adds the flags of its own.
func (env environment) request(name, words, about string) *request {
	return &request{FlagSet: env.flagSet(name, words, about), env: env}
}

// parse reads the command line, as parseWords does, and finds the server.
func (r *request) parse(args []string, wanted ...string) ([]string, error) {
	r.connection.flags(r.FlagSet)
	r.output.flags(r.FlagSet)
	words, err := parseWords(r.FlagSet, args, r.env.getenv, wanted...)
	if err != nil {
		return nil, err
	}
	r.bot, err = r.client(r.env)
	return words, err
}

// done tells people what has happened, in a line on standard error; with --json v is printed instead.
func (r *request) done(v any, format string, args ...any) error {
	if r.json {
		return printJSON(r.env.stdout, v)
	}
	return r.say(format, args...)
}

// say writes a line for people to standard error.
func (r *request) say(format string, args ...any) error {
	_, err := fmt.Fprintln(r.env.stderr, clean(fmt.Sprintf(format, args...), "\n"))
	return err
}

// confirm asks for a yes on the terminal. Where nobody can be asked, yes must have been given on the command line.
func (r *request) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !isTerminal(r.env.stdin) || !isTerminal(r.env.stderr) {
		return hinted(wrongUsage("%s wants to be confirmed", strings.TrimPrefix(r.Name(), "bellhop ")), "add --yes where nobody can be asked")
	}
	fmt.Fprintf(r.env.stderr, "%s [y/N] ", clean(question, ""))
	line, err := readLine(ctx, r.env.stdin)
	if err != nil {
		return err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return plainly(fmt.Errorf("nothing was done"))
	}
	return nil
}

// below is what is below a resource, such as rotate of services/<id>/rotate.
func below[T any](bot *chipchat.Bot, plural string, id chipchat.ID, further ...string) *chipchat.Resource[T] {
	path := plural + "/" + url.PathEscape(string(id))
	for _, word := range further {
		path += "/" + word
	}
	return chipchat.ResourceOf[T](bot, path)
}

var resourceID = regexp.MustCompile(`^[0-9a-f]{24}$`)

// named finds a thing by its id, its name, or the beginning of one of them that no other has. what is what it is called,
// and text the field of its name.
func named[T any](ctx context.Context, all *chipchat.Resource[T], what, word string, of func(*T) (id chipchat.ID, name string)) (chipchat.ID, error) {
	if resourceID.MatchString(word) {
		return chipchat.ID(word), nil
	}
	list := func(filter chipchat.Query) ([]T, error) {
		maps.Copy(filter, chipchat.Query{"select": []string{"id", "name"}, "sort": "id", "limit": 1000})
		return all.All(ctx, filter, chipchat.Paging{CountLimit: 10_000, Backoff: -1})
	}
	// Of very many the one of that name may not be among the first. All are for the beginning of an id, and for what was
	// meant by a name that there is not.
	items, err := list(chipchat.Query{"name": "^" + word})
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(items, func(item T) bool { _, name := of(&item); return strings.EqualFold(name, word) }) {
		more, err := list(chipchat.Query{})
		if err != nil {
			return "", err
		}
		items = append(items, more...)
		seen := map[chipchat.ID]bool{}
		items = slices.DeleteFunc(items, func(item T) bool {
			id, _ := of(&item)
			twice := seen[id]
			seen[id] = true
			return twice
		})
	}
	var exact, begin []string
	var names []string
	for i := range items {
		id, name := of(&items[i])
		names = append(names, name)
		switch {
		case strings.EqualFold(name, word):
			exact = append(exact, string(id))
		case strings.HasPrefix(string(id), word), strings.HasPrefix(strings.ToLower(name), strings.ToLower(word)):
			begin = append(begin, string(id))
		}
	}
	found := exact
	if len(found) == 0 {
		found = begin
	}
	switch len(found) {
	case 1:
		return chipchat.ID(found[0]), nil
	case 0:
		err := noSuch("there is no %s %q", what, word)
		if near := closest(word, names); near != "" {
			return "", hinted(err, fmt.Sprintf("did you mean %q?", near))
		}
		return "", hinted(err, fmt.Sprintf("bellhop %ss lists them", what))
	}
	return "", hinted(wrongUsage("%d %ss may be meant by %q", len(found), what, word), "give the id: "+strings.Join(found[:min(5, len(found))], ", "))
}

func (r *request) service(ctx context.Context, word string) (chipchat.ID, error) {
	return named(ctx, r.bot.Services, "service", word, func(s *chipchat.Service) (chipchat.ID, string) { return s.ID, s.Name })
}

// pastTime is a flag that holds a moment: a time, a date, or how long ago, as 90m or 7d.
type pastTime struct {
	time.Time
	text string
}

func (p *pastTime) String() string { return p.text }

// Set reads the moment.
func (p *pastTime) Set(text string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			p.Time, p.text = at, text
			return nil
		}
	}
	var ago age
	if err := ago.Set(text); err != nil {
		return fmt.Errorf("%q is neither a time, as 2026-05-06T12:30, nor how long ago, as 90m or 7d", text)
	}
	p.Time, p.text = time.Now().Add(-time.Duration(ago)), text
	return nil
}

// at is the moment as the API reads it.
func (p *pastTime) at() string { return p.UTC().Format("2006-01-02T15:04:05.000Z") }

// list is a flag with several values: separated by commas, or the flag given again.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds the values in text.
func (l *list) Set(text string) error {
	*l = append(*l, commas(text)...)
	return nil
}

// checkPatterns returns an error if the values of a flag are no patterns of events.
func (l *list) checkPatterns(flag string) error {
	_, err := event.ParsePatterns(*l)
	if wrong, ok := errors.AsType[*event.PatternError](err); ok {
		return wrongUsage("--%s: %q: %s", flag, wrong.Pattern, wrong.Reason)
	}
	return nil
}

// commas is the words of a text between its commas.
func commas(text string) (words []string) {
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// spelled turns a value into one that a filter takes literally: an operator in front has no meaning in a list of one.
func spelled(value string) []string { return []string{value} }
