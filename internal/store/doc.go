// Package store keeps everything that must survive: documents, events, deliveries,
// attempts and settings. All SQL is here.
//
// A [DB] is opened on one engine; SQLite in a directory is the default. Reading is
// [DB.View], writing is [DB.Update]; both run a function in one transaction, and
// what must be true together is written in one of them. So a change and the events
// that tell of it, with a delivery for each subscribed service, are never apart.
//
// # What an Update promises
//
// When Update returns nil the change is on disk: a power cut does not undo it.
// Callers that come while a commit is under way join the next one, so that one
// fsync serves them all: the first of them leads, runs every function of the batch
// in a single transaction, and answers the others. If a function fails after it
// wrote something the batch is rolled back and its members run again one by one, so
// that only the guilty one fails. A function may therefore run twice; it does SQL
// and nothing else. It returns the error of any statement that has failed: on PostgreSQL
// nothing of its transaction can be committed then.
//
// On PostgreSQL up to four batches are committed at once. A batch that was in the way of
// another one, or whose connection was lost, runs again, for 5 seconds at most; then its
// callers hear bellhop.Unavailable, and nothing is stored. If the connection is lost while
// it commits, the database is asked on another one what became of it, for 10 seconds at most.
// Only if nobody says so until then a caller hears bellhop.Unavailable of what may be stored
// nevertheless. Nothing of it is handed over then, but found by those who read what waits.
// Whoever then repeats what he has done does it twice, unless it has an id that he has chosen.
//
// [DB.UpdateSoon] waits for a commit that somebody else pays for, and promises the same.
// [DB.UpdateLazily] promises less: if nobody else takes part in its commit, nobody waits for
// the disk, and a power cut may undo it until the next Update returns.
//
// # Deliveries that are written once
//
// A delivery that a lane takes into memory when its event is committed has no row yet:
// what makes it up is a part of the event's row, and its own is written with the result
// of its attempt. So whoever reads deliveries uses [DB.ViewDeliveries], [DB.ViewLane] or
// [DB.ViewWaiting], which write what is missing first, and after a crash Open does: all of them are pending then.
// Who delivers is told to the store by [DB.DeliverTo]. docs/decisions/0002-rows-that-wait.md
// says why it is done so.
//
// # What is kept
//
// While [DB.Run] runs, events, deliveries and attempts go when they have finished and are
// older than Config.Retain, or the oldest of them while the store is larger than
// Config.RetainSize. Nothing pending goes, and no event before its deliveries.
//
// # Secrets
//
// What a document keeps in Secret, and all settings, are sealed with a key that
// lives outside of the database. The files of a store hold no secret in clear.
package store
