package subscription

import (
	"slices"

	"bellhop"
	"bellhop/internal/event"
)

// signaturesParam checks params.signatures (docs/contract/extensions.md section 3).
func signaturesParam(sent any) ([]string, error) {
	if sent == nil {
		return nil, nil
	}
	list, ok := sent.([]any)
	switch {
	case !ok:
		return nil, bellhop.InvalidField("params.signatures", "must be an array of names")
	case len(list) == 0:
		return nil, bellhop.InvalidField("params.signatures", "must not be empty: whatever is sent is signed")
	}
	var names []string
	for _, element := range list {
		name, ok := element.(string)
		switch {
		case !ok:
			return nil, bellhop.InvalidField("params.signatures", "must hold strings only")
		case event.SignatureNamed(name) == 0:
			return nil, bellhop.InvalidField("params.signatures", "has %.100q: there are sha1, sha256 and standard", name)
		case slices.Contains(names, name):
			return nil, bellhop.InvalidField("params.signatures", "has %s twice", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// checkBotSignatures refuses what a bot on the SDK could not verify: it looks at X-Hub-Signature
// alone (docs/contract/delivery.md section 4).
func checkBotSignatures(params *bellhop.WebhookParams, bot bellhop.ID) error {
	if bot != "" && signaturesOf(params.Signatures)&event.SHA1 == 0 {
		return bellhop.InvalidField("params.signatures", "must hold sha1 while the service has a bot")
	}
	return nil
}

// signaturesOf is what names in params.signatures stand for; none stand for the default.
func signaturesOf(names []string) event.Signatures {
	if len(names) == 0 {
		return event.AllSignatures
	}
	var signatures event.Signatures
	for _, name := range names {
		signatures |= event.SignatureNamed(name)
	}
	return signatures
}
