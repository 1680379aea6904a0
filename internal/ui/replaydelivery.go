package ui

import (
	"encoding/json"
	"fmt"

	"bellhop"
)

// What a notice on the page of a delivery tells.
const (
	sentAgain happened = "sent again" // this is the replay that was asked for
	refused   happened = "refused"    // it was not sent again
)

// replayDelivery sends a delivery again and leads to the new one, or back, with the reason.
func (ui *UI) replayDelivery(v *visit) error {
	id, err := bellhop.ParseUUID(v.r.PathValue("id"))
	if err != nil {
		return bellhop.Deliveries.NotFound()
	}
	body, err := ui.subscriptions.ReplayDelivery(v.r.Context(), v.caller, id)
	if bellhop.HasCode(err, bellhop.Conflict) {
		v.leave(notice{What: refused, About: id.String(), Reason: err.Error()})
		return v.seeOther(deliveryPath(id))
	}
	if err != nil {
		return err
	}
	var made struct {
		ID bellhop.UUID `json:"id"`
	}
	if err := json.Unmarshal(body, &made); err != nil {
		return fmt.Errorf("read the replay of a delivery: %w", err)
	}
	v.leave(notice{What: sentAgain, About: made.ID.String()})
	return v.seeOther(deliveryPath(made.ID))
}

func resentNotice(n *notice) *noticeOf {
	switch {
	case n == nil:
		return nil
	case n.What == sentAgain:
		return &noticeOf{Tone: toneOK, Text: "Sent again: this is the new delivery. The original is linked below."}
	case n.What == refused:
		return &noticeOf{Tone: toneFail, Text: "Not sent again. " + sentence(n.Reason) + " " + refusedRemedy(n.Reason)}
	}
	return nil
}

// refusedRemedy says what to do, by the reason of docs/contract/extensions.md section 2.1.
func refusedRemedy(reason string) string {
	switch reason {
	case "Service is deleted":
		return "Nothing can be sent to it any more; a replay to another service is not possible."
	case "Service is " + bellhop.ServiceUnverified:
		return "Its endpoint has to answer the challenge first: verify it on the page of the service."
	case "Service is " + bellhop.ServiceInactive:
		return "Switch it on first, on the page of the service, and then try again."
	}
	return ""
}
