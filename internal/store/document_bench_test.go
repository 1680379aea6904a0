package store

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"bellhop"
)

// BenchmarkDocumentWrites measures what a message writes of documents, which is itself, and what the
// change of a conversation does. Without what makes lists fast it is the measure for what that costs.
func BenchmarkDocumentWrites(b *testing.B) {
	for _, kind := range []*bellhop.Kind{bellhop.Messages, bellhop.Conversations} {
		for _, indexed := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/indexed=%v", kind.Name, indexed), func(b *testing.B) { benchmarkDocumentWrites(b, kind, indexed) })
		}
	}
}

func benchmarkDocumentWrites(b *testing.B, kind *bellhop.Kind, indexed bool) {
	const conversations, batch = 1000, 100
	db := openForLists(b)
	owner := somePaths[someOrgs[2]]
	made := func(id bellhop.ID, n int, body string) *bellhop.Document {
		at := bellhop.Time(1706659200000 + n)
		return &bellhop.Document{ID: id, Organization: bellhop.ID(someOrgs[2]), OrgPath: owner, CreatedAt: at, UpdatedAt: at,
			Body: []byte(fmt.Sprintf(`{"id":%q,"organization":%q,"orgPath":%q,%s,"createdAt":%q,"updatedAt":%q}`, id, someOrgs[2], owner, body, at, at))}
	}
	participant := `{"user":"` + someOrgs[0] + `","name":"Ada","role":"agent","organization":"` + someOrgs[2] + `","active":true,"accepted":true,"inbox":false,"follow":false}`
	participants := `"type":"contact","name":"Jenny","status":"active","participants":[` + strings.TrimSuffix(strings.Repeat(participant+",", 3), ",") + `],"meta":{},"tags":[]`
	insert(b, db, bellhop.Conversations, func(add func(*bellhop.Document)) {
		for n := range conversations {
			add(made(numberedID(n), n, participants))
		}
	})
	if !indexed {
		for _, name := range []string{"INDEX messages_created", "INDEX conversations_created", "INDEX conversations_status", "INDEX conversations_changed", "TRIGGER conversations_inserted", "TRIGGER conversations_updated", "TRIGGER conversations_deleted"} {
			if _, err := db.writer.conn.ExecContext(b.Context(), "DROP "+name); err != nil {
				b.Fatal(err)
			}
		}
	}
	used := func() int64 { // by this process: others may be at work beside it
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	b.ResetTimer()
	for n := 0; n < b.N; n += batch {
		err := db.Update(b.Context(), func(tx *Tx) error {
			for i := n; i < n+batch; i++ {
				parent := numberedID(i % conversations)
				var err error
				if kind == bellhop.Messages {
					doc := made(numberedID(1_000_000+i), conversations+i, `"text":"`+strings.Repeat("Hello ", 20)+`"`)
					doc.Parent = parent
					err = tx.Insert(b.Context(), kind, doc)
				} else {
					doc := made(parent, i%conversations, participants)
					doc.UpdatedAt += bellhop.Time(i)
					err = tx.Replace(b.Context(), kind, doc)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used()-before)/float64(b.N)/1e3, "cpu-µs/op")
}
