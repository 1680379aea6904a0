package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// flagSet returns the flags of a command, whose help is a line of usage, with words for what is no flag, and what it is
// about.
func (env environment) flagSet(name, words, about string) *flag.FlagSet {
	fs := flag.NewFlagSet("bellhop "+name, flag.ContinueOnError)
	fs.SetOutput(env.stderr)
	fs.Usage = func() { writeHelp(fs.Output(), fs, words, about) }
	return fs
}

// writeHelp writes what is to be known of a command.
func writeHelp(w io.Writer, fs *flag.FlagSet, words, about string) {
	line := "Usage: " + fs.Name()
	if words != "" {
		line += " " + words
	}
	own, shared := sortedFlags(fs)
	if len(own)+len(shared) > 0 {
		line += " [--flag value ...]"
	}
	fmt.Fprintln(w, line)
	if about != "" {
		fmt.Fprintf(w, "\n%s\n", about)
	}
	writeFlags(w, "Flags", own)
	writeFlags(w, "Flags of all commands that ask a server", shared)
}

// sharedFlags are those of every command that asks a server. They are also environment variables.
var sharedFlags = []string{"host", "json", "profile", "token"}

// sortedFlags are the flags that a command has for itself, and those that it shares with others.
func sortedFlags(fs *flag.FlagSet) (own, shared []*flag.Flag) {
	asks := !slices.ContainsFunc(sharedFlags, func(name string) bool { return fs.Lookup(name) == nil }) && fs.Lookup("password-file") == nil
	fs.VisitAll(func(f *flag.Flag) {
		if asks && slices.Contains(sharedFlags, f.Name) {
			shared = append(shared, f)
		} else {
			own = append(own, f)
		}
	})
	return own, shared
}

func writeFlags(w io.Writer, title string, flags []*flag.Flag) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, f := range flags {
		value, usage := flag.UnquoteUsage(f)
		head := "--" + f.Name
		if value != "" {
			head += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && !strings.Contains(usage, "(default") {
			usage += " (default: " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %s\n", head)
		for _, line := range wrap(usage, 71) {
			fmt.Fprintf(w, "        %s\n", line)
		}
	}
}

// wrap breaks text into lines of at most width characters, between words.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// parse reads the flags: from the environment first, then from args, which win. There may be nothing else in args. Who
// names a directory there does not mean a database in the environment: he may have moved away from that.
func parse(fs *flag.FlagSet, args []string, getenv func(string) string) error {
	err := fromEnvironment(fs, getenv, func(name string) bool { return name != "database" || !isTyped(args, "data") })
	if err != nil {
		return err
	}
	if _, err := parseArgs(fs, args); err != nil {
		return err
	}
	return checkDirectory(fs)
}

// isTyped reports whether a flag is among args.
func isTyped(args []string, name string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		given, dashed := strings.CutPrefix(arg, "-")
		given, _, _ = strings.Cut(strings.TrimPrefix(given, "-"), "=")
		return dashed && given == name
	})
}

// parseWords reads flags and words in any order, as people type them. wanted names the words, for errors: an optional
// one is "[TEXT]", and a last one with dots is for any number, as "ID..." or "[ID...]". After -- all are words. Only what
// says where to connect to, and how to print, comes from the environment, too: BELLHOP_DATA is a directory of the server,
// and no data of an event. What is typed wins: with a profile nothing is left of a server and a token in the environment.
func parseWords(fs *flag.FlagSet, args []string, getenv func(string) string, wanted ...string) ([]string, error) {
	words, err := parseArgs(fs, args, wanted...)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(fs, words, wanted); err != nil {
		return nil, err
	}
	typed := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { typed[f.Name] = true })
	logsIn := fs.Lookup("password-file") != nil
	return words, fromEnvironment(fs, getenv, func(name string) bool {
		switch name {
		case "host":
			return !typed[name] && (logsIn || !typed["profile"])
		case "token":
			return !typed[name] && (logsIn && !typed["email"] || !logsIn && !typed["profile"])
		}
		return !typed[name] && slices.Contains(sharedFlags, name)
	})
}

// checkEmpty refuses words and texts that are empty: they come from variables that are not set, and would mean any service,
// or all of them.
func checkEmpty(fs *flag.FlagSet, words, wanted []string) (err error) {
	name := strings.TrimPrefix(fs.Name(), "bellhop ")
	for i, word := range words {
		if word == "" {
			return wrongUsage("%s needs %s, which is empty", name, strings.Trim(wanted[min(i, len(wanted)-1)], "[.]"))
		}
	}
	fs.Visit(func(f *flag.Flag) {
		if g, ok := f.Value.(flag.Getter); ok && g.Get() == "" {
			err = wrongUsage("%s needs a value for --%s, which is empty", name, f.Name)
		}
	})
	return err
}

func fromEnvironment(fs *flag.FlagSet, getenv func(string) string, take func(name string) bool) error {
	var errs []error
	fs.VisitAll(func(f *flag.Flag) {
		name := "BELLHOP_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := getenv(name); value != "" && take(f.Name) {
			if err := fs.Set(f.Name, value); err != nil {
				// The value may be a password.
				errs = append(errs, wrongUsage("the environment variable %s is not valid", name))
			}
		}
	})
	return errors.Join(errs...)
}

func parseArgs(fs *flag.FlagSet, args []string, wanted ...string) (words []string, err error) {
	if s, ok := fs.Output().(*flagSeeker); ok {
		s.found, s.wanted = fs, wanted
		return nil, flag.ErrHelp
	}
	for len(args) > 0 {
		if err := parseFlags(fs, args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			words = append(words, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		words, args = append(words, rest[0]), rest[1:]
	}
	return words, checkWords(fs, words, wanted)
}

// parseFlags reads the flags before the first word. An error of package flag is one of ours, with a hint.
func parseFlags(fs *flag.FlagSet, args []string) error {
	usage, w := fs.Usage, fs.Output()
	fs.Usage = func() {}
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	fs.Usage = usage
	fs.SetOutput(w)
	if err == nil {
		return nil
	}
	if errors.Is(err, flag.ErrHelp) {
		fs.Usage()
		return err
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		err = wrongUsage("%s has no flag --%s", strings.TrimPrefix(fs.Name(), "bellhop "), strings.TrimLeft(name, "-"))
		if near := closest(strings.TrimLeft(name, "-"), flagNames(fs)); near != "" {
			return hinted(err, "did you mean --"+near+"?")
		}
	} else {
		err = wrongUsage("%s", twoDashes.Replace(err.Error()))
	}
	return hinted(err, fs.Name()+" --help lists the flags")
}

func flagNames(fs *flag.FlagSet) (names []string) {
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// twoDashes writes flags in the texts of package flag as we do.
var twoDashes = strings.NewReplacer("argument: -", "argument: --", "flag -", "flag --", "for -", "for --")

// flagSeeker is an output by which a command is asked for its flags instead of being run: parsing ends with them.
type flagSeeker struct {
	io.Writer
	found  *flag.FlagSet
	wanted []string // its words
}

func checkWords(fs *flag.FlagSet, words, wanted []string) error {
	least, most := 0, len(wanted)
	for _, w := range wanted {
		if !strings.HasPrefix(w, "[") {
			least++
		}
		if strings.Contains(w, "...") {
			most = len(words) + 1
		}
	}
	name := strings.TrimPrefix(fs.Name(), "bellhop ")
	if len(words) < least {
		return hinted(wrongUsage("%s needs %s", name, strings.TrimSuffix(wanted[len(words)], "...")), fs.Name()+" --help shows how it is used")
	}
	if len(words) > most {
		return hinted(wrongUsage("unexpected argument %q", words[most]), fs.Name()+" --help shows how it is used")
	}
	return nil
}
