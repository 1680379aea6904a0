package chipchat_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"bellhop/chipchat"
)

// A bot in a server that is there already. The mux knows the path; ping lies below it.
func ExampleBot_Handler() {
	bot, err := chipchat.New(chipchat.Options{Token: token, Secret: "s3cret", HTTPClient: (&platform{}).client()})
	if err != nil {
		log.Fatal(err)
	}
	bot.On("message", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, "You said: "+m.Text)
	})
	mux := http.NewServeMux()
	mux.Handle("/bots/greeter", bot.Handler())
	mux.Handle("/bots/greeter/ping", bot.Handler())

	// What the server of the contract sends.
	challenge := httptest.NewRequest("GET", "/bots/greeter?type=subscribe&challenge=q7TzB2mWk0LfXaE", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, challenge)
	fmt.Println(w.Code, w.Body)

	body := contactSays("hi", "")
	delivery := httptest.NewRequest("POST", "/bots/greeter", bytes.NewReader(body))
	delivery.Header.Set("X-Hub-Signature", chipchat.Sign("s3cret", body))
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, delivery)
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 200 q7TzB2mWk0LfXaE
	// bot: You said: hi
	// 200 {"status":"ok"}
}

// A router of its own for the paths of a bot, with answers before the handlers run.
func ExampleBot_Router() {
	bot := newBot(&platform{})
	mux := http.NewServeMux()
	mux.Handle("/greeter/", http.StripPrefix("/greeter", bot.Router(chipchat.RouterOptions{Prefix: "/hook", AtOnce: true})))
	for _, path := range []string{"/greeter/hook?type=subscribe&challenge=x", "/greeter/hook", "/greeter/other"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /greeter/hook?type=subscribe&challenge=x 200
	// /greeter/hook 403
	// /greeter/other 404
}

// Deliveries that come from a queue: what is needed are the bytes and the headers of the request.
func ExampleBot_Ingest() {
	bot := newBot(&platform{})
	bot.OnEvent("user.login", func(_ context.Context, e *chipchat.Event) error {
		var user chipchat.User
		if err := e.Decode("user", &user); err != nil {
			return err
		}
		fmt.Println(user.GivenName, "is here:", e.Activity.Summary)
		return nil
	})
	body := `{"event":"user.login","activity":{"summary":"User Ada Smit logged in"},"data":{"user":{"givenName":"Ada"}}}`
	if err := bot.Ingest(context.Background(), []byte(body), http.Header{}); err != nil {
		log.Print(err)
	}
	// Output: Ada is here: User Ada Smit logged in
}
