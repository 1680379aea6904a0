package bench

import (
	"fmt"
	"slices"
)

// Report is what a run has measured.
type Report struct {
	Machine   Machine     `json:"machine"`
	Settings  Settings    `json:"settings"`
	Scenarios []*Scenario `json:"scenarios"`
	Targets   []*Target   `json:"targets"`
}

// Machine is what was measured on.
type Machine struct {
	System     string `json:"system"`
	Processors int    `json:"processors"`
	Go         string `json:"go"`
}

// Scenario is what one scenario has measured.
type Scenario struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Sent    int       `json:"sent"`    // events that were acknowledged
	Arrived int       `json:"arrived"` // different events that reached the receiver
	Repeats int       `json:"repeats"` // events that reached it again
	Figures []*Figure `json:"figures"`
	Notes   []string  `json:"notes,omitempty"`
	Error   string    `json:"error,omitempty"` // why it was not measured to the end
}

// Figure is one quantity, with a value for each round.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
}

// Target is what a figure, mostly a ratio of two, should reach.
type Target struct {
	Scenario string  `json:"scenario"`
	Figure           // of each round
	Limit    float64 `json:"limit"`
	AtLeast  bool    `json:"atLeast"` // the limit is the least that is good, else the most
	Met      bool    `json:"met"`     // by the median
}

func (f *Figure) add(value float64) {
	f.Values = append(f.Values, value)
	f.Median, f.Min, f.Max = median(f.Values), slices.Min(f.Values), slices.Max(f.Values)
}

// add notes the value of a figure in one more round.
func (s *Scenario) add(name, unit string, value float64) {
	i := slices.IndexFunc(s.Figures, func(f *Figure) bool { return f.Name == name })
	if i < 0 {
		i = len(s.Figures)
		s.Figures = append(s.Figures, &Figure{Name: name, Unit: unit})
	}
	s.Figures[i].add(value)
}

// note says something once.
func (s *Scenario) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.Notes, text) {
		s.Notes = append(s.Notes, text)
	}
}

// target notes a round's value of what has a limit.
func (r *Report) target(scenario, name, unit string, value, limit float64, atLeast bool) {
	i := slices.IndexFunc(r.Targets, func(t *Target) bool { return t.Scenario == scenario && t.Name == name })
	if i < 0 {
		i = len(r.Targets)
		r.Targets = append(r.Targets, &Target{
			Scenario: scenario, Figure: Figure{Name: name, Unit: unit}, Limit: limit, AtLeast: atLeast,
		})
	}
	t := r.Targets[i]
	t.add(value)
	t.Met = t.Median <= limit
	if atLeast {
		t.Met = t.Median >= limit
	}
}

// Failed returns the scenarios that were not measured to the end.
func (r *Report) Failed() []string {
	var names []string
	for _, s := range r.Scenarios {
		if s.Error != "" {
			names = append(names, s.Name)
		}
	}
	return names
}
