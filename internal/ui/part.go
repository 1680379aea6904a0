package ui

import (
	"bytes"
	"fmt"
)

// showPart answers with one template of a page, for a script that puts it into that page.
func (v *visit) showPart(status int, name string, data any) error {
	var body bytes.Buffer
	if err := v.ui.pages.frame.ExecuteTemplate(&body, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	answerHTML(v.w, status, legible(body.Bytes()))
	return nil
}
