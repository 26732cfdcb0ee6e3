# bash completion for hotdeskd(8)                                                    -*- shell-script -*-

# Display names of the desks, one a line. Silent where the state may not be read, and given up after two seconds.
_hotdeskd_devices() {
    timeout 2 hotdeskd "${config[@]}" devices --json 2>/dev/null |
        grep -o '"displayName":"[^"\\]*"' | cut -d'"' -f4
}

_hotdeskd() {
    local cur prev words cword
    _init_completion || return

    local commands='activate run check status devices bookings log explain sign-out book edit delete manifest action'
    commands+=' rekey deactivate'
    local command='' config=() i
    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
            --config)
                config=(--config "${words[i + 1]-}")
                ((i++))
                ;;
            -*) ;;
            *) [[ $command ]] || command=${words[i]} ;;
        esac
    done

    case $prev in
        --config)
            _filedir
            return
            ;;
        --since | --start | --duration | --title | --organizer) return ;;
    esac

    local options='--help --version --config'
    case $command in
        '')
            COMPREPLY=($(compgen -W "$options $commands" -- "$cur"))
            return
            ;;
        activate) options+=' --replace --json' ;;
        run) options+=' --judge-existing' ;;
        check | status | devices | bookings | explain | sign-out | action) options+=' --json' ;;
        log) options+=' --device --since --follow --json' ;;
        book) options+=' --organizer --start --duration --title --force --json' ;;
        edit) options+=' --start --duration --force --json' ;;
        delete | deactivate) options+=' --force --json' ;;
        manifest) options+=' --request-update' ;;
    esac

    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ $command =~ ^(activate|action)$ && $cur == @* ]]; then
        cur=${cur#@}
        _filedir
        COMPREPLY=("${COMPREPLY[@]/#/@}")
    elif [[ $prev == --device || $command =~ ^(bookings|explain|sign-out|book)$ ]]; then
        local name
        while IFS= read -r name; do
            [[ $name == "${cur//\\/}"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
        done < <(_hotdeskd_devices)
    fi
} &&
    complete -F _hotdeskd hotdeskd
