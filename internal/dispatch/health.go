package dispatch

import "bellhop"

// EachHealth calls f for each service that this process delivers to and knows something of, in no
// order.
func (d *Dispatcher) EachHealth(f func(service bellhop.ID, h Health)) {
	for _, l := range d.all() {
		if l.id.Lane != l.id.Service {
			continue // a replay to another URL says nothing of its service
		}
		if h, ok := l.health(); ok && h != (Health{}) {
			f(l.id.Service, h)
		}
	}
}
