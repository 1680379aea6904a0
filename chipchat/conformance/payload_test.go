package conformance

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// ids are what a scenario calls its own: whatever an SDK remembers for the life of a process, it does not share.
type ids struct {
	bot, conversation, organization, jenny, ada, token string
	all                                                *strings.Replacer
}

func idsOf(n int) ids {
	id := func(kind int) string { return fmt.Sprintf("64b0f1a2c3d4e5f6%02x%06x", kind, n) }
	i := ids{bot: id(1), conversation: id(2), organization: id(3), jenny: id(4), ada: id(5)}
	claims := func(grant, scope string, issued int) string {
		return jwt(fmt.Sprintf(`{"_id":%q,"organization":%q,"scope":%q,"grant_type":%q,"iat":%d}`,
			i.bot, i.organization, scope, grant, issued))
	}
	i.token = claims("access_token", "viewer anonymous guest agent bot", 1)
	i.all = strings.NewReplacer(
		"{bot}", i.bot, "{conversation}", i.conversation, "{organization}", i.organization, "{jenny}", i.jenny, "{ada}", i.ada,
		"{other}", id(6), "{token}", i.token,
		"{token again}", claims("access_token", "viewer anonymous guest agent bot", 2),
		"{token of agent}", claims("access_token", "viewer anonymous guest agent", 1),
		"{token without grant}", jwt(fmt.Sprintf(`{"_id":%q,"scope":"bot"}`, i.bot)),
		"{token of admin}", jwt(fmt.Sprintf(`{"_id":%q,"organization":%q,"scope":"viewer anonymous guest agent bot supervisor admin","iat":1700000000,"exp":1700086400}`, i.bot, i.organization)),
		"{refresh}", claims("refresh_token", "bot", 1),
	)
	return i
}

func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func (i ids) fill(text string) string { return i.all.Replace(text) }

// object is one of JSON.
type object = map[string]any

func (i ids) aConversation() object {
	return object{
		"id": i.conversation, "organization": i.organization, "name": "Jenny", "status": "active", "type": "contact",
		"participants": []any{
			object{"user": i.bot, "role": "bot", "active": true},
			object{"user": i.jenny, "role": "contact", "active": true},
		},
		"meta": object{},
	}
}

// expand makes a step that is a delivery or a request whole: {"ingest": payload, ...} or {"http": request}.
func (i ids) expand(step object) (object, error) {
	payload, known := step["ingest"]
	if message, ok := step["hear"].(map[string]any); ok {
		payload, known = i.heard(step, message), true
	}
	if event, ok := step["happen"].(string); ok {
		payload, known = i.happened(event, step), true
	}
	request, isRequest := step["http"].(map[string]any)
	switch {
	case isRequest:
		return object{"http": i.signed(request, step)}, nil
	case !known:
		return nil, fmt.Errorf("it is neither a delivery nor a request")
	case step["via"] == "http":
		path, ok := step["path"].(string)
		if !ok {
			path = "/"
		}
		return object{"http": i.signed(object{
			"method": "POST", "path": path, "body": encode(payload), "headers": object{"Content-Type": "application/json"},
			"within": step["within"],
		}, step)}, nil
	}
	whole := object{"ingest": payload}
	for _, key := range []string{"signature", "async", "within"} {
		if value, ok := step[key]; ok {
			whole[key] = value
		}
	}
	if secret, ok := step["sign"].(string); ok {
		whole["signature"] = sign(secret, encode(payload))
	}
	return whole, nil
}

func (i ids) heard(step, message object) object {
	whole := merge(object{"id": "m0", "conversation": i.conversation, "type": "chat", "role": "contact", "user": i.jenny}, message)
	event, ok := step["event"].(string)
	if !ok {
		event = fmt.Sprintf("message.create.contact.%v", whole["type"])
	}
	conversation := i.aConversation()
	if over, ok := step["conversation"].(map[string]any); ok {
		conversation = merge(conversation, over)
	}
	return merge(i.envelope(event), object{"data": object{"message": whole, "conversation": conversation}})
}

func (i ids) happened(event string, step object) object {
	payload := i.envelope(event)
	for _, key := range []string{"data", "activity"} {
		if value, ok := step[key]; ok {
			payload = merge(payload, object{key: value})
		}
	}
	return payload
}

func (i ids) envelope(event string) object {
	return object{
		"id": "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90", "timestamp": "2024-05-26T10:15:30.123Z", "event": event,
		"organization": i.organization,
		"activity":     object{"type": "Create", "summary": "something happened", "published": "2024-05-26T10:15:30.123Z"},
		"data":         object{},
	}
}

// signed adds the signature that a step wants on a request.
func (i ids) signed(request, step object) object {
	if request["within"] == nil {
		delete(request, "within")
	}
	secret, ok := step["sign"].(string)
	if !ok {
		return request
	}
	body, _ := request["body"].(string)
	headers, _ := request["headers"].(map[string]any)
	return merge(request, object{"headers": merge(headers, object{"X-Hub-Signature": sign(secret, body)})})
}

// sign does what docs/contract/delivery.md section 4 says, apart from either SDK.
func sign(secret, body string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

// request makes the short forms of a request wanted whole: ["METHOD /path?query", body, headers].
func (i ids) request(want any) any {
	path := "POST /v2/conversations/" + i.conversation + "/messages"
	short, ok := want.(map[string]any)
	if !ok {
		if line, ok := want.(string); ok {
			return []any{line}
		}
		return want
	}
	if command, ok := short["command"].(string); ok {
		meta, ok := short["meta"]
		if !ok {
			meta = object{}
		}
		return []any{path, object{"text": command, "type": "command", "meta": meta, "conversation": i.conversation}}
	}
	message, ok := short["say"].(map[string]any)
	if !ok {
		message = object{"text": short["say"]}
	}
	return []any{path, merge(object{"conversation": i.conversation}, message)}
}
