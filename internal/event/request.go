package event

import "strconv"

// Header returns the headers of an attempt, but for the signatures, which [Signer.AddTo] adds, and for
// those of the connection (docs/contract/delivery.md section 2): id is the delivery's, attempt counts from
// 1, and event is the event's id, the same for all webhooks.
func Header(id string, attempt int, event string) map[string][]string {
	return map[string][]string{
		"Content-Type":       {"application/json"},
		"Accept":             {"application/json"},
		"X-Delivery-Id":      {id},
		"X-Delivery-Attempt": {strconv.Itoa(attempt)},
		"X-Event-Id":         {event},
	}
}

// ChallengeQuery returns the query of a verification request: that of the webhook's URL, and the two
// parameters behind it (docs/contract/delivery.md section 1). The challenge is taken as it stands.
func ChallengeQuery(query, challenge string) string {
	if query != "" {
		query += "&"
	}
	return query + "type=subscribe&challenge=" + challenge
}
