package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

func botCommands() []command {
	return []command{
		{"create", "create a bot, and print what its program needs to log in", createBot, nil},
	}
}

const createBotAbout = `Creates a bot in your organization, and prints what its program needs to log in, as lines for a
shell: APIHOST, and TOKEN, which is a secret. Keep it in a file that others cannot read.

  (umask 077; bellhop bots create Echo > bot.env)
  source bot.env

The secret of its webhook comes with the webhook: bellhop listen --print-secret, or bellhop services get.`

// createBot creates a bot user (docs/contract/resources.md section 7 "bot").
func createBot(ctx context.Context, args []string, env environment) error {
	r := env.request("bots create", "NAME", createBotAbout)
	words, err := r.parse(args, "NAME")
	if err != nil {
		return err
	}
	login, err := r.login(env)
	if err != nil {
		return err
	}
	bot, err := r.bot.Bots.Create(ctx, map[string]any{"name": words[0]})
	if err != nil {
		return fmt.Errorf("create the bot %s: %w", words[0], err)
	}
	return r.print(env, bot.Raw, func(w io.Writer) error {
		fmt.Fprintf(env.stderr, "Created the bot %s, %s. Its token does not end.\n", clean(bot.Name, ""), bot.ID)
		_, err := fmt.Fprintf(w, "export APIHOST=%s\nexport TOKEN=%s\n", shellQuoted(login.host), shellQuoted(bot.Token))
		return err
	})
}

// shellWord is one word of a shell, quoted where that is needed.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, plainInShells) == "" {
		return text
	}
	return shellQuoted(text)
}

const plainInShells = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"

// shellQuoted is one word of a shell, in quotes.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
