export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * What each shell loads. All thinking is in `camshard complete`; nothing that is typed, and nothing that a node says, is
 * evaluated. Our own and not @bomb.sh/tab's: its values cannot be waited for (ids come from a node), it offers no files,
 * and its bash function evaluates the line that is being typed.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: String.raw`# bash completion for camshard; in ~/.bashrc: source <(camshard completion bash)
_camshard() {
    local value says program="\${COMP_WORDS[0]/#\~/$HOME}"
    COMPREPLY=()
    while IFS=$'\t' read -r value says; do
        case $value in
            :files) compopt -o default -o filenames 2>/dev/null ;;
            :folders) compopt -o dirnames -o filenames 2>/dev/null ;;
            *) printf -v value %q "$value" && COMPREPLY+=("$value") ;;
        esac
    done < <("$program" complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _camshard camshard
`.replaceAll('\\$', '$'),
  zsh: String.raw`#compdef camshard
# zsh completion for camshard; in ~/.zshrc, after compinit: source <(camshard completion zsh)
_camshard() {
    local value says
    local -a values
    while IFS=$'\t' read -r value says; do
        case $value in
            :files) compset -P '*='; _files; return ;;
            :folders) compset -P '*='; _files -/; return ;;
            *) values+=("\${value//:/\\:}\${says:+:$says}") ;;
        esac
    done < <("\${(Q)words[1]/#\~/$HOME}" complete words "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
    (( \${#values} )) && _describe -t values 'camshard' values
}
if [[ $funcstack[1] == _camshard ]]; then
    _camshard "$@"
else
    compdef _camshard camshard
fi
`.replaceAll('\\$', '$'),
  fish: String.raw`# fish completion for camshard; save as ~/.config/fish/completions/camshard.fish
function __camshard_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l typed (string replace -r -- '^--[^=]*=' '' $current)
    set -l before (string sub -l (math (string length -- $current) - (string length -- $typed)) -- $current)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    for line in ($program complete words $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                printf '%s\n' $before(__fish_complete_path "$typed")
            case ':folders'
                printf '%s\n' $before(__fish_complete_directories "$typed")
            case '*'
                echo $line
        end
    end
end
complete -c camshard -f -a '(__camshard_complete)'
`,
};
