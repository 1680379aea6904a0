package main

import (
	"context"
	"errors"
	"strconv"

	"bellhop/chipchat"
)

// atMost is a flag that holds how many of something are shown.
type atMost int

func (n *atMost) String() string { return strconv.Itoa(int(*n)) }

// Set reads the number.
func (n *atMost) Set(text string) error {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return errors.New("it is a number from 1 on")
	}
	*n = atMost(number)
	return nil
}

// listUpTo lists resources, and says if there are more than n. one is what one of them is called.
func listUpTo[T any](ctx context.Context, r *request, all *chipchat.Resource[T], q chipchat.Query, n atMost, one string) ([]T, error) {
	most := int(n)
	items, err := all.All(ctx, q, chipchat.Paging{Limit: min(most+1, 1000), CountLimit: most + 1, Backoff: -1})
	if err != nil {
		return nil, err
	}
	if len(items) > most {
		items = items[:most]
		return items, r.say("There are more than %s: --limit shows them.", counted(most, one))
	}
	return items, nil
}
