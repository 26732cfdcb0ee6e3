# fish completion for hotdeskd(8)

# Display names of the desks. Silent where the state may not be read, and given up after two seconds.
function __hotdeskd_devices
    set -l words (commandline -opc)
    set -l config
    if set -l at (contains -i -- --config $words); and test (count $words) -gt $at
        set config --config $words[(math $at + 1)]
    end
    timeout 2 hotdeskd $config devices --json 2>/dev/null | string match -rag '"displayName":"([^"\\\\]*)"'
end

set -l commands activate run check status devices bookings log explain sign-out book edit delete manifest action rekey deactivate
set -l none "not __fish_seen_subcommand_from $commands"

complete -c hotdeskd -f
complete -c hotdeskd -l help -d 'What it takes'
complete -c hotdeskd -l version -d 'The version'
complete -c hotdeskd -l config -rF -d 'The configuration'

complete -c hotdeskd -n $none -a activate -d 'Set hotdeskd up with the activation code'
complete -c hotdeskd -n $none -a run -d 'The worker, in the foreground'
complete -c hotdeskd -n $none -a check -d 'A doctor'
complete -c hotdeskd -n $none -a status -d 'Activation, tokens, queue, desks, last error'
complete -c hotdeskd -n $none -a devices -d 'Every known desk'
complete -c hotdeskd -n $none -a bookings -d 'Every known booking'
complete -c hotdeskd -n $none -a log -d 'What was decided, and why'
complete -c hotdeskd -n $none -a explain -d 'What each rule says about a desk now'
complete -c hotdeskd -n $none -a sign-out -d 'Sign the user of a desk out'
complete -c hotdeskd -n $none -a book -d 'Book a desk for somebody'
complete -c hotdeskd -n $none -a edit -d 'Give a booking other times'
complete -c hotdeskd -n $none -a delete -d 'Delete a booking'
complete -c hotdeskd -n $none -a manifest -d 'The manifest to upload in Control Hub'
complete -c hotdeskd -n $none -a action -d 'Carry out a management action of Webex'
complete -c hotdeskd -n $none -a rekey -d 'Give the state a new key'
complete -c hotdeskd -n $none -a deactivate -d 'Remove the queue at Webex and the local state'

complete -c hotdeskd -n '__fish_seen_subcommand_from bookings explain sign-out book' -a '(__hotdeskd_devices)'
complete -c hotdeskd -n '__fish_seen_subcommand_from activate check status devices bookings log explain sign-out book edit delete action deactivate' -l json -d 'Print JSON'
complete -c hotdeskd -n '__fish_seen_subcommand_from activate' -l replace -d 'In the place of one that stands'
complete -c hotdeskd -n '__fish_seen_subcommand_from run' -l judge-existing -d 'Also judge bookings that were there before'
complete -c hotdeskd -n '__fish_seen_subcommand_from log' -l device -xa '(__hotdeskd_devices)' -d 'Only this desk'
complete -c hotdeskd -n '__fish_seen_subcommand_from log' -l since -x -d 'From this time on'
complete -c hotdeskd -n '__fish_seen_subcommand_from log' -l follow -d 'Go on'
complete -c hotdeskd -n '__fish_seen_subcommand_from book' -l organizer -x -d 'Whose booking it is'
complete -c hotdeskd -n '__fish_seen_subcommand_from book' -l title -x -d 'What the desk shows'
complete -c hotdeskd -n '__fish_seen_subcommand_from book edit' -l start -x -d 'When'
complete -c hotdeskd -n '__fish_seen_subcommand_from book edit' -l duration -x -d 'How long'
complete -c hotdeskd -n '__fish_seen_subcommand_from book edit delete' -l force -d 'Although the rules are against it'
complete -c hotdeskd -n '__fish_seen_subcommand_from deactivate' -l force -d 'Although Webex cannot be told'
complete -c hotdeskd -n '__fish_seen_subcommand_from manifest' -l request-update -d 'Ask for what was not granted'
