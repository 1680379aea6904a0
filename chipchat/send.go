package chipchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
)

var (
	errNothingToSend = errors.New("nothing to send")
	errNothingMade   = errors.New("answer has no message")
)

// Send posts into a conversation: a string (a chat message), a Message, a []string or a []Message. A slice is one
// request, whose messages take effect in order. What is set in extra is laid over each message. Send returns the
// messages as they were created, in order, at least one; a failure is also emitted as the event "error"
// (docs/contract/sdk.md section 4).
func (b *Bot) Send(ctx context.Context, conversation ID, body any, extra ...Message) ([]Message, error) {
	created, err := b.send(ctx, conversation, body, extra)
	if err != nil {
		b.report(ctx, err)
	}
	return created, err
}

func (b *Bot) send(ctx context.Context, conversation ID, body any, extra []Message) ([]Message, error) {
	if conversation == "" {
		return nil, fmt.Errorf("send: missing conversation")
	}
	messages, single, err := outgoing(body)
	if err != nil {
		return nil, fmt.Errorf("send to conversation %s: %w", conversation, err)
	}
	encoded, err := encodeOutgoing(conversation, messages, extra, single)
	if err != nil {
		return nil, fmt.Errorf("send to conversation %s: %w", conversation, err)
	}
	var answer json.RawMessage
	path := "conversations/" + url.PathEscape(string(conversation)) + "/messages"
	if _, err := b.api.do(ctx, call{method: http.MethodPost, path: path, body: encoded}, &answer); err != nil {
		return nil, err
	}
	created, err := decodeCreated(answer)
	if err != nil {
		return nil, fmt.Errorf("send to conversation %s: %w", conversation, err)
	}
	b.orders.sent(conversation, created)
	return created, nil
}

// outgoing reads the forms that Send takes; single means that the request is an object.
func outgoing(body any) (messages []Message, single bool, err error) {
	switch body := body.(type) {
	case string:
		return []Message{{Text: body}}, true, nil
	case Message:
		return []Message{body}, true, nil
	case *Message:
		if body != nil {
			return []Message{*body}, true, nil
		}
	case []Message:
		messages = body
	case []string:
		for _, text := range body {
			messages = append(messages, Message{Text: text})
		}
	default:
		return nil, false, fmt.Errorf("a %T is no message", body)
	}
	if len(messages) == 0 {
		return nil, false, errNothingToSend
	}
	return messages, false, nil
}

func encodeOutgoing(conversation ID, messages, extra []Message, single bool) ([]byte, error) {
	objects := make([]map[string]json.RawMessage, len(messages))
	for i, m := range messages {
		object := map[string]json.RawMessage{}
		for _, layer := range append([]Message{m}, extra...) {
			fields, err := fieldsOf(layer)
			if err != nil {
				return nil, err
			}
			maps.Copy(object, fields)
		}
		id, err := json.Marshal(conversation)
		if err != nil {
			return nil, fmt.Errorf("encode conversation id: %w", err)
		}
		object["conversation"] = id
		objects[i] = object
	}
	if single {
		return json.Marshal(objects[0])
	}
	return json.Marshal(objects)
}

func fieldsOf(m Message) (fields map[string]json.RawMessage, err error) {
	encoded, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	if err := json.Unmarshal(encoded, &fields); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return fields, nil
}

func decodeCreated(answer json.RawMessage) ([]Message, error) {
	answer = bytes.TrimSpace(answer)
	var created []Message
	if isArray(answer) {
		if err := decode(answer, &created); err != nil {
			return nil, fmt.Errorf("decode created messages: %w", err)
		}
	} else if isObject(answer) {
		created = make([]Message, 1)
		if err := decode(answer, &created[0]); err != nil {
			return nil, fmt.Errorf("decode created message: %w", err)
		}
	}
	if len(created) == 0 {
		return nil, errNothingMade
	}
	return created, nil
}
