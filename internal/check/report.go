package check

import (
	"fmt"
	"math"
	"time"
)

// Report is what all checks together have found.
type Report struct {
	URL     string `json:"url"` // its password masked
	Score   int    `json:"score"`
	Verdict string `json:"verdict"` // a sentence

	Passed   int `json:"passed"`
	Warnings int `json:"warnings"`
	Failed   int `json:"failed"`
	Untold   int `json:"untold"`
	Skipped  int `json:"skipped"`

	Checks []Outcome `json:"checks"`
}

// Outcome is what one check has found.
type Outcome struct {
	Name     string   `json:"name"`
	Group    string   `json:"group"`
	Title    string   `json:"title"`
	Reason   string   `json:"reason"`
	Severity Severity `json:"severity"`
	Result   Result   `json:"result"`
	Seen     string   `json:"seen"`             // or why it was skipped
	Advice   *Advice  `json:"advice,omitempty"` // of failed and untold checks, and of warnings
	Duration float64  `json:"duration"`         // milliseconds
}

func outcome(c Check, f finding, took time.Duration) Outcome {
	o := Outcome{
		Name: c.Name, Group: c.Group, Title: c.Title, Reason: c.Reason, Severity: c.Severity,
		Result: f.result, Seen: f.seen, Duration: float64(took.Microseconds()) / 1000,
	}
	if f.result != Passed && f.result != Skipped && c.Advice != (Advice{}) {
		o.Advice = &c.Advice
	}
	return o
}

const (
	mustWeight   = 3
	shouldWeight = 1

	// capped is the most that a receiver gets that fails what must hold.
	capped = 50
)

// newReport counts. The score is the share of what was passed among what could be told, where what must hold
// counts three times as much as what should, and a warning is half passed.
func newReport(r *receiver, outcomes []Outcome) *Report {
	p := &Report{URL: r.url.Redacted(), Checks: outcomes}
	var points, most float64
	broken := 0
	for _, o := range outcomes {
		weight := float64(shouldWeight)
		if o.Severity == Must {
			weight = mustWeight
		}
		switch o.Result {
		case Passed:
			p.Passed++
			points, most = points+weight, most+weight
		case Warning:
			p.Warnings++
			points, most = points+weight/2, most+weight
		case Failed:
			p.Failed++
			most += weight
			if o.Severity == Must {
				broken++
			}
		case Untold:
			p.Untold++
		case Skipped:
			p.Skipped++
		}
	}
	if most > 0 {
		p.Score = int(math.Floor(100 * points / most)) // 100 is for who has all
	}
	if broken > 0 {
		p.Score = min(p.Score, capped)
	}
	p.Verdict = verdict(p, broken, r)
	return p
}

func verdict(p *Report, broken int, r *receiver) string {
	unsigned := ""
	if r.config.Secret == "" {
		unsigned = " Signatures were not checked: no secret was given."
	}
	switch {
	case r.first.status == 0 && r.challenge.status == 0:
		return "Nothing answers there: " + r.first.reason + "."
	case broken > 0:
		return count(broken, "thing that must hold does not", "things that must hold do not") + ": do not connect it yet." + unsigned
	case p.Failed+p.Warnings > 0:
		return "It works; " + count(p.Failed+p.Warnings, "thing", "things") + " could be better." + unsigned
	case p.Passed == 0:
		return "Nothing could be told." + unsigned
	}
	return "All that could be told is as it should be." + unsigned
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Broken reports whether a check failed that must be passed, or all were made and told nothing.
func (p *Report) Broken() bool {
	if p.Untold > 0 && p.Passed+p.Warnings+p.Failed == 0 {
		return true
	}
	for _, o := range p.Checks {
		if o.Result == Failed && o.Severity == Must {
			return true
		}
	}
	return false
}
