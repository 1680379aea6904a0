package chipchat

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query are the options of a list or a get, in the dialect of docs/contract/resources.md section 4: filters by
// field name, and sort, limit, offset, select and populate.
//
//	chipchat.Query{"status": "active", "participants": chipchat.Query{"inbox": true}, "sort": "-createdAt"}
//
// Values are strings (with the dialect's operators in front), booleans, numbers, times, nested Query or
// map[string]any, which become dotted names, and slices: any of them for a filter, all of them for sort, select
// and populate.
type Query map[string]any

// timeLayout is that of the contract: UTC, milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// encode renders the query with its names in order, so that equal queries are equal text.
func (q Query) encode() (string, error) {
	var pairs []string
	if err := q.flatten("", &pairs); err != nil {
		return "", err
	}
	return strings.Join(pairs, "&"), nil
}

func (q Query) flatten(prefix string, pairs *[]string) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		full := prefix + name
		switch v := q[name].(type) {
		case Query:
			if err := v.flatten(full+".", pairs); err != nil {
				return err
			}
			continue
		case map[string]any:
			if err := Query(v).flatten(full+".", pairs); err != nil {
				return err
			}
			continue
		}
		value, err := queryValue(full, q[name])
		if err != nil {
			return fmt.Errorf("query %s: %w", full, err)
		}
		*pairs = append(*pairs, url.QueryEscape(full)+"="+url.QueryEscape(value))
	}
	return nil
}

func queryValue(name string, v any) (string, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return scalar(v)
	}
	elements := make([]string, rv.Len())
	for i := range elements {
		element, err := scalar(rv.Index(i).Interface())
		if err != nil {
			return "", err
		}
		elements[i] = element
	}
	joined := strings.Join(elements, ",")
	if name == "sort" || name == "select" || name == "populate" {
		return joined, nil
	}
	if strings.Count(joined, ",") >= max(1, len(elements)) {
		return "", fmt.Errorf("an element of a list can't hold a comma")
	}
	return "[" + joined + "]", nil
}

func scalar(v any) (string, error) {
	if t, ok := v.(time.Time); ok {
		return t.UTC().Format(timeLayout), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.String:
		return rv.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(rv.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(rv.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(rv.Float(), 'f', -1, 64), nil
	}
	return "", fmt.Errorf("a %T is no value of a query", v)
}
