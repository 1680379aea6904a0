package store

import "bellhop"

// Partitions is how many shares all services are divided into.
const Partitions = 256

// PartitionOf returns the share that a service belongs to.
func PartitionOf(service bellhop.ID) int {
	hash := uint32(2166136261) // FNV-1a, as rows have it
	for i := range len(service) {
		hash = (hash ^ uint32(service[i])) * 16777619
	}
	return int(hash % Partitions)
}

// Pending is a delivery that waits, with the event that it is to bring.
type Pending struct {
	Delivery bellhop.Delivery
	Event    *bellhop.Event
}
