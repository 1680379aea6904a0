package account

import (
	"bytes"
	"testing"
	"testing/synctest"

	"bellhop"
)

// An update that asks for nothing leaves the same bytes, also of what was stored along
// with another resource: it must not look like a change. The clock of the bubble stands
// still.
func TestNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		bot := f.bot("Echo", f.top, object{"meta": object{"b": "1", "a": "2"}, "zeta": 1.0, "7": true})
		botOfUser := f.mustCreate(bellhop.Users, object{"name": "Second", "role": "bot"}).ID
		joe := f.mustCreate(bellhop.Users, object{"name": "Joe", "email": "joe@example.com", "password": "p", "meta": object{"x": "y"}}).ID
		for _, test := range []struct {
			kind *bellhop.Kind
			id   bellhop.ID
		}{
			{bellhop.Organizations, f.top}, {bellhop.Organizations, f.organization("West", f.top)},
			{bellhop.Users, f.ada}, {bellhop.Users, joe}, {bellhop.Users, bot}, {bellhop.Users, botOfUser},
			{bellhop.Bots, bot}, {bellhop.Bots, botOfUser},
			{bellhop.BotInstances, f.mustCreate(bellhop.BotInstances, object{"bot": string(bot)}).ID},
		} {
			before := f.document(test.kind, test.id)
			for _, sent := range []object{{}, f.fields(test.kind, test.id)} {
				if err := f.update(test.kind, f.system, test.id, sent); err != nil {
					t.Fatalf("%s: %v", before.Body, err)
				}
				if after := f.document(test.kind, test.id); !bytes.Equal(after.Body, before.Body) || !bytes.Equal(after.Secret, before.Secret) {
					t.Errorf("%s became\n%s", before.Body, after.Body)
				}
			}
		}
	})
}
