package check

import "context"

// Severity says what it means when a check fails.
type Severity string

const (
	Must   Severity = "must"   // messages get lost, or strangers are let in
	Should Severity = "should" // it works, until it does not
)

// Result is what became of a check.
type Result string

const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Warning Result = "warning" // half passed
	Untold  Result = "untold"  // the answers show neither
	Skipped Result = "skipped" // there was nothing to try
)

// Check is one thing that is tried.
type Check struct {
	Name     string // as in --only
	Group    string
	Title    string // what holds if it is passed
	Reason   string // what that is good for
	Severity Severity
	Advice   Advice

	needs   need
	when    stage
	learned bool // it asks nothing, and judges what was asked before all checks
	run     func(ctx context.Context, r *receiver) finding
}

// Advice says what to do when a check is not passed, for who wrote the receiver. An empty text means that
// there is nothing to do.
type Advice struct {
	ChipChat string `json:"chipchat,omitempty"` // a bot on the npm package
	Go       string `json:"go,omitempty"`       // a bot on the package chipchat for Go
	Own      string `json:"own,omitempty"`      // a handler of one's own
}

// need is what a check cannot do without.
type need uint8

const (
	accepting need = 1 << iota // the receiver accepts an event that is signed rightly
	secret                     // the secret is known
	standard                   // the receiver looks at Webhook-Signature
	echoing                    // the receiver answers the challenge with it
)

// stage is when a check runs.
type stage uint8

const (
	middle  stage = iota
	patient       // begun before the others of the middle: it waits
	alone
	risky // some receivers do not outlive it: no X-Hub-Signature, no JSON
	last
)

// finding is what a check found.
type finding struct {
	result Result
	seen   string // what was seen, or why there was nothing to see
}

func passed(seen string) finding  { return finding{Passed, seen} }
func failed(seen string) finding  { return finding{Failed, seen} }
func warning(seen string) finding { return finding{Warning, seen} }
func untold(seen string) finding  { return finding{Untold, seen} }
func skipped(why string) finding  { return finding{Skipped, why} }

// All returns every check, those of a group together, in the order in which they are reported.
func All() []Check {
	var all []Check
	for _, group := range [][]Check{connectionChecks(), challengeChecks(), signatureChecks(), eventChecks(), orderChecks(), trafficChecks()} {
		all = append(all, group...)
	}
	return all
}
