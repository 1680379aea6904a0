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
	server := ui.address
	return &firstSteps{Steps: []firstStep{
		{
			Title: "Write a bot", Done: done[0],
			Text: "It runs anywhere Node runs. With the ChipChat SDK it answers the challenge by itself. Its token is that of a bot user, its secret that of the webhook.",
			Command: "npm install chipchat\n\n" +
				"// bot.js\n" +
				"const ChipChat = require('chipchat');\n" +
				"const bot = new ChipChat({ host: '" + server + "', token: process.env.TOKEN, secret: process.env.SECRET });\n" +
				"bot.on('message.create.contact.chat.contact', (message, conversation) => {\n" +
				"  conversation.say('You said ' + message.text);\n" +
				"});\n" +
				"bot.start();",
		},
		{
			Title: "Connect it with a webhook",
			Text:  "All it needs is the URL where the bot listens. It is asked at once whether it is there.",
			Command: "curl -s " + server + "/v2/services -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n" +
				"  -d '{\"name\":\"My bot\",\"type\":\"webhook\",\"params\":{\"url\":\"https://bot.example.com/\"}}'",
			Do: &link{Text: "Create a webhook", To: integrationsPath(organization) + "/new"},
		},
		{
			Title: "Talk to it", Done: done[1],
			Text: "Begin a conversation as a contact, and see beside each message what was delivered and what the bot answered.",
			Do:   &link{Text: "Conversations", To: "/conversations"},
		},
	}}, nil
}
