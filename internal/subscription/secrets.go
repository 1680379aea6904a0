package subscription

import (
	"bytes"
	"maps"

	"bellhop"
)

// ChangedSecrets returns the names of the params in which two states of a service differ among those
// that are sealed; either may be nil.
func ChangedSecrets(old, new *bellhop.Document) ([]string, error) {
	before, err := sealedOf(old)
	if err != nil {
		return nil, err
	}
	after, err := sealedOf(new)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, secret := range []struct {
		name string
		same bool
	}{
		{"params.secret", before.Secret == after.Secret},
		{"params.url (user)", before.UserInfo == after.UserInfo},
		{"params.headers", maps.Equal(before.Headers, after.Headers)},
		{"params.previousSecret", before.PreviousSecret == after.PreviousSecret},
		{"params", bytes.Equal(before.Params, after.Params)},
	} {
		if !secret.same {
			names = append(names, secret.name)
		}
	}
	return names, nil
}

func sealedOf(doc *bellhop.Document) (bellhop.ServiceSecret, error) {
	if doc == nil {
		return bellhop.ServiceSecret{}, nil
	}
	return secretOf(doc)
}
