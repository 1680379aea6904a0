package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop/chipchat"
)

const talkAbout = `Talks to a bot: you are the contact, and see what he is answered as it comes.
Each line that you type is a message. CONVERSATION is an id, the name of a
contact, last, or new.

  2             presses the button with this number
  /assign, >x   is a command; it comes from you as a user
  :agent TEXT   says it to the contact as an agent
  :quit         ends, as Ctrl-D does

Where lines come from a file or a pipe, each waits until the one before it was
answered. If nobody answers, it says what became of the deliveries.`

const talkPause = 300 * time.Millisecond // between looks for new messages

// talk is a conversation on the terminal.
type talk struct {
	*request
	id       chipchat.ID
	voices   *voices
	seen     map[chipchat.ID]bool
	from     time.Time // messages from then on are looked at
	patience time.Duration
	typed    bool // on a terminal, by somebody who sees what is answered

	touchpoint string // by which the contact writes; empty for that of the conversation

	said     time.Time   // when the contact spoke last; zero if nothing is waited for
	saying   chipchat.ID // what he said then
	answered bool        // since then
}

// talkIn talks in a conversation.
func talkIn(ctx context.Context, args []string, env environment) error {
	r := env.request("conversations talk", "CONVERSATION", talkAbout)
	var b beginning
	b.flags(r)
	patience := r.Duration("wait", 10*time.Second, "how `long` to wait for an answer before it is said why there is none, and before the next line of a file or pipe")
	history := r.Int("history", 10, "`number` of messages from before that are shown")
	words, err := r.parse(args, "CONVERSATION")
	if err != nil {
		return err
	}
	t := &talk{request: r, seen: map[chipchat.ID]bool{}, patience: *patience, typed: isTerminal(env.stdin)}
	var c *chipchat.Conversation
	if words[0] == "new" {
		t.touchpoint = b.touchpoint
		c, err = r.begin(ctx, &b)
	} else if t.id, err = r.find(ctx, words[0]); err == nil {
		c, err = r.conversation(ctx, t.id)
	}
	if err != nil {
		return err
	}
	t.id, t.voices = c.ID, newVoices(env, c)
	fmt.Fprintf(env.stderr, "You are %s in the conversation %s.\nA line is a message, a number presses a button, :help tells more.\n", clean(t.voices.contact, ""), clean(string(t.id), ""))
	if *history > 0 {
		old, err := t.messages(ctx, t.id, chipchat.Query{"sort": "-createdAt"}, *history)
		if err != nil {
			return err
		}
		slices.Reverse(old)
		if _, err := t.show(ctx, old); err != nil {
			return err
		}
	}
	if t.from.IsZero() {
		t.from = c.CreatedAt
	}
	return t.run(ctx)
}

// run reads lines and shows messages until the lines end.
func (t *talk) run(ctx context.Context) error {
	lines := make(chan string)
	var read error // before lines is closed
	// A terminal is read until somebody types; the process ends without waiting for that.
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(t.env.stdin)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
		read = scanner.Err()
	}()
	look := time.NewTicker(talkPause)
	defer look.Stop()
	for ended := false; ; {
		if t.overdue() {
			t.tellWhy(ctx)
		}
		waits := !t.typed && t.waits()
		if ended && !waits {
			return nil
		}
		next := lines
		if ended || waits {
			next = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-next:
			if !ok {
				if read != nil {
					return fmt.Errorf("read what to say: %w", read)
				}
				ended = true
				continue
			}
			err := t.say(ctx, line)
			if errors.Is(err, errQuit) {
				return nil
			}
			if err != nil && !t.typed {
				return err
			}
			t.env.tell(ctx, err)
		case <-look.C:
			if err := t.hear(ctx); err != nil {
				return err
			}
		}
	}
}

// waits reports whether an answer to what was said is still to come.
func (t *talk) waits() bool { return !t.said.IsZero() && time.Since(t.said) < t.patience }

// overdue reports whether what was said has had no answer for as long as one is waited for.
func (t *talk) overdue() bool {
	return !t.said.IsZero() && !t.answered && time.Since(t.said) >= t.patience
}

// tellWhy says, of what was said and not answered, what became of its deliveries, as far as one may see them.
func (t *talk) tellWhy(ctx context.Context) {
	t.said = time.Time{} // it is told once
	paint := t.env.paint(t.env.stderr)
	hint := func(text string) { fmt.Fprintln(t.env.stderr, paint.yellow("hint:")+" "+text) }
	fmt.Fprintf(t.env.stderr, "No answer within %s.\n", span(t.patience))
	page, err := t.bot.Deliveries.List(ctx, chipchat.Query{"message": t.saying, "sort": "createdAt", "limit": 10})
	if err != nil {
		return // the conversation goes on all the same
	}
	if len(page.Items) == 0 {
		hint("no webhook is told of it: bellhop services lists them, bellhop listen PORT --events 'message.create.**' makes one")
		return
	}
	names, _ := t.serviceNames(ctx) // without them ids are shown
	for i := range page.Items {
		d := &page.Items[i]
		fmt.Fprintf(t.env.stderr, "  %s: %s\n", clean(names.of(d.Service), ""), clean(paint.result(d).text, ""))
	}
	hint("bellhop deliveries get " + string(page.Items[0].ID) + " shows what was sent and answered")
}

// hear shows what was said since the last look. After an answer nothing more is waited for once a look found nothing.
func (t *talk) hear(ctx context.Context) error {
	q := chipchat.Query{"sort": "createdAt"}
	if !t.from.IsZero() {
		q["createdAt"] = ">=" + t.from.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	messages, err := t.messages(ctx, t.id, q, 1000)
	if e, ok := errors.AsType[*chipchat.Error](err); ok && (e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests) {
		return nil // the next look may fare better
	}
	if err != nil {
		return err
	}
	n, err := t.show(ctx, messages)
	if n == 0 && t.answered {
		t.said, t.answered = time.Time{}, false
	}
	return err
}

// show shows messages that were not shown before, and returns how many there were.
func (t *talk) show(ctx context.Context, messages []chipchat.Message) (n int, err error) {
	for i := range messages {
		m := &messages[i]
		if t.seen[m.ID] {
			continue
		}
		n++
		t.seen[m.ID] = true
		if m.CreatedAt.After(t.from) {
			t.from = m.CreatedAt
		}
		if m.Role != chipchat.RoleContact && m.Type != "command" { // such as what an SDK remembers
			t.answered = true
		}
		if t.json {
			err = errors.Join(printLine(t.env.stdout, m.Raw), t.voices.write(io.Discard, m)) // which counts the buttons
		} else {
			if _, known := t.voices.names[m.User]; !known && m.User != "" {
				if c, err := t.conversation(ctx, t.id); err == nil { // else he stays without a name
					t.voices.meet(c)
				}
			}
			err = t.voices.write(t.env.stdout, m)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// errQuit says that somebody wants to end.
var errQuit = errors.New("quit")

const talkHelp = `  TEXT          is a message of the contact
  NUMBER        presses the button with this number
  /COMMAND, >X  is a command of yours, such as /assign
  :agent TEXT   says it to the contact as an agent
  :quit         ends, as Ctrl-D does
A space in front makes a message of what would be one of the others.`

// say does what a line says.
func (t *talk) say(ctx context.Context, line string) error {
	var message map[string]any
	word, rest, _ := strings.Cut(strings.TrimRight(line, " \r"), " ")
	number, err := strconv.Atoi(word)
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case word == ":quit" || word == ":q":
		return errQuit
	case word == ":help":
		_, err := fmt.Fprintln(t.env.stderr, talkHelp)
		return err
	case word == ":agent" && rest != "":
		message = map[string]any{"text": rest, "role": chipchat.RoleAgent}
	case strings.HasPrefix(line, ":"):
		return hinted(wrongUsage("there is no %s", word), "put a space in front to say it")
	case err == nil && rest == "" && number > 0 && number <= len(t.voices.buttons):
		message = pressed(t.voices.buttons[number-1])
	default:
		message = spoken(line, chipchat.RoleContact)
		if strings.HasPrefix(line, " ") {
			message["text"] = line[1:]
		}
	}
	if message["role"] == chipchat.RoleContact {
		t.said, t.answered = time.Now(), false
		if t.touchpoint != "" {
			message["touchpoint"] = t.touchpoint
		}
	}
	m, err := t.post(ctx, t.id, message)
	if err != nil {
		t.said = time.Time{}
		return err
	}
	if m.Role == chipchat.RoleContact {
		t.saying = m.ID
	}
	if t.typed && t.env.paint(t.env.stdout).on && m.Role == chipchat.RoleContact {
		t.seen[m.ID], t.voices.buttons = true, nil // it is there as it was typed
	}
	return nil
}
