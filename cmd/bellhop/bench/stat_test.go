package bench

import "testing"

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := len(test.values)
		if got := median(test.values); got != test.want || len(test.values) != before {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
	}
	values := []float64{3, 1, 2}
	if median(values); values[0] != 3 || values[1] != 1 {
		t.Errorf("median has changed its argument to %v", values)
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for _, test := range []struct {
		sorted []int64
		p      float64
		want   int64
	}{
		{nil, 99, 0},
		{[]int64{5}, 1, 5},
		{[]int64{5}, 100, 5},
		{hundred, 50, 50},
		{hundred, 95, 95},
		{hundred, 99, 99},
		{hundred, 99.5, 100},
		{[]int64{1, 2, 3, 4}, 50, 2},
		{[]int64{1, 2, 3, 4}, 51, 3},
	} {
		if got := percentile(test.sorted, test.p); got != test.want {
			t.Errorf("percentile of %d values, %v = %d, want %d", len(test.sorted), test.p, got, test.want)
		}
	}
}
