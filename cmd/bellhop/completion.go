package main

import (
	"context"
	"fmt"
)

const completionAbout = `Prints what makes a shell complete commands, flags, and the names of services,
conversations and logins.

  bash   eval "$(bellhop completion bash)"                in ~/.bashrc
  zsh    eval "$(bellhop completion zsh)"                 in ~/.zshrc, after compinit
  fish   bellhop completion fish > ~/.config/fish/completions/bellhop.fish`

// shellCompletion prints the completion of a shell.
func shellCompletion(_ context.Context, args []string, env environment) error {
	fs := env.flagSet("completion", "SHELL", completionAbout)
	words, err := parseWords(fs, args, env.getenv, "SHELL")
	if err != nil {
		return err
	}
	text, ok := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[words[0]]
	if !ok {
		return hinted(wrongUsage("there is no completion for %q", words[0]), "bash, zsh and fish are known")
	}
	_, err = fmt.Fprint(env.stdout, text)
	return err
}

// The words go to the program as they stand on the line; what it suggests is quoted where the shell needs that. Between
// quotation marks, where bash takes it as it is, nothing is suggested that it would carry out: names are other people's.
// Without a suggestion bash completes files.
const bashCompletion = `_bellhop() {
    local cur="${COMP_WORDS[COMP_CWORD]}" line value
    COMPREPLY=()
    while IFS= read -r line; do
        value="${line%%$'\t'*}"
        case "$cur" in
        \"*) [[ "$value" == *[\"\$\\!]* || "$value" == *$'\x60'* ]] || COMPREPLY+=("$value") ;;
        \'*) [[ "$value" == *\'* ]] || COMPREPLY+=("$value") ;;
        *[\"\']*) ;;
        *) COMPREPLY+=("$(printf %q "$value")") ;;
        esac
    done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _bellhop bellhop
`

const zshCompletion = `#compdef bellhop
_bellhop() {
    local line
    local -a found
    for line in "${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n "$line" ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#found )); then
        _describe 'bellhop' found
    else
        _files
    fi
}
compdef _bellhop bellhop
`

const fishCompletion = `function __bellhop_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c bellhop -a '(__bellhop_complete)'
complete -c bellhop -n 'test -n "$(__bellhop_complete)"' -f
`
