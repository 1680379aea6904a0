package chipchat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"bellhop/chipchat"
)

// A webhook in a framework of one's own: read the bytes that came, verify them, then decode them.
func ExampleVerifyRequest() {
	hook := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "cannot read the body", http.StatusRequestEntityTooLarge)
			return
		}
		// The old secret may go when the rotation is over.
		err = chipchat.VerifyRequest(r, body, "new secret", "old secret")
		switch {
		case errors.Is(err, chipchat.ErrSignatureTime):
			w.WriteHeader(http.StatusTooEarly) // delivered again later
		case err != nil:
			fmt.Println(err)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusOK)
		}
	}
	body := `{"event":"user.login"}`
	for _, signature := range []string{
		chipchat.Sign("old secret", []byte(body)),
		chipchat.Sign("guessed", []byte(body)),
	} {
		r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
		r.Header.Set("X-Hub-Signature", signature)
		w := httptest.NewRecorder()
		hook(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// verify X-Hub-Signature: signature is wrong
	// 401
}

// A repeat is answered, but not handled again.
func ExampleNewMemoryDedupe() {
	bot, err := chipchat.New(chipchat.Options{
		Secret: "s3cret",
		Dedupe: chipchat.NewMemoryDedupe(0, 0),
	})
	if err != nil {
		log.Fatal(err)
	}
	bot.OnEvent("order.paid", func(context.Context, *chipchat.Event) error {
		fmt.Println("ship it")
		return nil
	})
	hook := bot.Handler()
	body := `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d91","event":"order.paid","activity":{}}`
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
		r.Header.Set("X-Hub-Signature", chipchat.Sign("s3cret", []byte(body)))
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		fmt.Print(w.Body)
	}
	// Output:
	// ship it
	// {"status":"ok"}
	// {"status":"ok"}
}

// A bot that is handed what a contact says in the order in which it was said. What failed and is sent again by the
// server after 10 seconds is waited for.
func ExampleOrder() {
	bot, err := chipchat.New(chipchat.Options{
		Token: os.Getenv("TOKEN"), Secret: os.Getenv("SECRET"),
		Order: &chipchat.Order{Gap: 12 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	bot.On("message.create.*.chat", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		if err := c.Say(ctx, "Let me look that up."); err != nil {
			return err
		}
		chipchat.Yield(ctx) // the contact may go on meanwhile
		return lookUp(ctx, m.Text)
	})
	http.Handle("/hook", bot.Handler())
}

func lookUp(context.Context, string) error { return nil }
