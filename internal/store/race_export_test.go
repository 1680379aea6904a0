package store

// RaceEnabled says that the race detector is at work, with which SQLite takes twenty times
// as long.
const RaceEnabled = raceEnabled
