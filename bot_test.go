package bellhop

import "testing"

func TestBotMeantFor(t *testing.T) {
	const (
		top   = ID("64b0f1a2c3d4e5f607182930")
		owner = ID("64b0f1a2c3d4e5f607182931")
		leaf  = ID("64b0f1a2c3d4e5f607182932")
	)
	organizations := map[string]*Organization{
		"top":   {ID: top, Path: string(top), Tags: []string{"shop"}},
		"owner": {ID: owner, Path: string(top + "#" + owner)},
		"leaf":  {ID: leaf, Path: string(top + "#" + owner + "#" + leaf), Tags: []string{"shop"}},
	}
	for _, test := range []struct {
		audience string
		tags     []string
		want     map[string]bool
	}{
		{AudienceOwner, nil, map[string]bool{"owner": true}},
		{AudienceSuborgs, nil, map[string]bool{"owner": true, "leaf": true}},
		{AudienceSuborgs, []string{"shop"}, map[string]bool{"owner": true, "leaf": true}},
		{AudienceSuborgs, []string{"bank"}, map[string]bool{"owner": true}},
		{AudienceGlobal, []string{"bank"}, map[string]bool{"top": true, "owner": true, "leaf": true}},
	} {
		b := &Bot{Organization: owner, OrgPath: string(top + "#" + owner), Audience: test.audience, Tags: test.tags}
		for name, o := range organizations {
			if got := b.MeantFor(o); got != test.want[name] {
				t.Errorf("a bot for %s %v is meant for the %s: %v, want %v", test.audience, test.tags, name, got, test.want[name])
			}
		}
	}
}

func TestBotWorks(t *testing.T) {
	for _, test := range []struct {
		status  string
		enabled bool
		want    bool
	}{{BotActive, true, true}, {BotActive, false, false}, {"broken", true, false}} {
		b := &Bot{Status: test.status, Enabled: test.enabled}
		if got := b.Works(); got != test.want {
			t.Errorf("a bot that is %s, enabled %v, works: %v", test.status, test.enabled, got)
		}
	}
}
