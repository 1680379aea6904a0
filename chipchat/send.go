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
	"reflect"
)

var (
	errNothingToSend = errors.New("nothing to send")
	errNothingMade   = errors.New("answer has no message")
)

// Send posts into a conversation: a string (a chat message), a Message, a []string or []Message, or anything that
// encodes to a JSON object, such as a map. A slice, also one that mixes these as []any, is one request, whose messages
// take effect in order. What is set in extra is laid over each message. Send returns the messages as they were created,
// in order, at least one; a failure is also emitted as the event "error" (docs/contract/sdk.md section 4). If a
// middleware keeps the messages back, the error is [ErrDrop], and nothing is emitted.
func (b *Bot) Send(ctx context.Context, conversation ID, body any, extra ...Message) ([]Message, error) {
	created, err := b.send(ctx, conversation, body, extra)
	if err != nil && !errors.Is(err, ErrDrop) {
		b.report(ctx, &middlewareError{"middleware send processing error: ", err})
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
	for i := range messages {
		for _, layer := range extra {
			messages[i].overlay(layer)
		}
		messages[i].Conversation = conversation
	}
	o := &Outgoing{Conversation: conversation, Messages: messages}
	if err := b.passSend(ctx, o); err != nil {
		return nil, fmt.Errorf("send to conversation %s: %w", conversation, err)
	}
	encoded, err := encodeOutgoing(o, single)
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

// outgoing reads the forms that Send takes; single means that the request is an object. The messages are copies.
func outgoing(body any) (messages []Message, single bool, err error) {
	if m, ok := body.(*Message); ok && m == nil || body == nil {
		return nil, false, errNothingToSend
	}
	list := reflect.ValueOf(body)
	_, encodes := body.(json.Marshaler) // such as a json.RawMessage, which is a slice as well
	if encodes || list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
		m, err := outgoingMessage(body)
		return []Message{m}, true, err
	}
	if list.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false, fmt.Errorf("a %T is no message", body)
	}
	for i := range list.Len() {
		m, err := outgoingMessage(list.Index(i).Interface())
		if err != nil {
			return nil, false, fmt.Errorf("message %d: %w", i, err)
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil, false, errNothingToSend
	}
	return messages, false, nil
}

// outgoingMessage reads one of them. Of an object it keeps what Message has no field for.
func outgoingMessage(body any) (Message, error) {
	switch body := body.(type) {
	case string:
		return Message{Text: body}, nil
	case Message:
		return body, nil
	case *Message:
		if body != nil {
			return *body, nil
		}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return Message{}, fmt.Errorf("encode message: %w", err)
	}
	if !isObject(encoded) {
		return Message{}, fmt.Errorf("a %T is no message", body)
	}
	type fields Message // decodes without Raw
	var m Message
	if err := decodeExactly(encoded, (*fields)(&m)); err != nil {
		return Message{}, fmt.Errorf("encode message: %w", err)
	}
	known, err := fieldsOf(m)
	if err != nil {
		return Message{}, err
	}
	if err := decodeExactly(encoded, &m.More); err != nil {
		return Message{}, fmt.Errorf("encode message: %w", err)
	}
	maps.DeleteFunc(m.More, func(name string, _ any) bool { return known[name] != nil })
	return m, nil
}

// encodeOutgoing makes the request: an object if that is what Send was given, unless middleware made more of it.
func encodeOutgoing(o *Outgoing, single bool) ([]byte, error) {
	objects := make([]map[string]json.RawMessage, len(o.Messages))
	for i, m := range o.Messages {
		fields, err := fieldsOf(m)
		if err != nil {
			return nil, err
		}
		objects[i] = fields
	}
	if single && len(objects) == 1 {
		return plainJSON(objects[0])
	}
	return plainJSON(objects)
}

func fieldsOf(m Message) (fields map[string]json.RawMessage, err error) {
	encoded, err := plainJSON(m)
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
