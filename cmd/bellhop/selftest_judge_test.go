package main

import (
	"strings"
	"testing"
	"time"
)

// A story is what happened to a server that was killed at second 10 and came back at
// second 11, as far as the ledger saw it.
type story struct {
	*crashLedger
	began time.Time
}

func newStory() *story {
	s := &story{newCrashLedger(), time.Now()}
	s.lives = []*crashLife{
		{started: s.at(0), ended: s.at(10), killed: true},
		{started: s.at(11), ended: s.at(100)},
	}
	return s
}

func (s *story) at(second float64) time.Time {
	return s.began.Add(time.Duration(second * float64(time.Second)))
}

// published is an event that was accepted in that second, after 5 ms.
func (s *story) published(key string, second float64) *crashEvent {
	p := s.post(crashAll+1, key)
	s.crashLedger.answered(p, crashAccepted, crashWait{sent: s.at(second), answered: s.at(second + 0.005)})
	return p.events[0]
}

// came is a delivery that came in that second and was answered after 1 ms.
func (s *story) came(e *crashEvent, second float64) *crashArrival {
	life := 0
	if second > 10 {
		life = 1
	}
	a := s.arrived(e.number, &crashArrival{delivery: "d", attempt: 1, life: life, started: s.at(second)})
	a.answered = s.at(second + 0.001)
	e.came[a.hook] = true
	return a
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name    string
		tell    func(*story)
		want    crashResult
		problem string
	}{
		{"all is well", func(s *story) {
			s.came(s.published("k", 1), 1.1)
			s.came(s.published("k", 2), 2.1)
		}, crashResult{Accepted: 2}, ""},
		{"lost", func(s *story) { s.published("k", 1) }, crashResult{Accepted: 1, Lost: 1}, "1 lost"},
		{"under way at the kill", func(s *story) {
			e := s.published("k", 9)
			s.came(e, 9.9).answered = time.Time{}
			s.came(e, 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1, UnderWay: 1, Recovery: 0}, ""},
		{"answered just before the kill", func(s *story) {
			e := s.published("k", 9)
			s.came(e, 9.985)
			s.came(e, 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1}, ""},
		{"answered before the kill, in a long commit", func(s *story) {
			s.published("k", 9.91)
			s.waits = append(s.waits, crashWait{sent: s.at(9.9), answered: s.at(11)})
			s.came(s.events[0], 9.92)
			s.came(s.events[0], 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1}, ""},
		{"answered long before the kill", func(s *story) {
			e := s.published("k", 9)
			s.came(e, 9.9)
			s.came(e, 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, "without a reason"},
		{"answered while nothing could be written", func(s *story) {
			s.lives[0].starved = s.at(5)
			e := s.published("k", 4)
			s.came(e, 5.1)
			s.came(e, 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Starved: 1}, ""},
		{"repeated without a kill", func(s *story) {
			e := s.published("k", 9)
			s.came(e, 9.1)
			s.came(e, 9.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, "without a reason"},
		{"repeated after an orderly end", func(s *story) {
			s.lives[0].killed = false
			e := s.published("k", 9)
			s.came(e, 9.99)
			s.came(e, 11.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, "without a reason"},
		{"out of order", func(s *story) {
			first, second := s.published("k", 1), s.published("k", 2)
			s.came(second, 2.1)
			s.came(first, 2.2)
		}, crashResult{Accepted: 2, OutOfOrder: 2}, "out of order"},
		{"another key", func(s *story) {
			first, second := s.published("k", 1), s.published("l", 2)
			s.came(second, 2.1)
			s.came(first, 2.2)
		}, crashResult{Accepted: 2}, ""},
		{"repeats out of order", func(s *story) {
			first, second := s.published("k", 9), s.published("k", 9.1)
			s.came(first, 9.98)
			s.came(second, 9.99)
			s.came(second, 11.1)
			s.came(first, 11.2)
		}, crashResult{Accepted: 2, Duplicates: 2, OutOfOrder: 1}, "out of order"},
		{"late after the restart", func(s *story) { s.came(s.published("k", 9), 17) }, crashResult{Accepted: 1, Recovery: 6, RecoveryMedian: 6}, "after a restart it took 6.00 s"},
		{"soon after the restart", func(s *story) { s.came(s.published("k", 9), 11.5) }, crashResult{Accepted: 1, Recovery: 0.5, RecoveryMedian: 0.5}, ""},
		{"refused, and there", func(s *story) {
			p := s.post(crashAll+1, "k")
			s.crashLedger.answered(p, crashRefused, crashWait{sent: s.at(1), answered: s.at(2)})
			s.came(p.events[0], 3)
		}, crashResult{Refused: 1}, "was refused is there"},
		{"half an array", func(s *story) {
			p := s.post(crashAll+1, "k", "l")
			s.crashLedger.answered(p, crashUnknown, crashWait{sent: s.at(1), answered: s.at(2)})
			s.came(p.events[0], 3)
		}, crashResult{Unanswered: 2}, "half there: 1 of 2"},
		{"stored twice", func(s *story) {
			e := s.published("k", 9)
			s.came(e, 9.1)
			s.came(e, 9.2).delivery = "another"
		}, crashResult{Accepted: 1}, "stored twice"},
		{"a retry", func(s *story) {
			e := s.published("k", 1)
			first := s.came(e, 20)
			first.failed, e.failed = true, true
			s.came(e, 30).attempt = 2
		}, crashResult{Accepted: 1, Retries: 1}, ""},
		{"an early retry", func(s *story) {
			e := s.published("k", 1)
			first := s.came(e, 20)
			first.failed, e.failed = true, true
			s.came(e, 28).attempt = 2
		}, crashResult{Accepted: 1, Retries: 1}, "too early"},
		{"a retry as the clock jumps", func(s *story) {
			e := s.published("k", 1)
			first := s.came(e, 20)
			first.failed, e.failed = true, true
			second := s.came(e, 22)
			second.attempt, second.ahead = 2, time.Hour
		}, crashResult{Accepted: 1, Retries: 1}, ""},
		{"a panic", func(s *story) { s.strange("the server said %q", "panic: oops") }, crashResult{}, "oops"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStory()
			test.tell(s)
			got := s.judged(t, test.problem)
			if got.line() != withProblems(test.want, len(got.Problems)) || got.UnderWay != test.want.UnderWay || got.Starved != test.want.Starved ||
				got.Retries != test.want.Retries || got.Unanswered != test.want.Unanswered {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// judged returns what the judge says of s. It must be one with a problem that contains that text, or with none if it is empty.
func (s *story) judged(t *testing.T, problem string) (got crashResult) {
	t.Helper()
	s.judge(&got)
	got.sum()
	problems := strings.Join(got.Problems, "\n")
	if (problems == "") != (problem == "") || !strings.Contains(problems, problem) {
		t.Errorf("problems %q, want %q", problems, problem)
	}
	got.Recovery, got.RecoveryMedian = round(got.Recovery), round(got.RecoveryMedian)
	return got
}

func round(seconds float64) float64 { return float64(int(seconds*1000+0.5)) / 1000 }

func withProblems(r crashResult, n int) string {
	r.Problems = make([]string, n)
	return r.line()
}

func TestJudgeTexts(t *testing.T) {
	l := newCrashLedger()
	for text, outcome := range map[string]crashOutcome{
		"fine": crashAccepted, "gone": crashAccepted, "unanswered": crashUnknown, "twice": crashAccepted, "unasked": crashUnknown, "refused": crashRefused,
	} {
		l.saying(text, outcome)
	}
	var r crashResult
	l.judgeTexts(&r, map[string]int{"fine": 1, "re fine": 1, "gone": 1, "twice": 1, "re twice": 2, "unasked": 1, "re unasked": 1, "refused": 1})
	if r.Accepted != 3 || r.Lost != 1 || r.PostedTwice != 1 || len(r.Problems) != 1 {
		t.Errorf("judged %+v", r)
	}
}
