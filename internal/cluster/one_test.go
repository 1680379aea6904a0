package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// single returns the cluster of a store that is not shared.
func single(t *testing.T) *cluster.Cluster {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return cluster.New(cluster.Config{DB: db, Name: "here"})
}

func TestOneOwnsEverything(t *testing.T) {
	c := single(t)
	for partition := range store.Partitions {
		if owner, ok := c.Owner(partition); !ok || owner != c.Self() {
			t.Fatalf("Owner(%d) = %s, %t, want this node", partition, owner, ok)
		}
	}
	nodes := c.Nodes()
	if len(nodes) != 1 || nodes[0].ID != c.Self() || nodes[0].Name != "here" || !nodes[0].Self || nodes[0].Partitions != store.Partitions {
		t.Errorf("Nodes() = %+v", nodes)
	}
	if !c.Sure() || !c.Leads() {
		t.Errorf("Sure() = %t, Leads() = %t", c.Sure(), c.Leads())
	}
}

func TestOneHearsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := single(t)
		var heard []string
		c.Subscribe("topic", func(from store.NodeID, payload []byte) {
			if from != c.Self() {
				t.Errorf("from %s, want this node", from)
			}
			heard = append(heard, string(payload))
		})
		var want []string
		for i := range 10 {
			want = append(want, fmt.Sprint(2*i), fmt.Sprint(2*i+1))
			c.Publish("topic", []byte(fmt.Sprint(2*i)))
			c.Send(c.Self(), "topic", []byte(fmt.Sprint(2*i+1)))
			c.Publish("other", nil)
			c.Send("somebody else", "topic", nil)
		}
		synctest.Wait()
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}

// More than anybody has room for is not waited for: those who subscribe are told.
func TestOneMissesWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := single(t)
		busy := make(chan struct{})
		heard, missed := 0, 0
		c.Subscribe("topic", func(store.NodeID, []byte) { <-busy; heard++ })
		c.Missed(func() { missed++ })
		for range 20_000 {
			c.Publish("topic", nil)
		}
		close(busy)
		synctest.Wait()
		if heard < 10_000 || heard == 20_000 || missed != 1 {
			t.Errorf("heard %d of 20000, told %d times that some were missed", heard, missed)
		}
	})
}

func TestOneAsksItself(t *testing.T) {
	c := single(t)
	c.Answer("double", func(_ context.Context, from store.NodeID, question []byte) ([]byte, error) {
		if from != c.Self() {
			t.Errorf("from %s, want this node", from)
		}
		if len(question) == 0 {
			return nil, bellhop.Errorf(bellhop.Invalid, "Nothing to double")
		}
		return append(question, question...), nil
	})
	answer, err := c.Ask(t.Context(), c.Self(), "double", []byte("ab"))
	if string(answer) != "abab" || err != nil {
		t.Errorf("Ask = %q, %v", answer, err)
	}
	if _, err := c.Ask(t.Context(), c.Self(), "double", nil); !bellhop.HasCode(err, bellhop.Invalid) {
		t.Errorf("an answer that is an error: %v", err)
	}
	if _, err := c.Ask(t.Context(), c.Self(), "triple", nil); !errors.Is(err, cluster.ErrNoAnswer) {
		t.Errorf("a topic that nobody answers on: %v", err)
	}
	if _, err := c.Ask(t.Context(), "somebody else", "double", nil); !errors.Is(err, cluster.ErrNoNode) {
		t.Errorf("a node that is not there: %v", err)
	}
	if _, err := c.Ask(t.Context(), c.Self(), "double", make([]byte, cluster.MaxQuestion+1)); err == nil {
		t.Error("a question that is too large was asked")
	}
}
