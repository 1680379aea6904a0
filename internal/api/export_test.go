package api

// Patterns returns the patterns of all routes.
func (a *API) Patterns() []string { return a.patterns }
