package web

import (
	"errors"
	"net/http"

	"bellhop"
)

// outcome is how a kind of failure is shown to a client.
type outcome struct {
	status int
	name   string
}

// outcomes are those of all codes (docs/contract/resources.md section 5).
var outcomes = map[bellhop.Code]outcome{
	bellhop.Internal:         {http.StatusInternalServerError, "InternalError"},
	bellhop.Invalid:          {http.StatusBadRequest, "ValidationError"},
	bellhop.Unauthenticated:  {http.StatusUnauthorized, "UnauthorizedError"},
	bellhop.Forbidden:        {http.StatusForbidden, "ForbiddenError"},
	bellhop.NotFound:         {http.StatusNotFound, "NotFoundError"},
	bellhop.MethodNotAllowed: {http.StatusMethodNotAllowed, "MethodNotAllowedError"},
	bellhop.Conflict:         {http.StatusConflict, "ConflictError"},
	bellhop.TooLarge:         {http.StatusRequestEntityTooLarge, "TooLargeError"},
	bellhop.TooMany:          {http.StatusTooManyRequests, "TooManyRequestsError"},
	bellhop.Unavailable:      {http.StatusServiceUnavailable, "UnavailableError"},
}

// Status returns the HTTP status of an error: 500 unless it is a *bellhop.Error.
func Status(err error) int {
	e, _ := errors.AsType[*bellhop.Error](err)
	return outcomeOf(e).status
}

func outcomeOf(e *bellhop.Error) outcome {
	if e != nil {
		if o, known := outcomes[e.Code]; known {
			return o
		}
	}
	return outcomes[bellhop.Internal]
}
