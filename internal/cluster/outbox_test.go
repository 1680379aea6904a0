package cluster

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// What is large does not go with notifications, and those that go together are not many bytes.
func TestLargeGoesByItself(t *testing.T) {
	var o outbox
	o.open()
	for _, p := range []parcel{
		{kind: kindQuestion, payload: make([]byte, MaxQuestion)}, {kind: kindMessage, topic: "small"},
		{kind: kindAnswer, payload: make([]byte, maxSmall+1)}, {kind: kindAnswer, payload: make([]byte, maxSmall), topic: "small"},
	} {
		o.add(p)
	}
	batch := o.take()
	if len(batch) != 2 || batch[0].topic != "small" || batch[1].topic != "small" {
		t.Errorf("%d parcels go together, want the two small ones", len(batch))
	}
	for _, size := range []int{MaxQuestion, maxSmall + 1} {
		if p, ok := o.large.next(); !ok || len(p.payload) != size {
			t.Errorf("a large one of %d bytes, %v, want %d", len(p.payload), ok, size)
		}
	}
	if _, ok := o.large.next(); ok || o.large.size != 0 {
		t.Errorf("something is left, of %d bytes", o.large.size)
	}

	for range 100 {
		o.add(parcel{kind: kindMessage, payload: make([]byte, maxSmall)})
	}
	for sent := 0; sent < 100; {
		batch := o.take()
		if n := len(batch); n == 0 || (n-1)*maxSmall >= mostBytes {
			t.Fatalf("%d parcels of %d bytes go together", n, maxSmall)
		}
		sent += len(batch)
	}

	for range mostLarge / MaxQuestion {
		o.add(parcel{kind: kindAnswer, payload: make([]byte, MaxQuestion)})
	}
	if o.add(parcel{kind: kindQuestion, payload: make([]byte, MaxQuestion)}) {
		t.Error("there is room for everything")
	}
}

// What is larger may take longer.
func TestPatienceFitsTheSize(t *testing.T) {
	c := New(Config{DB: nil})
	if got := c.patienceFor(0); got != c.config.times.patience {
		t.Errorf("nothing may take %s", got)
	}
	if got := c.patienceFor(MaxQuestion); got < 10*time.Second || got > askFor/2 {
		t.Errorf("the largest question may take %s", got)
	}
}

func TestRepeatedQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asked
		repeated := func(number int64, want bool) {
			t.Helper()
			if got := a.isRepeated("a", number); got != want {
				t.Errorf("question %d is repeated: %t, want %t", number, got, want)
			}
		}
		repeated(1, false)
		repeated(1, true)
		time.Sleep(rememberFor)
		repeated(2, false)
		repeated(1, true)
		time.Sleep(rememberFor + 1)
		repeated(3, false)
		repeated(2, true)
		time.Sleep(rememberFor + 1)
		repeated(4, false)
		repeated(2, false)
		if a.isRepeated("b", 4) {
			t.Error("the question of another node is taken for a repeated one")
		}
		for n := range int64(3 * mostRemembered) {
			a.isRepeated("a", 10+n)
		}
		if n := len(a.begun) + len(a.before); n > 2*mostRemembered {
			t.Errorf("%d questions are remembered", n)
		}
	})
}

// An answer that has come and could not be read is lost, and nobody waits for it.
func TestAnswerThatIsNotRead(t *testing.T) {
	var a asked
	a.open()
	number, heard := a.ask("b")
	a.lostOne(number, "c")
	a.lostOne(number, "b")
	h := <-heard
	if _, err := h.read(); !errors.Is(err, ErrLost) {
		t.Errorf("the answer is %v, want that it may be lost", err)
	}
}

// Nobody waits either for an answer for which too many letters have come.
func TestAnswerThatIsOneTooMany(t *testing.T) {
	c := New(Config{})
	for range mostFetching {
		c.letters <- letter{}
	}
	number, answers := c.asked.ask("b")
	text := encodeLetter("b", &parcel{kind: kindAnswer, number: number, topic: "double"}, 1)
	if err := c.hear(t.Context(), "a", nil, text); err != nil {
		t.Fatal(err)
	}
	select {
	case h := <-answers:
		if _, err := h.read(); !errors.Is(err, ErrLost) {
			t.Errorf("the answer is %v, want that it may be lost", err)
		}
	default:
		t.Error("somebody waits for an answer that was dropped")
	}
}

// Who has asked one question too many hears so at once, and it is not answered later.
func TestQuestionThatIsOneTooMany(t *testing.T) {
	c := New(Config{})
	c.out.open()
	for range mostFetching {
		c.letters <- letter{}
	}
	question := parcel{kind: kindQuestion, number: 7, topic: "double"}
	for range 2 {
		if err := c.hear(t.Context(), "a", nil, encodeLetter("b", &question, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.out.parcels) != 1 {
		t.Fatalf("%d answers are sent, want one", len(c.out.parcels))
	}
	a := c.out.parcels[0]
	h := heard{payload: a.payload}
	if _, err := h.read(); a.to != "b" || a.kind != kindAnswer || a.number != 7 || !bellhop.HasCode(err, bellhop.TooMany) {
		t.Errorf("the answer to %s is %q, %v; want that it is one too many", a.to, a.payload, err)
	}
	if !c.asked.isRepeated("b", 7) {
		t.Error("the question would be answered if it came again")
	}
}
