package dispatch

import (
	"fmt"
	"reflect"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// feedTest is a feed whose lanes were given all up to 10.
type feedTest struct {
	t *testing.T
	feed
}

func newFeedTest(t *testing.T) *feedTest {
	x := &feedTest{t: t}
	x.more = make(chan struct{}, 1)
	x.most = 3
	x.begin(10)
	return x
}

func numbered(from, to int64) (of []store.Pending) {
	for seq := from; seq <= to; seq++ {
		of = append(of, store.Pending{Delivery: bellhop.Delivery{Seq: seq}, Event: &bellhop.Event{Payload: []byte("{}")}})
	}
	return of
}

// read adds what was read.
func (x *feedTest) read(after, upTo, takes int64, of ...store.Pending) {
	x.add(run{after: after, upTo: upTo, of: of, takes: takes})
}

// given returns the numbers that lanes get now, as intervals.
func (x *feedTest) given() (all string) {
	for {
		r, ok := x.next()
		if !ok {
			return all
		}
		all += fmt.Sprint("(", r.after, ",", r.upTo, "]")
		for _, p := range r.of {
			all += fmt.Sprint(" ", p.Delivery.Seq)
		}
		all += ";"
		x.gave(r.upTo)
	}
}

func (x *feedTest) want(given string, gaps ...store.Gap) {
	x.t.Helper()
	if got := x.given(); got != given {
		x.t.Errorf("given: %q, want %q", got, given)
	}
	if got := x.gaps(); !reflect.DeepEqual(got, gaps) {
		x.t.Errorf("gaps: %v, want %v", got, gaps)
	}
}

func TestFeed(t *testing.T) {
	for name, test := range map[string]func(x *feedTest){
		"what follows is given at once": func(x *feedTest) {
			x.handOver(numbered(11, 12))
			x.want("(10,12] 11 12;")
		},
		"what does not waits for what is between": func(x *feedTest) {
			x.handOver(numbered(13, 14))
			x.handOver(numbered(17, 17))
			x.want("", store.Gap{After: 10, UpTo: 12}, store.Gap{After: 14, UpTo: 16})
			x.read(14, 16, x.takes, numbered(15, 15)...)
			x.want("", store.Gap{After: 10, UpTo: 12})
			x.read(10, 12, x.takes)
			x.want("(10,12];(12,14] 13 14;(14,16] 15;(16,17] 17;")
		},
		"what was read already is not given again": func(x *feedTest) {
			x.told(15)
			x.read(10, 14, x.takes, numbered(11, 13)...)
			x.handOver(numbered(13, 15))
			x.want("(10,14] 11 12 13;(12,15] 15;")
			x.handOver(numbered(15, 15))
			x.want("")
		},
		"what is told is read": func(x *feedTest) {
			x.told(9)
			x.want("")
			x.told(12)
			x.told(11)
			x.want("", store.Gap{After: 10, UpTo: 12})
		},
		"what was read before something was taken is read again": func(x *feedTest) {
			x.told(12)
			before := x.takes
			x.took()
			x.read(10, 12, before, numbered(11, 11)...)
			x.want("", store.Gap{After: 10, UpTo: 12})
			x.read(10, 12, x.takes, numbered(11, 12)...)
			x.want("(10,12] 11 12;")
			x.took()
			x.handOver(numbered(13, 13)) // nothing can be missing in it
			x.want("(12,13] 13;")
		},
		"what is too much to be kept is read": func(x *feedTest) {
			large := numbered(13, 13)
			large[0].Event.Payload = make([]byte, feedBytes)
			x.handOver(large)
			x.handOver(numbered(14, 20))
			x.want("", store.Gap{After: 10, UpTo: 12}, store.Gap{After: 13, UpTo: 20})
			x.read(10, 12, x.takes)
			x.want("(10,12];(12,13] 13;", store.Gap{After: 13, UpTo: 20})
			if x.bytes != 0 || x.runs != nil {
				x.t.Errorf("%d bytes are left in %d runs", x.bytes, len(x.runs))
			}
		},
		"what a lane has met and let go": func(x *feedTest) {
			x.forget(9)
			x.forget(11)
			x.forget(12)
			for seq, want := range map[int64]bool{9: false, 11: true, 12: true, 13: false} {
				if x.isOver(seq) != want {
					x.t.Errorf("isOver(%d) = %t, want %t", seq, !want, want)
				}
			}
			x.gave(11)
			if len(x.ended) != 1 {
				x.t.Errorf("%v are kept", x.ended)
			}
		},
		"more is let go than is remembered": func(x *feedTest) {
			x.told(15)
			for seq := int64(11); seq < 1000; seq += 2 {
				x.forget(seq)
			}
			if len(x.ended) != 3 || len(x.more) != 1 {
				x.t.Errorf("%v are kept", x.ended)
			}
			for _, seq := range []int64{11, 12, 999} {
				if !x.isOver(seq) {
					x.t.Errorf("%d is taken for new", seq)
				}
			}
			x.handing = true
			if _, _, ok := x.beginSkip(); ok {
				x.t.Error("it is skipped while something is given")
			}
			x.handing = false
			upTo, resets, ok := x.beginSkip()
			if upTo != 999 || !ok || !x.handing {
				x.t.Errorf("up to %d is skipped, %t", upTo, ok)
			}
			x.forget(998)
			x.forget(1001) // a lane that looked has met them
			x.handOver(numbered(1001, 1002))
			x.skip(upTo, resets)
			x.endSkip()
			if x.handing || x.isOver(998) || !x.isOver(1001) {
				x.t.Errorf("%v are kept", x.ended)
			}
			x.want("", store.Gap{After: 999, UpTo: 1000})
		},
		"a store that has less than before": func(x *feedTest) {
			x.handOver(numbered(13, 14))
			x.forget(12)
			if x.found(8, 7) != true || x.found(8, 10) != false {
				x.t.Error("what was found is taken for what is not")
			}
			x.want("")
			if x.isOver(12) {
				x.t.Error("a new one is taken for the one that had its number")
			}
			x.handOver(numbered(9, 9))
			x.want("(8,9] 9;")
		},
		"a store that has less than before while it is skipped": func(x *feedTest) {
			x.told(15)
			for seq := int64(11); seq < 16; seq++ {
				x.forget(seq)
			}
			upTo, resets, _ := x.beginSkip()
			x.found(8, 10)
			x.skip(upTo, resets)
			x.endSkip()
			x.want("")
			x.handOver(numbered(9, 9))
			x.want("(8,9] 9;")
		},
		"what was missed while nothing was here is not read": func(x *feedTest) {
			x.told(20)
			x.handOver(numbered(29, 31))
			x.begin(30) // a node that has joined anew
			x.want("(28,31] 31;")
			x.begin(25)
			x.want("")
		},
		"nothing is kept before the begin": func(x *feedTest) {
			y := &feedTest{t: x.t}
			y.more = make(chan struct{}, 1)
			y.handOver(numbered(4, 5))
			if len(y.runs) > 0 || len(y.more) > 0 {
				x.t.Error("it has begun")
			}
			if y.told(5); y.gaps() != nil {
				x.t.Error("it would read all that was ever committed")
			}
			y.begin(4) // a state from before the commit
			y.want("", store.Gap{After: 4, UpTo: 5})
			if len(y.more) == 0 {
				x.t.Error("nobody reads what is missing")
			}
		},
	} {
		t.Run(name, func(t *testing.T) { test(newFeedTest(t)) })
	}
}
