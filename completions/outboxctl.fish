# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_outboxctl_global_optspecs
    string join \n profile= region= stage= pipeline= local= no-local endpoint-url= o/output= no-input y/yes q/quiet v/verbose progress= h/help V/version
end

function __fish_outboxctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_outboxctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_outboxctl_using_subcommand
    set -l cmd (__fish_outboxctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c outboxctl -n "__fish_outboxctl_needs_command" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -s V -l version -d 'Print version'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "init" -d 'Write a commented outboxctl.toml into the working directory'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "doctor" -d 'Check machine, account and deployment, and suggest a fix for each problem'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "deploy" -d 'Deploy the pipeline\'s stacks, updating only those that changed'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "watch" -d 'Follow CloudFormation operations on the pipeline\'s stacks until they end'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "recover" -d 'Recover stuck stacks so that `deploy` can continue'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "destroy" -d 'Delete the pipeline\'s stacks, stopping the capture first'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "status" -d 'Show a diagram of the pipeline with the state of each part, and where it is broken'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "outputs" -d 'Print the outputs of the stacks'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "db" -d 'Manage the database: schema, status, and purging old rows'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "dms" -d 'Manage the DMS replication task'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "replay" -d 'Deliver events again from the outbox table or the event log'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "reconcile" -d 'Compare the outbox with the delivered events'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "dlq" -d 'List, redrive and discard events that could not be delivered'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "sample" -d 'Write sample rows'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "tail" -d 'Follow events through the stream, the bus and the event log'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "verify" -d 'Write events and verify that all of them are delivered'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "ui" -d 'Show the pipeline live on a web page'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "consume" -d 'Consume the stream: run a handler for each event, mark it as processed, and checkpoint'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "local" -d 'Manage the local stack: PostgreSQL and an AWS endpoint on this machine'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "cost" -d 'Estimate the monthly cost of the pipeline'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "demo" -d 'Run a complete tour on a local stack: up, deploy, write, tail, verify, destroy, down'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "explain" -d 'Explain a concept, a task or an error code; without a topic, list the topics'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "man" -d 'Print a manual page, or write all of them to a folder'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c outboxctl -n "__fish_outboxctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l force -d 'Overwrite an existing file, keeping its values but not its comments'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l schema -d 'Print the JSON Schema of outboxctl.toml, for editors, without writing a file'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l function-binary -d 'Executable that `deploy` would package as the functions' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l timeout -d 'Time limit for each check' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l print-policy -d 'Print the least-privilege IAM policy for deploying the pipeline in its stage as JSON, and exit'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l function-binary -d 'Executable to package as the functions, if this one cannot run on Lambda' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l parameter -d 'Set a template parameter, as the `parameters` table of outboxctl.toml does' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l dry-run -l diff -d 'Show what would change without changing anything'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l exit-code -d 'With --dry-run: exit with 3 if there are changes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l allow-replacement -d 'Allow changes that replace or remove a database, stream, secret or capture task'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l without-sample -d 'Exclude the sample\'s API and tables, for an application of your own; later deploys keep this choice'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l with-sample -d 'Include the sample\'s API and tables again after --without-sample'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand deploy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l cancel -d 'First cancel the updates in progress; CloudFormation then rolls them back'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l skip -d 'Resource to skip when continuing a rollback (requires exactly one STACK)' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l retain -d 'Resource to retain when deleting a stack (requires exactly one STACK)' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l force -d 'Force the deletion of a stack, leaving behind resources that cannot be deleted'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand destroy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l timeout -d 'Time limit for each query' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l exit-code -d 'Exit with 1 if a part is broken, and with 0 otherwise, even if there are warnings'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l form -d 'Output form' -r -f -a "table\t'Table for reading'
json\t'A JSON object'
env\t'export NAME=\'value\', for eval in a shell'
github\t'Step outputs for GitHub Actions, for $GITHUB_OUTPUT'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand outputs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -f -a "init" -d 'Create or update the schema, the roles and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -f -a "status" -d 'Show migrations, outbox rows, replication slots and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -f -a "purge" -d 'Delete old outbox rows whose events were delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and not __fish_seen_subcommand_from init status purge help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l dry-run -d 'Run all steps, report them, and roll back'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l older-than -d 'Delete rows older than this, such as 7d or 12h' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l group -d 'Consumer group that must have processed a row; repeatable [default: every group that processed any]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l dry-run -d 'Show what would be deleted without deleting anything'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "init" -d 'Create or update the schema, the roles and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show migrations, outbox rows, replication slots and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "purge" -d 'Delete old outbox rows whose events were delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -f -a "start" -d 'Start the capture, or resume it where it stopped'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -f -a "stop" -d 'Stop the capture; the replication slot keeps its position'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -f -a "status" -d 'Show the replication task'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -f -a "test" -d 'Test the connections to the source database and the target stream'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and not __fish_seen_subcommand_from start stop status test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l timeout -d 'Maximum time to wait for the task to run' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l fresh -d 'Start over at the end of the log, skipping events committed since the task last ran'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l no-wait -d 'Return once the start request is accepted'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l timeout -d 'Maximum time to wait for the task to stop' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l timeout -d 'Maximum time to wait for the results' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start the capture, or resume it where it stopped'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop the capture; the replication slot keeps its position'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the replication task'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from help" -f -a "test" -d 'Test the connections to the source database and the target stream'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dms; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l from -d 'Include events written at or after this time: RFC 3339, or relative like -15m' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l until -d 'Include events written before this time' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l aggregate -d 'Only events of this aggregate' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l event-type -d 'Only events of this type' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l id -d 'Only this event; repeatable. The first 8 or more characters of its id are enough, but the source is then searched for it' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l resume -d 'Continue an interrupted replay: the newest, or the one with this name' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l source -d 'Source to read the events from' -r -f -a "outbox\t'The outbox table'
log\t'The log of every event on the bus, which may know what was purged from the outbox'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l rate -d 'Maximum events per second [default: unlimited]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l all -d 'Replay all events of the source'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l dry-run -d 'Show what would be sent without sending anything'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l from -d 'Include events written at or after this time: RFC 3339, or relative like -15m [default: the oldest]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l until -d 'Include events written before this time [default: --grace ago]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l grace -d 'Ignore events younger than this, because they may still be in transit' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l late -d 'How long after the window to look for deliveries' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l rate -d 'Maximum events per second during a repair [default: unlimited]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l group -d 'Consumer group, on a pipeline that has consumers [default: outboxctl]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l allow-duplicates -d 'Report duplicates without failing: the pipeline guarantees at-least-once delivery'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l repair -d 'Deliver missing events in the order of their aggregates; use `dlq redrive` for dead letters'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l force -d 'Repair even if the capture is stopped: events that it has not read yet are then delivered twice'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand reconcile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -f -a "list" -d 'List events that could not be delivered, with the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -f -a "show" -d 'Show one dead letter with its full payload and the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -f -a "redrive" -d 'Deliver dead letters again'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -f -a "discard" -d 'Delete dead letters permanently'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and not __fish_seen_subcommand_from list show redrive discard help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l cause -d 'Only dead letters with this cause, as shown in the list' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l place -d 'Only dead letters in this place, as shown in the list' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l aggregate -d 'Only dead letters of this aggregate: its id, or TYPE/ID' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l limit -d 'Maximum rows in the table; JSON and NDJSON output is not limited' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l cause -d 'Only dead letters with this cause, as shown by `dlq list`' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l place -d 'Only dead letters in this place, as shown by `dlq list`' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l aggregate -d 'Only dead letters of this aggregate: its id, or TYPE/ID' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l id -d 'Only this dead letter: its id from `dlq list`, or the event id (or its first 8 or more characters); repeatable' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l rate -d 'Maximum records per second [default: unlimited]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l all -d 'Redrive all dead letters'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l dry-run -d 'Show what would be sent, and in which order, without sending anything'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l cause -d 'Delete every dead letter with this cause, as shown by `dlq list`' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l place -d 'Only dead letters in this place, as shown by `dlq list`' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from discard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "list" -d 'List events that could not be delivered, with the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one dead letter with its full payload and the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "redrive" -d 'Deliver dead letters again'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "discard" -d 'Delete dead letters permanently'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -f -a "insert" -d 'Write sample rows with their outbox rows, each pair in one transaction'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and not __fish_seen_subcommand_from insert help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l count -d 'Number of events to write' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l rate -d 'Events per second [default: unlimited]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l aggregates -d 'Number of aggregates to spread the events over' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l via -d 'How to write the rows' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'SQL from this machine, with verified TLS'
function\t'Through the admin function'
api\t'Through the pipeline\'s HTTP API, one request per event; the only way on DynamoDB'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l rollback-control -d 'Also write one event and roll it back; that event must not be delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from insert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from help" -f -a "insert" -d 'Write sample rows with their outbox rows, each pair in one transaction'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand sample; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l from -d 'Where to start: latest, start, a time, or -15m' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l until -d 'Exit when items arrive later than this: a time, +30s or -1m' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l count -d 'Exit after this many items' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l idle-timeout -d 'Exit after this much time without an item' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l where -d 'Show only items that match this JMESPath expression, such as "event_type==\'CarCreated\'"' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l format -d 'Template for each line, such as "{at} {event_type} {aggregate_id}"; \\n and \\t are escapes' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l group -d 'Consumer group whose processed log to follow [default: outboxctl]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l enhanced-fan-out -d 'Read Kinesis with enhanced fan-out, through a temporary consumer'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l count -d 'Number of events to write' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l duration -d 'Write for this long instead of writing a fixed number of events' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l rate -d 'Events per second [default: unlimited]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l aggregates -d 'Number of aggregates to spread the events over' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l timeout -d 'How long to wait after the last commit; with --duration, for any event' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l settle -d 'How long to keep watching for duplicates after everything has arrived' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l group -d 'Consumer group whose processed log to watch, on pipelines with consumers [default: outboxctl]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l junit -d 'Also write the result as JUnit XML' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l allow-duplicates -d 'Report duplicates without failing: the pipeline guarantees at-least-once delivery'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l strict-order -d 'Fail on events out of order at every hop, including the bus and the event log'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l port -d 'Port to serve on; 0 picks a free one' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l token-file -d 'File that holds the token, created if missing; without it, every start creates a new token' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l from -d 'How far back to read stream and event log at the start: latest, start, a time, or -15m' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l via -d 'How to reach the database' -r -f -a "auto\t'Through the admin function, unless the database is public'
direct\t'From this machine, with verified TLS'
function\t'Through the admin function, inside the pipeline\'s network'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l allow-write -d 'Allow writes to the deployed pipeline: inserting samples and redriving dead letters'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand ui" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l exec -d 'Command to run for each event through `sh -c`: stdin is the CloudEvent, exit code 0 is success' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l post -d 'URL to POST each CloudEvent to; any 2xx is success' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l hook-timeout -d 'Time limit for one attempt of the command or POST' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l attempts -d 'Maximum attempts before an event is stored as a failure' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l backoff -d 'Delay after a failed attempt; doubles with each attempt, up to one minute' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l concurrency -d 'Maximum number of aggregates of a shard to process concurrently' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l from -d 'Where to start in shards that the group has not read: start, latest, a time, or -15m' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l idle-timeout -d 'Exit after this much time without events' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l group -d 'Consumer group: members share the shards, and each group receives every event' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l lease-duration -d 'Consider a member dead, and take over its shards, if not heard from for this long' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l batch -d 'Maximum records per read' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l metrics-every -d 'Interval between metrics reports' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l once -d 'Exit once all available events have been processed'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand consume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "up" -d 'Start the local stack and leave it running'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "down" -d 'Stop the local stack, keeping deployed resources and data for the next `up`'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "status" -d 'Show the services of the local stack, their addresses, and which rules of AWS are enforced'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "env" -d 'Print environment variables that connect other tools to the local stack'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "serve" -d 'Run the local stack in the foreground'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "exec" -d 'Replace this process with a program that ends with its parent'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and not __fish_seen_subcommand_from up down status env serve exec help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l port -d 'Port of the AWS endpoint; 0 picks a free one [default: the port used last, initially 4566]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l postgres-port -d 'Port of PostgreSQL; 0 picks a free one [default: the port used last, initially 54329]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l seed -d 'Seed of the order, repetition and delay of events, to repeat a run [env: OUTBOXCTL_LOCAL_SEED] [default: random]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l purge -d 'Delete all deployed resources and data'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l purge-tools -d 'Also delete the downloaded tools; the next `up` downloads them again'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l shell -d 'Shell to format the output for' -r -f -a "sh\t'sh, bash, zsh'
fish\t''"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l port -d 'Port of the AWS endpoint; 0 picks a free one' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l postgres-port -d 'Port of PostgreSQL; 0 picks a free one' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l seed -d 'Seed of the order, repetition and delay of events' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l signal -d 'Signal to send when the parent ends' -r -f -a "term\t'SIGTERM: the emulator saves its state'
int\t'SIGINT: PostgreSQL disconnects everybody and shuts down ("fast")'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l parent -d 'Process id of the parent' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "up" -d 'Start the local stack and leave it running'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "down" -d 'Stop the local stack, keeping deployed resources and data for the next `up`'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the services of the local stack, their addresses, and which rules of AWS are enforced'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "env" -d 'Print environment variables that connect other tools to the local stack'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Run the local stack in the foreground'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "exec" -d 'Replace this process with a program that ends with its parent'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l events-per-second -d 'Steady rate of events per second' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l event-bytes -d 'Payload size of an event, in bytes' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l parameter -d 'Set a template parameter, as the `parameters` table of outboxctl.toml does' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l prices -d 'File with prices that override the built-in table' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l without-sample -d 'Exclude the sample\'s API and tables, as `deploy --without-sample` does'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l print-prices -d 'Print the built-in price table, as a starting point for --prices'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand cost" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l count -d 'Number of events that `verify` writes' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l keep -d 'Keep the local stack and the pipeline running, and print how to reach them'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l directory -d 'Write a page for every command to this folder, creating it if necessary' -r -F
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l profile -d 'AWS profile to use; takes precedence over access keys in the environment' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l region -d 'AWS region to use' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l stage -d 'Stage, part of every resource name; one account can hold several [default: dev]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l pipeline -d 'Pipeline to use [default: rds-eventbridge]' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l local -d 'Use the local stack (`outboxctl local up`) instead of AWS' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l endpoint-url -d 'Endpoint URL for all AWS requests' -r
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -s o -l output -d 'Format of the results on stdout [default: table]' -r -f -a "table\t'Table for reading'
json\t'One JSON document at the end'
ndjson\t'One JSON object per line as events occur, and a final `result` line'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l progress -d 'Format of the progress on stderr' -r -f -a "auto\t'Live view on a terminal, lines elsewhere'
plain\t'Lines'
live\t'Live view'
none\t'No progress output'"
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l no-local -d 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -l no-input -d 'Never prompt; report what is missing and exit with 2'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -s y -l yes -d 'Answer yes to all confirmations that have no flag of their own'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -s q -l quiet -d 'Print only errors on stderr'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -s v -l verbose -d 'Print details on stderr: requests, waits, causes'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "init" -d 'Write a commented outboxctl.toml into the working directory'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "doctor" -d 'Check machine, account and deployment, and suggest a fix for each problem'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "deploy" -d 'Deploy the pipeline\'s stacks, updating only those that changed'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "watch" -d 'Follow CloudFormation operations on the pipeline\'s stacks until they end'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "recover" -d 'Recover stuck stacks so that `deploy` can continue'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "destroy" -d 'Delete the pipeline\'s stacks, stopping the capture first'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "status" -d 'Show a diagram of the pipeline with the state of each part, and where it is broken'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "outputs" -d 'Print the outputs of the stacks'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "db" -d 'Manage the database: schema, status, and purging old rows'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "dms" -d 'Manage the DMS replication task'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "replay" -d 'Deliver events again from the outbox table or the event log'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "reconcile" -d 'Compare the outbox with the delivered events'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "dlq" -d 'List, redrive and discard events that could not be delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "sample" -d 'Write sample rows'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "tail" -d 'Follow events through the stream, the bus and the event log'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "verify" -d 'Write events and verify that all of them are delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "ui" -d 'Show the pipeline live on a web page'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "consume" -d 'Consume the stream: run a handler for each event, mark it as processed, and checkpoint'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "local" -d 'Manage the local stack: PostgreSQL and an AWS endpoint on this machine'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "cost" -d 'Estimate the monthly cost of the pipeline'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "demo" -d 'Run a complete tour on a local stack: up, deploy, write, tail, verify, destroy, down'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "explain" -d 'Explain a concept, a task or an error code; without a topic, list the topics'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "man" -d 'Print a manual page, or write all of them to a folder'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and not __fish_seen_subcommand_from init doctor deploy watch recover destroy status outputs db dms replay reconcile dlq sample tail verify ui consume local cost demo explain man completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "init" -d 'Create or update the schema, the roles and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "status" -d 'Show migrations, outbox rows, replication slots and the publication'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "purge" -d 'Delete old outbox rows whose events were delivered'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dms" -f -a "start" -d 'Start the capture, or resume it where it stopped'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dms" -f -a "stop" -d 'Stop the capture; the replication slot keeps its position'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dms" -f -a "status" -d 'Show the replication task'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dms" -f -a "test" -d 'Test the connections to the source database and the target stream'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "list" -d 'List events that could not be delivered, with the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "show" -d 'Show one dead letter with its full payload and the reason'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "redrive" -d 'Deliver dead letters again'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "discard" -d 'Delete dead letters permanently'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from sample" -f -a "insert" -d 'Write sample rows with their outbox rows, each pair in one transaction'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "up" -d 'Start the local stack and leave it running'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "down" -d 'Stop the local stack, keeping deployed resources and data for the next `up`'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "status" -d 'Show the services of the local stack, their addresses, and which rules of AWS are enforced'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "env" -d 'Print environment variables that connect other tools to the local stack'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "serve" -d 'Run the local stack in the foreground'
complete -c outboxctl -n "__fish_outboxctl_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "exec" -d 'Replace this process with a program that ends with its parent'
