package chipchat

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newBot(t, answers(500), nil).Cache()
		c.Set("a", 1)
		c.Set("b", nil)
		if v, ok := c.Get("a"); v != 1 || !ok {
			t.Errorf("Get(a) = %v, %t", v, ok)
		}
		if v, ok := c.Get("b"); v != nil || !ok {
			t.Errorf("Get(b) = %v, %t", v, ok)
		}
		time.Sleep(59 * time.Minute)
		c.Set("b", 2)
		c.Delete("c")
		time.Sleep(2 * time.Minute)
		if _, ok := c.Get("a"); ok {
			t.Error("a is there after more than an hour")
		}
		if v, ok := c.Get("b"); v != 2 || !ok {
			t.Errorf("Get(b) = %v, %t", v, ok)
		}
		c.Delete("b")
		if _, ok := c.Get("b"); ok {
			t.Error("b is there after Delete")
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	for i := range cacheCount + 1 {
		c.Set(strconv.Itoa(i), i)
		c.Get("0") // used all the time
	}
	_, first := c.Get("0")
	_, second := c.Get("1")
	if !first || second || c.recent.order.Len() != cacheCount {
		t.Errorf("the one used last is there: %t, the one unused: %t, of %d", first, second, c.recent.order.Len())
	}
}
