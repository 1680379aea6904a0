package openapi

import "bellhop"

const adminOrSelf = "Only for admins of the organization, and for the bot itself."

// tokensNote is how bots and their users show their tokens.
func tokensNote() Members[*Schema] {
	return Members[*Schema]{
		prop("token", text().say("Permanent access token of a bot. "+adminOrSelf)),
		prop("refreshToken", text().say("Refresh token of a bot. "+adminOrSelf)),
	}
}

func peopleNotes() map[*bellhop.Kind]note {
	return map[*bellhop.Kind]note{
		bellhop.Organizations: {
			about: "An organization: the tenant that owns everything else. There are three levels.",
			fields: Members[fieldNote]{
				say("displayName", "What it is called; `name` unless set."),
				say("country", "ISO 3166 alpha-2."),
				say("stopwords", "Words that mean nothing to a search."),
				field("categories", fieldNote{say: "At most 10; the index in this list is `categoryIndex` of conversations.",
					shown: list(object(Members[*Schema]{prop("name", text().orNull()), prop("forms", list(either(ref("Id"), ref("Form"))))})).atMost(10)}),
				say("commands", "Bot commands that are offered, such as `>smsbot`."),
				say("whitelist", "Domains of email addresses that may register themselves."),
				field("parent", fieldNote{say: "The organization above it; null on level 1. Cannot be changed.",
					shown: either(ref("Id"), ref("Organization"), typed("null"))}),
				say("path", "The ids from level 1 down to its own, joined with `#`."),
				field("level", fieldNote{shown: whole().from(1).to(3)}),
			},
			always: []string{"displayName", "parent", "path", "level"},
			tell: Members[string]{
				is("create", "Its parent is the organization of the token unless `parent` says otherwise; level 4 is refused. Those of level 1 are made by `bellhop setup`."),
				is("delete", "It has to be empty, else 409."),
			},
			examples: Members[*Example]{is("organization", example("The least", `{"name":"Acme Corp"}`))},
		},
		bellhop.Users: {
			about: "The login of a person, or of a bot.",
			fields: Members[fieldNote]{
				say("givenName", "It, `familyName` or `name` is required."),
				say("displayName", "Given and family name unless set."),
				say("name", "`displayName` once more."),
				say("email", "Required, but for bots; unique, whatever the case of its letters."),
				say("status", "`active` if there is a password, else `invited`, unless set."),
				say("role", "In answers the role in the selected organization. `agent` unless set; `bot` makes a bot, too."),
				say("organization", "In answers the selected one."),
				say("organizations", "The roles of the user, each for an organization and all below it. Exactly one is selected."),
			},
			extra:  tokensNote(),
			always: []string{"displayName", "name", "email", "status", "role", "organizations"},
			who: Members[string]{
				is("get", "Everybody may read himself."),
				is("update", "Everybody may change himself, but for `role`, `organizations` and `status`; a bot may change `meta` of users in its scope."),
			},
			tell: Members[string]{
				is("update", "A new password ends all tokens and sessions of the user."),
				is("delete", "Ends the tokens of the user. The last admin of level 1 stays."),
			},
			examples: Members[*Example]{is("person", example("A person who can log in",
				`{"givenName":"Joe","familyName":"Johnson","email":"joe@example.com","password":"t0p","status":"active"}`))},
		},
		bellhop.Bots: {
			about: "A bot. Its id is that of its user.",
			fields: Members[fieldNote]{
				say("scope", "What its token may do. `admin` is for admins to give."),
				say("audience", "Where it may have instances: in its organization, also below, or everywhere."),
				say("tags", "With the audience `suborgs`: only in organizations that have one of these."),
				say("commands", "Each begins with `>`."),
				say("meta", "Defaults for its instances."),
			},
			extra:  tokensNote(),
			always: []string{"scope", "email"},
			tell: Members[string]{
				is("create", "Makes its user, too."),
				is("delete", "Deletes its user, which ends its tokens, and its instances."),
			},
			who: Members[string]{is("get", "A bot may always read itself.")},
		},
		bellhop.BotInstances: {
			about: "What a bot is in one organization. A bot has at most one instance in each.",
			fields: Members[fieldNote]{
				say("bot", "Cannot be changed."),
				field("meta", fieldNote{say: "Values are strings: the SDK calls string methods on them.",
					shown: &Schema{Type: "object", Additional: text()},
					sent:  &Schema{Type: []string{"object", "null"}, Additional: text()}}),
			},
		},
	}
}
