package dispatch

// limits are how much goes on at once and how much is kept in memory. Tests make them small,
// and give others time between a read and what comes of it.
type limits struct {
	underWay int   // young attempts, of all services
	held     int64 // bytes of deliveries that the lanes keep in memory together

	// Of one lane:
	long    int   // attempts that are older than a second
	ready   int   // deliveries in memory that may start
	waiting int   // and those that wait behind others of their keys
	bytes   int64 // of both, but for one delivery
	crowded int   // keys that have their rest in the store while others are let in past them
	read    int   // deliveries that are read at once

	ended int // deliveries that lanes have let go before the feed has given them

	linger func() // what has been read is taken over only when it returns; nil outside tests
	taking func() // pauses that have been read are taken over only when it returns; the same
}

func defaultLimits() limits {
	return limits{
		underWay: mostUnderWay, held: mostHeld, long: maxLong,
		ready: readyRoom, waiting: waitingRoom, bytes: laneBytes, crowded: crowdedKeys, read: mostRead,
		ended: mostEnded,
	}
}
