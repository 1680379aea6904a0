package main

import (
	"strings"
	"testing"
	"time"
)

// nodesStory is what happened to two nodes, the runs 0 and 1, that ran all the time.
func nodesStory() *story {
	s := &story{newCrashLedger(), time.Now()}
	s.several, s.patience = true, 12*time.Second
	s.lives = []*crashLife{
		{number: 0, node: 0, started: s.at(0), ended: s.at(100)},
		{number: 1, node: 1, started: s.at(0), ended: s.at(100)},
	}
	return s
}

// sent is a delivery that a run of a node sent in that second, and that was answered after 1 ms.
func (s *story) sent(life int, e *crashEvent, second float64) *crashArrival {
	a := s.arrived(e.number, &crashArrival{delivery: "d", attempt: 1, life: life, started: s.at(second)})
	a.answered = s.at(second + 0.001)
	e.came[a.hook] = true
	return a
}

// befell is a fault of node 0, or of all nodes, from one second to another.
func (s *story) befell(kind string, all bool, from, to float64) *crashFault {
	f := &crashFault{kind: kind, life: s.lives[0]}
	if all {
		f.node, f.life, f.all = -1, nil, true
	}
	f.began, f.ended = s.at(from), s.at(to)
	f.blind = kind != faultKill && kind != faultDrain
	f.lossy = kind == faultImmediate
	s.faults = append(s.faults, f)
	return f
}

func TestJudgeNodes(t *testing.T) {
	for _, test := range []struct {
		name    string
		tell    func(*story)
		want    crashResult
		blind   int
		problem string
	}{
		{"all is well", func(s *story) {
			s.sent(0, s.published("k", 1), 1.1)
			s.sent(1, s.published("k", 2), 2.1)
		}, crashResult{Accepted: 2}, 0, ""},
		{"lost", func(s *story) {
			s.befell(faultKill, false, 1, 2)
			s.published("k", 1)
		}, crashResult{Accepted: 1, Lost: 1}, 0, "1 lost"},
		{"repeated by another node without a reason", func(s *story) {
			e := s.published("k", 1)
			s.sent(0, e, 1.1)
			s.sent(1, e, 1.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated after a hand-over", func(s *story) {
			s.befell(faultDrain, false, 10, 11)
			s.lives[0].ended = s.at(10.5)
			e := s.published("k", 9.9)
			s.sent(0, e, 9.99)
			s.sent(1, e, 10.6)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"killed after an answer", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			e := s.published("k", 9.9)
			s.sent(0, e, 9.985)
			s.sent(1, e, 17)
		}, crashResult{Accepted: 1, Duplicates: 1}, 0, ""},
		{"killed long after an answer", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			e := s.published("k", 9)
			s.sent(0, e, 9.5)
			s.sent(1, e, 17)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"another node was killed", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			e := s.published("k", 9.9)
			s.sent(1, e, 9.985)
			s.sent(1, e, 17)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"commits took long when a node was killed", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			s.waits = append(s.waits, crashWait{sent: s.at(9.5), answered: s.at(12)})
			e := s.published("k", 9)
			s.sent(0, e, 9.6)
			s.sent(1, e, 17)
		}, crashResult{Accepted: 1, Duplicates: 1}, 0, ""},
		{"a node did not answer when another one was killed", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			s.waits = append(s.waits, crashWait{sent: s.at(7), answered: s.at(10)})
			e := s.published("k", 8)
			s.sent(0, e, 8.5)
			s.sent(1, e, 17)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"under way at a pause, and answered after it", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 9.9)
			a := s.sent(0, e, 9.99)
			a.answered, a.trapped = s.at(22), true
			s.sent(1, e, 18)
		}, crashResult{Accepted: 1, Duplicates: 1}, 1, ""},
		{"answered long before a pause", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 9)
			s.sent(0, e, 9.5)
			s.sent(1, e, 18)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"sent long after a pause", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 24)
			s.sent(0, e, 24.1)
			s.sent(1, e, 24.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated during the pause of another node", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 12)
			s.sent(1, e, 12.1)
			s.sent(1, e, 12.2)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"was about to leave when its node was paused", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			s.lives[0].joined = append(s.lives[0].joined, s.at(21.5))
			e := s.published("k", 9.9)
			s.sent(1, e, 18)
			s.sent(0, e, 21.1)
		}, crashResult{Accepted: 1, Duplicates: 1, Recovery: 8, RecoveryMedian: 8}, 1, ""},
		{"sent by a node that was paused and has joined anew", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			s.lives[0].joined = append(s.lives[0].joined, s.at(21.5))
			e := s.published("k", 9.9)
			s.sent(1, e, 18)
			s.sent(0, e, 21.6)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1, Recovery: 8, RecoveryMedian: 8}, 0, "without a reason"},
		{"was delivered before the pause of who repeats it", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 9.8)
			s.sent(1, e, 9.9)
			s.sent(0, e, 21.1)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated by another node before the kill", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.lives[0].ended, s.lives[0].killed = s.at(10), true
			e := s.published("k", 9)
			s.sent(0, e, 9.99).answered = time.Time{}
			s.sent(1, e, 9.995)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated by a node that was cut off and is still the owner", func(s *story) {
			s.befell(faultHole, false, 10, 13)
			e := s.published("k", 10.9)
			s.sent(0, e, 11)
			s.sent(0, e, 14)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated by a node that was cut off and joined anew", func(s *story) {
			s.befell(faultHole, false, 10, 20)
			s.lives[0].joined = append(s.lives[0].joined, s.at(20.1))
			e := s.published("k", 10.9)
			s.sent(0, e, 11)
			s.sent(0, e, 20.5)
		}, crashResult{Accepted: 1, Duplicates: 1}, 1, ""},
		{"repeated after an orderly restart of the database", func(s *story) {
			s.befell(faultFast, true, 10, 12)
			e := s.published("k", 9.9)
			s.sent(0, e, 9.99)
			s.sent(0, e, 12.5)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"repeated after a crash of the database", func(s *story) {
			s.befell(faultImmediate, true, 10, 12)
			e := s.published("k", 9.4)
			s.sent(0, e, 9.5)
			s.sent(0, e, 12.5)
		}, crashResult{Accepted: 1, Duplicates: 1}, 1, ""},
		{"recorded long before a crash of the database", func(s *story) {
			s.befell(faultImmediate, true, 10, 12)
			e := s.published("k", 7)
			s.sent(0, e, 7.1)
			s.sent(0, e, 12.5)
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"a fenced node has counted an attempt", func(s *story) {
			s.befell(faultPause, false, 10, 22)
			e := s.published("k", 9.9)
			s.sent(0, e, 9.99).answered = s.at(22)
			s.sent(1, e, 18).attempt = 2
		}, crashResult{Accepted: 1, Duplicates: 1, Unexplained: 1}, 0, "without a reason"},
		{"out of order, by two nodes", func(s *story) {
			first, second := s.published("k", 1), s.published("k", 2)
			s.sent(1, second, 2.1)
			s.sent(0, first, 2.2)
		}, crashResult{Accepted: 2, OutOfOrder: 1}, 0, "out of order"},
		{"nobody knows when it was stored", func(s *story) {
			p := s.post(crashAll+1, "k")
			s.crashLedger.answered(p, crashUnknown, crashWait{sent: s.at(1), answered: s.at(1.5)})
			s.sent(1, s.published("k", 2), 2.1)
			s.sent(0, p.events[0], 2.2)
		}, crashResult{Accepted: 1}, 0, ""},
		{"what a node could not record is repeated among others", func(s *story) {
			s.befell(faultHole, false, 10, 20)
			s.lives[0].joined = append(s.lives[0].joined, s.at(20.1))
			first, second := s.published("k", 10.1), s.published("k", 10.2)
			s.sent(0, first, 10.3)
			s.sent(0, second, 10.4)
			s.sent(0, first, 20.5)
			s.sent(0, second, 20.6)
		}, crashResult{Accepted: 2, Duplicates: 2}, 2, ""},
		{"late after a kill", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.sent(1, s.published("k", 9), 23)
		}, crashResult{Accepted: 1, Recovery: 13, RecoveryMedian: 13}, 0, "after the kill of node 0 it took 13.00 s"},
		{"soon after a kill", func(s *story) {
			s.befell(faultKill, false, 10, 11)
			s.sent(1, s.published("k", 9), 18)
		}, crashResult{Accepted: 1, Recovery: 8, RecoveryMedian: 8}, 0, ""},
		{"soon after the end of what befell all", func(s *story) {
			s.befell(faultHoleAll, true, 10, 20)
			s.sent(1, s.published("k", 9), 25)
		}, crashResult{Accepted: 1, Recovery: 15, RecoveryMedian: 15}, 0, ""},
		{"late after the end of what befell all", func(s *story) {
			s.befell(faultHoleAll, true, 10, 20)
			s.sent(1, s.published("k", 9), 33)
		}, crashResult{Accepted: 1, Recovery: 23, RecoveryMedian: 23}, 0, "after the hole-all it took 23.00 s"},
		{"two faults at once", func(s *story) {
			s.befell(faultKill, false, 10, 11).hurried = true
			s.befell(faultDrain, false, 11, 12)
			s.sent(1, s.published("k", 9), 40)
		}, crashResult{Accepted: 1}, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := nodesStory()
			test.tell(s)
			got := s.judged(t, test.problem)
			if got.line() != withProblems(test.want, len(got.Problems)) || got.Blind != test.blind {
				t.Errorf("got  %+v\nwant %+v, blind %d", got, test.want, test.blind)
			}
		})
	}
}

// What the first of two faults makes late is late by the one that follows at once, and is not how long a delivery takes
// while nothing is wrong.
func TestDelaysBetweenFaults(t *testing.T) {
	for _, hurried := range []bool{false, true} {
		s := nodesStory()
		s.befell(faultKill, false, 10, 10.5).hurried = hurried
		s.befell(faultKill, false, 14, 15)
		s.sent(1, s.published("k", 12), 17)
		var r crashResult
		s.judge(&r)
		if disturbed := r.DelayMedian == 0; disturbed != hurried {
			t.Errorf("the first one is hurried: %t; it took %v s while nothing was wrong", hurried, r.DelayMedian)
		}
	}
}

func TestFaultLines(t *testing.T) {
	r := crashResult{Faults: []crashFaultResult{
		{Kind: faultPause, Late: 5, Recovery: 9, Repeats: 1}, {Kind: faultKill, Late: 7, Recovery: 8.5, Repeats: 2},
		{Kind: faultKill, Late: 1, Recovery: 30, Hurried: true}, {Kind: faultKill, Recovery: 1},
	}}
	want := []string{
		"kill               3 times: 8 deliveries late, 2 repeats; recovery median 8.50 s, longest 8.50 s",
		"pause              1 times: 5 deliveries late, 1 repeats; recovery median 9.00 s, longest 9.00 s",
	}
	if got := r.faultLines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("faultLines() = %q, want %q", got, want)
	}
}
