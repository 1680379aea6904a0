package ui

import "bellhop"

// badge is a status: its tone gives shape and colour, and its word says it to everybody.
type badge struct {
	Tone string
	Word string
}

// The tones, each with a shape of its own.
const (
	toneOK   = "ok"   // a disc with a tick
	toneWait = "wait" // a ring, half full
	toneFail = "fail" // a diamond with a cross
	toneOff  = "off"  // an empty ring
)

func serviceBadge(status string) badge {
	switch status {
	case bellhop.ServiceActive:
		return badge{toneOK, "active"}
	case bellhop.ServiceUnverified:
		return badge{toneWait, "not verified"}
	case bellhop.ServiceInactive:
		return badge{toneOff, "switched off"}
	}
	return badge{toneOff, status}
}

func deliveryBadge(status string) badge {
	switch status {
	case bellhop.Delivered.String():
		return badge{toneOK, status}
	case bellhop.Dead.String():
		return badge{toneFail, status}
	}
	return badge{toneWait, status}
}

func conversationBadge(status bellhop.ConversationStatus) badge {
	switch status {
	case bellhop.ConversationActive:
		return badge{toneOK, string(status)}
	case bellhop.ConversationQueued:
		return badge{toneWait, string(status)}
	}
	return badge{toneOff, string(status)}
}

func organizationBadge(status string) badge {
	if status == bellhop.OrganizationActive {
		return badge{toneOK, status}
	}
	return badge{toneOff, status}
}
