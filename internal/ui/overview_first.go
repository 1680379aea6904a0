package ui

import (
	"net/url"

	"bellhop"
)

// firstSteps lead from an empty installation to a bot that answers.
type firstSteps struct {
	Steps []firstStep
}

type firstStep struct {
	Title   string
	Text    string
	Done    bool
	Command string
	Do      *link
}

// firstSteps says what is done already.
func (ui *UI) firstSteps(v *visit) (*firstSteps, error) {
	organization := v.caller.Organization
	if id := v.chosenID(); id != "" {
		organization = id
	}
	var done [2]bool
	for i, kind := range []*bellhop.Kind{bellhop.Bots, bellhop.Conversations} {
		filter := url.Values{}
		if err := v.narrow(filter); err != nil {
			return nil, err
		}
		n, err := v.count(kind, filter)
		if err != nil {
			return nil, err
		}
		done[i] = n > 0
	}
	return &firstSteps{Steps: []firstStep{
		{
			Title: "Add a bot", Done: done[0],
			Text: "A bot is a user of its own. Its page shows, under Tokens, the token that the next step needs.",
			Do:   &link{Text: "Add a bot", To: orgBotsPath(organization) + "/new"},
		},
		{
			Title:   "Run it",
			Text:    "It runs anywhere Node runs. Paste this into a shell, in an empty folder, with the token of the bot and a secret of your choice in their places.",
			Command: firstBot(ui.address),
		},
		{
			Title: "Connect it with a webhook",
			Text: "Enter the URL where the bot listens, such as http://127.0.0.1:3000/ if it runs beside this server, and the same secret. It is asked at once whether it is there, " +
				"and the ChipChat SDK answers that by itself. This machine and private networks are reached only if the server was started by dev, or with --egress-allow.",
			Do: &link{Text: "Create a webhook", To: integrationsPath(organization) + "/new"},
		},
		{
			Title: "Talk to it", Done: done[1],
			Text: "Begin a conversation as a contact, and see beside each message what was delivered and what the bot answered.",
			Do:   &link{Text: "Begin a conversation", To: "/conversations/new"},
		},
	}}, nil
}

// firstBot is a shell's way to a bot that answers. All of it can be pasted at once.
func firstBot(server string) string {
	return `npm install chipchat
cat > bot.js <<'END'
const ChipChat = require('chipchat');

const bot = new ChipChat({ host: '` + server + `', token: process.env.TOKEN, secret: process.env.SECRET });

bot.on('message.create.contact.chat.contact', (message, conversation) => {
  conversation.say('You said ' + message.text);
});
bot.start();
END
export TOKEN='the token of the bot'
export SECRET='the secret of the webhook'
node bot.js`
}
