package server

import (
	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/live"
	"bellhop/internal/store"
)

// attempted is told of every result of an attempt, and of every end without one.
func (s *Server) attempted(a dispatch.Attempted) {
	s.metrics.Attempted(a)
	if a.Attempt == nil {
		return
	}
	s.stats.Count(a.Service, bellhop.TimeOf(a.At), a.Status == bellhop.Delivered, a.Attempt.Timing.Total)
	s.live.Add(liveAttempt(&a))
}

// load is what the dispatcher has in hand.
func (s *Server) load() dispatch.Load { return s.dispatcher.Load() }

// liveAttempt is an attempt with its delivery as it is since, without what is long.
func liveAttempt(a *dispatch.Attempted) live.Attempt {
	d := a.Delivery
	d.Service, d.Status, d.Due = a.Service, a.Status, a.Attempt.NextAttemptAt
	d.Attempts, d.LastStatus, d.LastError = a.Attempt.Number, a.Attempt.Status, a.Attempt.Error
	if a.Status == bellhop.Delivered {
		d.DeliveredAt = bellhop.TimeOf(a.At)
	}
	shown := live.Attempt{
		Delivery: store.StoredDelivery{Delivery: d},
		Attempt: bellhop.Attempt{Number: a.Attempt.Number, At: a.Attempt.At, Timing: a.Attempt.Timing,
			Status: a.Attempt.Status, Error: a.Attempt.Error, NextAttemptAt: a.Attempt.NextAttemptAt},
	}
	if e := a.Event; e != nil {
		shown.Delivery.EventID, shown.Delivery.EventName, shown.Delivery.Key = e.ID, e.Name, e.Key
		shown.Delivery.Organization, shown.Delivery.OrgPath = e.Organization, e.OrgPath
	}
	return shown
}
