package event

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Answer is what the body of a 2xx answer asks for (docs/contract/delivery.md section 5, "Messages in
// the answer").
type Answer struct {
	// Token is whose messages they are; empty if the answer names nobody. A token that is not a string
	// is given as its JSON text, which is no valid token either: it must not pass for none.
	Token string
	// Messages are the messages to post, in order: clean, canonical JSON objects, none of them empty.
	Messages []json.RawMessage
}

// ParseAnswer reads the messages in the body of an answer: {"messages":[...]}, one message with text,
// or an array of messages. It reports false if there is nothing to post: the body is empty or not JSON,
// has neither messages nor text, or its messages are empty. What remains of an array is posted without
// its empty messages. Whether a message is valid is judged by who posts it.
func ParseAnswer(body []byte) (Answer, bool) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return Answer{}, false
	}
	text, err := Clean(make([]byte, 0, len(body)), body)
	if err != nil {
		return Answer{}, false
	}
	root, ok := parseNode(text)
	if !ok {
		return Answer{}, false
	}
	a := Answer{}
	if root.kind() == '[' {
		a.add(root.kids)
		return a, len(a.Messages) > 0
	}
	a.Token = root.token()
	if list := root.kid("messages"); list != nil && list.kind() == '[' {
		a.add(list.kids)
	} else if root.kid("text") != nil {
		a.add([]node{root.without("token")})
	}
	return a, len(a.Messages) > 0
}

func (a *Answer) add(messages []node) {
	for i := range messages {
		if m := &messages[i]; m.kind() == '{' && !m.emptyMessage() {
			a.Messages = append(a.Messages, json.RawMessage(m.raw))
		}
	}
}

func (n *node) token() string {
	t := n.kid("token")
	switch {
	case t == nil || string(t.raw) == "null":
		return ""
	case t.kind() == '"':
		return unquote(t.raw)
	}
	return string(t.raw)
}

// without is the object n less one member, which stands beside a message but is no part of it.
func (n *node) without(name string) node {
	out := node{raw: n.raw, kids: slices.DeleteFunc(slices.Clone(n.kids), func(kid node) bool {
		return unquote(kid.key) == name
	})}
	out.raw = out.append(nil)
	return out
}

// emptyMessage reports whether a message has neither text nor anything else to show. A message broken
// into characters, {"0":"H","1":"i"}, has text (docs/contract/conversations.md section 3).
func (n *node) emptyMessage() bool {
	for _, name := range []string{"actions", "items", "results"} {
		if list := n.kid(name); list != nil && len(list.kids) > 0 {
			return false
		}
	}
	text := n.kid("text")
	if text == nil {
		text = n.kid("0")
	}
	return text == nil || string(text.raw) == `""` || string(text.raw) == "null"
}
