package bench

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write golden files anew")

func testReport() *Report {
	settings := Quick()
	settings.Duration = 1500 * time.Millisecond
	r := &Report{Machine: Machine{"linux/amd64", 2, "go1.26"}, Settings: settings}
	a := &Scenario{Name: "a", Title: "one hop", Sent: 1200, Arrived: 1200}
	a.add("throughput", "deliveries/s", 24_000)
	a.add("throughput", "deliveries/s", 25_000)
	a.add("throughput", "deliveries/s", 21_234.5)
	a.add("processor time of the sender", "CPU-s/1000", 0.0712)
	c := &Scenario{Name: "c", Title: "Bellhop", Sent: 10, Arrived: 10, Repeats: 1}
	c.note("pushed %d times", 3)
	c.note("pushed %d times", 3)
	h := &Scenario{Name: "h", Title: "a backlog"}
	h.add("throughput", "deliveries/s", 0)
	h.Error = "it broke"
	r.Scenarios = []*Scenario{a, c, h}
	r.target("c", "throughput against (a)", "", 0.7, 0.75, true)
	r.target("c", "throughput against (a)", "", 0.8, 0.75, true)
	r.target("c", "throughput against (a)", "", 0.74, 0.75, true)
	r.target("c", "p99", "", 1.99, 2, false)
	r.target("h", "peak memory", "MiB", 123.4, 100, false)
	return r
}

func TestTargets(t *testing.T) {
	r := testReport()
	for i, want := range []bool{false, true, false} {
		if r.Targets[i].Met != want {
			t.Errorf("target %+v, want met to be %v", r.Targets[i], want)
		}
	}
	if got := r.Failed(); len(got) != 1 || got[0] != "h" {
		t.Errorf("Failed() = %v, want h", got)
	}
}

func TestTable(t *testing.T) {
	const golden = "testdata/report.golden"
	var got bytes.Buffer
	if err := testReport().Write(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the table is\n%swant\n%s", &got, want)
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.012345: "0.0123", 0.5: "0.500", 1: "1.00", 9.999: "10.00", 45.67: "45.7", 100: "100", 25_123.4: "25123",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestProgress(t *testing.T) {
	var bar, lines bytes.Buffer
	for _, p := range []*progress{newProgress(&bar, true), newProgress(&lines, false)} {
		p.show("a", "one hop", 0, 2)
		p.show("b", "two", 0, 2)
		p.show("a", "one hop", 1, 2)
		p.done()
	}
	if got, want := lines.String(), "a  one hop\nb  two\n"; got != want {
		t.Errorf("elsewhere than on a terminal it is %q, want %q", got, want)
	}
	want := "\r[....................] a  one hop" + "\r[....................] b  two    " + "\r[##########..........] a  one hop" +
		"\r                                 " + "\r"
	if got := bar.String(); got != want {
		t.Errorf("on a terminal it is\n%q, want\n%q", got, want)
	}
}

func TestCheck(t *testing.T) {
	for _, change := range []func(c *Config){
		func(c *Config) { c.Only = []string{"z"} },
		func(c *Config) { c.Rounds = 0 },
		func(c *Config) { c.Duration = 0 },
		func(c *Config) { c.Services = 100_000 },
		func(c *Config) { c.Backlog = 1 },
		func(c *Config) { c.StoreSize = 1 },
		func(c *Config) { c.Nodes = 0 },
		func(c *Config) { c.Only = []string{"l"} }, // without a database
	} {
		c := Config{Settings: Quick()}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		if change(&c); c.Check() == nil {
			t.Errorf("Check of %+v = nil, want an error", c)
		}
	}
}
