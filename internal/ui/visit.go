package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
)

// visit is one request of somebody who is logged in.
type visit struct {
	ui     *UI
	w      http.ResponseWriter
	r      *http.Request
	caller *account.Caller

	organization *bellhop.Organization // see chosen
}

// id is the id in the path. What is no id is not found by who asks for it.
func (v *visit) id() bellhop.ID { return bellhop.ID(v.r.PathValue("id")) }

// show answers with a page.
func (v *visit) show(p page) error { return v.showAs(http.StatusOK, p) }

func (v *visit) showAs(status int, p page) error {
	if err := v.enframe(p.common()); err != nil {
		return err
	}
	return v.ui.render(v.w, v.r, status, p)
}

// enframe fills what the frame of a page says about the visitor and where he is. The rail
// leads on to the organization that he looks at, if there are others.
func (v *visit) enframe(f *frame) error {
	f.Visitor = visitorOf(v.caller)
	o, err := v.chosen()
	if err != nil {
		return err
	}
	var current bellhop.ID
	if f.Within != nil {
		current = f.Within.ID
	} else if o != nil {
		current, f.Chosen = o.ID, nameOf(o)
	}
	if f.Switch, err = v.switcherOf(f); err != nil {
		return err
	}
	if current != "" && f.Switch != nil && f.Switch.All != nil {
		f.Visitor.keep(current)
	}
	return nil
}

// seeOther leads to the page that shows what a change has led to.
func (v *visit) seeOther(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// get reads one resource.
func (v *visit) get(kind *bellhop.Kind, id bellhop.ID, out any) error {
	body, err := v.ui.resources.Get(v.r.Context(), v.caller, kind, id, "")
	if err != nil {
		return err
	}
	return decode(kind, body, out)
}

// count returns how many resources of kind there are.
func (v *visit) count(kind *bellhop.Kind, filter url.Values) (int, error) {
	filter.Set("limit", "1")
	filter.Set("select", "id")
	page, err := v.ui.resources.List(v.r.Context(), v.caller, kind, filter.Encode())
	if err != nil {
		return 0, err
	}
	return page.Total, nil
}

// list reads a list of resources, and how many there are on all pages.
func list[T any](v *visit, kind *bellhop.Kind, filter url.Values) ([]T, int, error) {
	page, err := v.ui.resources.List(v.r.Context(), v.caller, kind, filter.Encode())
	if err != nil {
		return nil, 0, err
	}
	items, err := decodeAll[T](kind, page.Items)
	return items, page.Total, err
}

func decodeAll[T any](kind *bellhop.Kind, bodies []json.RawMessage) ([]T, error) {
	items := make([]T, len(bodies))
	for i, body := range bodies {
		if err := decode(kind, body, &items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func decode(kind *bellhop.Kind, body json.RawMessage, out any) error {
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read a %s: %w", kind.Name, err)
	}
	return nil
}

// known makes a page for those who are logged in; others are led to the login, and from
// there to where they wanted.
func (ui *UI) known(page func(*visit) error) http.HandlerFunc {
	return ui.anyone(func(w http.ResponseWriter, r *http.Request) error {
		caller, err := ui.session(r)
		if err != nil {
			return err
		}
		if caller == nil {
			http.Redirect(w, r, loginPath(r), http.StatusSeeOther)
			return nil
		}
		v := &visit{ui: ui, w: w, r: r, caller: caller}
		if err := page(v); err != nil {
			ui.fail(w, r, visitorOf(caller), err)
		}
		return nil
	})
}

// anyone makes a page for everybody.
func (ui *UI) anyone(page func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(audit.From(r.Context(), audit.Origin{Via: bellhop.ViaPage, Address: ui.clientAddress(r)}))
		if err := page(w, r); err != nil {
			ui.fail(w, r, nil, err)
		}
	}
}
