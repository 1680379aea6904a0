package api

// Patterns are those of all routes.
func (a *API) Patterns() []string { return a.patterns }
