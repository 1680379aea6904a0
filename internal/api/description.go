package api

import (
	"net/http"
	"sync"

	"bellhop/internal/openapi"
	"bellhop/internal/web"
)

// description is the API as programs read it (docs/contract/extensions.md section 6). It is
// made when it is first asked for, and is for everybody: nothing in it is a secret.
type description struct {
	document           func() *openapi.Document
	jsonText, yamlText func() ([]byte, error)
}

func newDescription() *description {
	d := &description{document: sync.OnceValue(openapi.New)}
	d.jsonText = sync.OnceValues(func() ([]byte, error) { return d.document().JSON() })
	d.yamlText = sync.OnceValues(func() ([]byte, error) { return d.document().YAML() })
	return d
}

func (d *description) json(w http.ResponseWriter, _ *http.Request) error {
	text, err := d.jsonText()
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, text)
	return nil
}

func (d *description) yaml(w http.ResponseWriter, _ *http.Request) error {
	text, err := d.yamlText()
	if err != nil {
		return err
	}
	web.WriteAs(w, "application/yaml", text)
	return nil
}
