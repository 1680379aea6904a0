package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// secretFlag is the secret of a webhook, however it is given.
type secretFlag struct{ value, file string }

// flags adds --secret and --secret-file.
func (s *secretFlag) flags(fs *flag.FlagSet) {
	fs.StringVar(&s.value, "secret", "", "`secret` of the webhook (default: BELLHOP_SECRET; others on this machine may see what is typed here)")
	fs.StringVar(&s.file, "secret-file", "", "`file` with the secret; a line break at its end is none of it")
}

// read returns the secret, or "" if none is given.
func (s *secretFlag) read(env environment) (string, error) {
	switch {
	case s.value != "" && s.file != "":
		return "", wrongUsage("--secret and --secret-file say the same: give one of them")
	case s.value != "":
		return s.value, nil
	case s.file == "":
		return env.getenv("BELLHOP_SECRET"), nil
	}
	return secretIn(s.file)
}

// secretIn is the secret in a file, without a line break at its end.
func secretIn(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" {
		return "", fmt.Errorf("read the secret: %s is empty", file)
	}
	return secret, nil
}

// need returns the secret, or an error if none is given.
func (s *secretFlag) need(env environment) (string, error) {
	secret, err := s.read(env)
	if err == nil && secret == "" {
		err = hinted(wrongUsage("a secret is needed"), "add --secret, --secret-file or BELLHOP_SECRET; bellhop services shows that of a webhook")
	}
	return secret, err
}
