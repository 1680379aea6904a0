package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

var errNoID = errors.New("id should be specified")

// Resource is one kind of the API, decoded as T (docs/contract/sdk.md section 2). Errors are an [*Error] in a
// text that names the request, or those of the connection.
type Resource[T any] struct {
	api    *api
	plural string
	bind   func(*T) // completes what was decoded; nil if nothing is to be
	paging *Paging  // of all lists; nil: a list is one request
}

// Document is a resource of which this package knows no fields.
type Document map[string]any

// ID is the id of the document, or "".
func (d Document) ID() ID {
	id, _ := d["id"].(string)
	return ID(id)
}

// ResourceOf returns a client for any kind by its plural, such as "forms" or "workflows", decoded as T, which may
// be a [Document].
func ResourceOf[T any](b *Bot, plural string) *Resource[T] {
	return &Resource[T]{api: b.api, plural: plural, paging: b.options.Pagination}
}

// Page is one answer to a list request.
type Page[T any] struct {
	Items  []T
	Total  int         // matches before limit and offset; -1 if the server did not say
	Header http.Header // of the answer
	next   string      // query of the next page; empty on the last
}

// List fetches one page; the server decides on its size unless q has a limit. With Options.Pagination it fetches all
// pages, and returns their items as one, with the header of the first. See All and Each, too.
func (r *Resource[T]) List(ctx context.Context, q Query) (*Page[T], error) {
	if r.paging != nil {
		return r.whole(ctx, q)
	}
	query, err := q.encode()
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.plural, err)
	}
	return r.page(ctx, query)
}

func (r *Resource[T]) page(ctx context.Context, query string) (*Page[T], error) {
	page := &Page[T]{Total: -1}
	header, err := r.api.do(ctx, call{method: http.MethodGet, path: r.plural, query: query}, &page.Items)
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		r.complete(&page.Items[i])
	}
	page.Header = header
	page.next = nextQuery(header)
	if total, err := strconv.Atoi(header.Get("X-Total-Count")); err == nil {
		page.Total = total
	}
	return page, nil
}

// Get fetches one resource. Of q only select and populate have a meaning; it may be nil.
func (r *Resource[T]) Get(ctx context.Context, id ID, q Query) (*T, error) {
	query, err := q.encode()
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", r.plural, err)
	}
	return r.one(ctx, http.MethodGet, id, query, nil)
}

// Create posts body, a T or anything else that encodes to the JSON object wanted.
func (r *Resource[T]) Create(ctx context.Context, body any) (*T, error) {
	return r.send(ctx, call{method: http.MethodPost, path: r.plural}, body)
}

// Update patches the resource: fields in body replace those of the resource, nested ones whole; null removes a
// field. Since structs omit what is zero, a map is the usual body.
func (r *Resource[T]) Update(ctx context.Context, id ID, body any) (*T, error) {
	return r.one(ctx, http.MethodPatch, id, "", body)
}

// Delete removes the resource.
func (r *Resource[T]) Delete(ctx context.Context, id ID) error {
	if id == "" {
		return fmt.Errorf("delete %s: %w", r.plural, errNoID)
	}
	_, err := r.api.do(ctx, call{method: http.MethodDelete, path: r.path(id)}, nil)
	return err
}

// one sends a request about a single resource. An empty id is refused: its path would be that of the list.
func (r *Resource[T]) one(ctx context.Context, method string, id ID, query string, body any) (*T, error) {
	if id == "" {
		return nil, fmt.Errorf("%s %s: %w", method, r.plural, errNoID)
	}
	return r.send(ctx, call{method: method, path: r.path(id), query: query}, body)
}

func (r *Resource[T]) send(ctx context.Context, c call, body any) (*T, error) {
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encode body: %w", c.method, c.path, err)
		}
		c.body = encoded
	}
	v := new(T)
	if _, err := r.api.do(ctx, c, v); err != nil {
		return nil, err
	}
	r.complete(v)
	return v, nil
}

func (r *Resource[T]) complete(v *T) {
	if r.bind != nil {
		r.bind(v)
	}
}

func (r *Resource[T]) path(id ID) string { return r.plural + "/" + url.PathEscape(string(id)) }

// Messages is the resource of messages, which alone can be replaced.
type Messages struct{ *Resource[Message] }

// Replace puts body in the place of the message: writable fields that body lacks get their defaults.
func (m Messages) Replace(ctx context.Context, id ID, body any) (*Message, error) {
	return m.one(ctx, http.MethodPut, id, "", body)
}
