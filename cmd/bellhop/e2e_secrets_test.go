//go:build !race

package main_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsStaySecret uses everything that is secret, and then looks for it where others look: in the files, the log,
// the records of deliveries and the metrics.
//
// Contract: services.md 2: In event payloads
// Contract: extensions.md 2: Nothing secret is kept
func TestSecretsStaySecret(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	const (
		secret       = "webhook-secret-kumquat"
		newSecret    = "webhook-secret-tamarind"
		urlPassword  = "url-password-rambutan"
		headerValue  = "header-value-persimmon"
		userPassword = "user-password-mangosteen"
		wrong        = "wrong-password-durian"
		replayTo     = "replay-password-longan"
	)
	s := newServer(t, bin)
	admin := s.login()
	bot := admin.newBot("Echo")
	receiver := newReceiver(t, func(path string, n notification) (int, any) {
		if path == "/" && n.Event == contactChat && n.Data.Message.Role == "contact" {
			return http.StatusOK, object{"token": bot.Token, "messages": []object{{"text": "re " + n.Data.Message.Text, "role": "agent"}}}
		}
		return http.StatusOK, nil
	})
	address := strings.Replace(receiver.URL, "http://", "http://username:"+urlPassword+"@", 1)
	params := object{"url": address, "secret": secret, "headers": object{"X-Api-Key": headerValue}}
	hook := admin.newWebhook("Echo", params)
	generated := admin.newWebhook("generated", object{"url": address + "/generated"})
	params["secret"] = newSecret
	admin.must(http.StatusOK, "PATCH", "/v2/services/"+hook.ID, object{"params": params}, nil)
	if generated.Params.Secret == "" {
		t.Fatal("the webhook made without a secret has none")
	}
	// During the overlap both secrets are in use.
	var rotated, again struct{ Secret string }
	admin.must(http.StatusOK, "POST", "/v2/services/"+hook.ID+"/rotate", object{"overlap": 3600}, &rotated)
	admin.must(http.StatusOK, "POST", "/v2/services/"+generated.ID+"/rotate", nil, &again)

	admin.must(http.StatusCreated, "POST", "/v2/users",
		object{"givenName": "Joe", "email": "joe@example.com", "password": userPassword}, nil)
	session := admin.authenticate()
	admin.must(http.StatusUnauthorized, "POST", "/v2/auth/token", object{"email": adminEmail, "password": wrong}, nil)
	var refreshed credentials
	admin.must(http.StatusCreated, "POST", "/v2/auth/token",
		object{"clientId": bot.Email, "refreshToken": bot.RefreshToken}, &refreshed)
	stranger := admin
	stranger.token = bot.Token + "x"
	stranger.must(http.StatusUnauthorized, "GET", "/v2/users", nil, nil)

	conversation := admin.newConversation("Jenny", "hello")
	eventually(t, "the answer with a token was posted", func() bool { return admin.count(conversation, "re hello") == 1 })
	admin.settled()
	elsewhere := strings.Replace(receiver.URL, "http://", "http://username:"+replayTo+"@", 1)
	replay := admin.startReplay(hook.ID, object{"status": "any", "url": elsewhere})
	if replay = admin.done(replay.ID); replay.Sent == 0 {
		t.Error("the replay has sent nothing")
	}

	secrets := map[string]string{
		"the admin's password":   adminPassword,
		"a wrong password":       wrong,
		"a user's password":      userPassword,
		"the webhook's secret":   newSecret,
		"its secret of before":   secret,
		"a generated secret":     generated.Params.Secret,
		"a rotated secret":       rotated.Secret,
		"another rotated secret": again.Secret,
		"the URL's password":     urlPassword,
		"a replay's password":    replayTo,
		"basic authentication":   base64.StdEncoding.EncodeToString([]byte("username:" + urlPassword)),
		"a fixed header's value": headerValue,
	}
	for name, token := range map[string]string{
		"the admin's token":           admin.token,
		"the session's token":         session.Token,
		"the session's refresh token": session.RefreshToken,
		"the bot's token":             bot.Token,
		"the bot's refresh token":     bot.RefreshToken,
		"the bot's new token":         refreshed.Token,
	} {
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			t.Fatalf("%s is not a JWT", name)
		}
		// The rest of a token can be known to all. Its signature is what makes it one.
		secrets["the signature of "+name] = parts[2]
	}
	look := func(where string, text []byte) {
		for name, value := range secrets {
			if bytes.Contains(text, []byte(value)) {
				t.Errorf("%s is in %s", name, where)
			}
		}
	}

	all := admin.deliveries("")
	if len(all) == 0 {
		t.Fatal("there are no deliveries to look at")
	}
	changes := 0
	for _, d := range all {
		record := admin.raw("/v2/deliveries/" + d.ID)
		look("the record of a delivery of "+d.Event, record)
		if !bytes.Contains(record, []byte(`"Webhook-Signature":"v1,`)) {
			t.Errorf("the record of a delivery of %s does not show how it was signed", d.Event)
		}
		if d.Event == "service.update" {
			changes++
		}
	}
	if changes == 0 {
		t.Error("nobody was told that a secret was rotated")
	}
	look("the list of deliveries", admin.raw("/v2/deliveries?limit=1000"))
	look("the list of replays", admin.raw("/v2/replays?limit=1000"))
	look("the list of events", admin.raw("/v2/events?limit=1000"))
	lookInFiles(t, s.data, look)
	s.stop()
	lookInFiles(t, s.data, look)
	look("the log", s.log.bytes())
}

// raw returns an answer as it came.
func (a api) raw(path string) []byte {
	a.t.Helper()
	status, answer, err := a.call(a.t.Context(), "GET", path, nil)
	if err != nil || status != http.StatusOK {
		a.t.Fatalf("GET %s = %d, %v, want 200: %s", path, status, err, answer)
	}
	return answer
}

func lookInFiles(t *testing.T, dir string, look func(where string, text []byte)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		look("the file "+entry.Name(), text)
		n++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("the data directory is empty")
	}
}
