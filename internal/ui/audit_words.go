package ui

import (
	"strings"

	"bellhop"
)

// verbWords are what the filter calls the verbs.
var verbWords = map[bellhop.AuditVerb]string{
	bellhop.AuditCreate: "created", bellhop.AuditUpdate: "changed", bellhop.AuditDelete: "deleted", bellhop.AuditVerify: "verified",
	bellhop.AuditRotate: "rotated a secret", bellhop.AuditReplay: "replayed", bellhop.AuditTest: "sent a sample", bellhop.AuditLogin: "logged in",
	bellhop.AuditLogout: "logged out", bellhop.AuditRevoke: "ended tokens",
}

// longKinds are the kinds whose names are no words.
var longKinds = map[string]string{
	"botinstance": "bot instance", "orggroup": "organization group", "kbase": "knowledge base", "kbitem": "knowledge item",
	"watemplate": "WhatsApp template", "testresult": "test result",
}

func kindWords(kind string) string {
	if words := longKinds[kind]; words != "" {
		return words
	}
	return kind
}

func viaWords(via bellhop.AuditVia) string {
	switch via {
	case bellhop.ViaPage:
		return "on a page"
	case bellhop.ViaAPI:
		return "by the API"
	case bellhop.ViaCommand:
		return "by a command on the server"
	}
	return "by the server itself"
}

// say makes the sentence of a record. fields are the names of those that were changed, and more how
// many others.
func (row *auditRow) say(r *bellhop.AuditRecord, fields []string, more int) {
	kind := " the " + kindWords(r.Kind)
	self := string(r.User) == r.Object && r.User != ""
	switch r.Verb {
	case bellhop.AuditCreate:
		row.Did = "created" + kind
	case bellhop.AuditUpdate:
		row.Did = "changed" + kind
		if len(fields) == 1 && fields[0] == "password" {
			row.Did = "changed the password of the user"
		} else {
			row.More = inSentence(fields, more)
		}
	case bellhop.AuditDelete:
		row.Did = "deleted" + kind
	case bellhop.AuditVerify:
		row.Did = "verified" + kind
		if r.Failed {
			row.Did = "could not verify" + kind
		}
	case bellhop.AuditRotate:
		row.Did = "rotated the secret of" + kind
	case bellhop.AuditReplay:
		row.Did = replayWords(r) + kind
	case bellhop.AuditTest:
		row.Did = "sent a sample to" + kind
	case bellhop.AuditLogin:
		row.sayLogin(r)
	case bellhop.AuditLogout:
		row.Did, row.What = "logged out", link{}
	case bellhop.AuditRevoke:
		row.Did = "ended all tokens of" + kind
		if self {
			row.Did, row.What = "ended all tokens of their own", link{}
		}
	default:
		row.Did = string(r.Verb) + kind
	}
	if r.Reason != "" && r.Verb != bellhop.AuditLogin {
		row.More += " (" + strings.TrimRight(r.Reason, ".") + ")"
	}
}

func (row *auditRow) sayLogin(r *bellhop.AuditRecord) {
	switch {
	case !r.Failed:
		row.Did, row.What = "logged in", link{}
	case r.Object == "":
		row.Did, row.What = "tried to log in with an email that nobody has", link{}
	default:
		row.Did = "failed to log in as"
	}
}

// replayWords is what was done with a replay, or a delivery, of a service.
func replayWords(r *bellhop.AuditRecord) string {
	for _, c := range r.Changes {
		switch {
		case c.Field == "delivery":
			return "sent a delivery again to"
		case c.Field == "state" && valueText(c.New) == string(bellhop.ReplayPaused):
			return "paused a replay for"
		case c.Field == "state" && valueText(c.New) == string(bellhop.ReplayRunning):
			return "continued a replay for"
		case c.Field == "state":
			return "stopped a replay for"
		}
	}
	return "started a replay for"
}

// inSentence names fields, as far as a sentence has room.
func inSentence(fields []string, more int) string {
	if len(fields) > fieldsNamed {
		more += len(fields) - fieldsNamed
		fields = fields[:fieldsNamed]
	}
	if len(fields) == 0 {
		return ""
	}
	text := ": " + strings.Join(fields, ", ")
	if more > 0 {
		text += " and " + number(more) + " more"
	}
	return text
}
