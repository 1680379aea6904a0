package store

import "errors"

// errAgain says that what an update has read was changed by others meanwhile, or is being
// changed just now: it runs again, in a new transaction. It is not for callers of Update.
var errAgain = errors.New("what was read was changed meanwhile")

// mostTries is how often an update runs before its caller is told to come later. From
// patientTries on it waits for others who hold what it wants, and holds all documents that it reads. It runs so often,
// however slow the database is.
const (
	mostTries    = 10
	patientTries = 3
)

// isAgain reports whether an update that failed with err is to run again.
func isAgain(err error) bool {
	if errors.Is(err, errAgain) {
		return true
	}
	switch postgresCode(err) {
	case "40001", "40P01": // it would have seen what is not so any more; it waited in a circle
		return true
	}
	return false
}
