
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'outboxctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'outboxctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'outboxctl' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented outboxctl.toml into the working directory')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check machine, account and deployment, and suggest a fix for each problem')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Deploy the pipeline''s stacks, updating only those that changed')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Follow CloudFormation operations on the pipeline''s stacks until they end')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Recover stuck stacks so that `deploy` can continue')
            [CompletionResult]::new('destroy', 'destroy', [CompletionResultType]::ParameterValue, 'Delete the pipeline''s stacks, stopping the capture first')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show a diagram of the pipeline with the state of each part, and where it is broken')
            [CompletionResult]::new('outputs', 'outputs', [CompletionResultType]::ParameterValue, 'Print the outputs of the stacks')
            [CompletionResult]::new('db', 'db', [CompletionResultType]::ParameterValue, 'Manage the database: schema, status, and purging old rows')
            [CompletionResult]::new('dms', 'dms', [CompletionResultType]::ParameterValue, 'Manage the DMS replication task')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Deliver events again from the outbox table or the event log')
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'Compare the outbox with the delivered events')
            [CompletionResult]::new('dlq', 'dlq', [CompletionResultType]::ParameterValue, 'List, redrive and discard events that could not be delivered')
            [CompletionResult]::new('sample', 'sample', [CompletionResultType]::ParameterValue, 'Write sample rows')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Follow events through the stream, the bus and the event log')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Write events and verify that all of them are delivered')
            [CompletionResult]::new('ui', 'ui', [CompletionResultType]::ParameterValue, 'Show the pipeline live on a web page')
            [CompletionResult]::new('consume', 'consume', [CompletionResultType]::ParameterValue, 'Consume the stream: run a handler for each event, mark it as processed, and checkpoint')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Manage the local stack: PostgreSQL and an AWS endpoint on this machine')
            [CompletionResult]::new('cost', 'cost', [CompletionResultType]::ParameterValue, 'Estimate the monthly cost of the pipeline')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Run a complete tour on a local stack: up, deploy, write, tail, verify, destroy, down')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a concept, a task or an error code; without a topic, list the topics')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page, or write all of them to a folder')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;init' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite an existing file, keeping its values but not its comments')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Print the JSON Schema of outboxctl.toml, for editors, without writing a file')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;doctor' {
            [CompletionResult]::new('--function-binary', '--function-binary', [CompletionResultType]::ParameterName, 'Executable that `deploy` would package as the functions')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time limit for each check')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--print-policy', '--print-policy', [CompletionResultType]::ParameterName, 'Print the least-privilege IAM policy for deploying the pipeline in its stage as JSON, and exit')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;deploy' {
            [CompletionResult]::new('--function-binary', '--function-binary', [CompletionResultType]::ParameterName, 'Executable to package as the functions, if this one cannot run on Lambda')
            [CompletionResult]::new('--parameter', '--parameter', [CompletionResultType]::ParameterName, 'Set a template parameter, as the `parameters` table of outboxctl.toml does')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change without changing anything')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what would change without changing anything')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'With --dry-run: exit with 3 if there are changes')
            [CompletionResult]::new('--allow-replacement', '--allow-replacement', [CompletionResultType]::ParameterName, 'Allow changes that replace or remove a database, stream, secret or capture task')
            [CompletionResult]::new('--without-sample', '--without-sample', [CompletionResultType]::ParameterName, 'Exclude the sample''s API and tables, for an application of your own; later deploys keep this choice')
            [CompletionResult]::new('--with-sample', '--with-sample', [CompletionResultType]::ParameterName, 'Include the sample''s API and tables again after --without-sample')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;watch' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--cancel', '--cancel', [CompletionResultType]::ParameterName, 'First cancel the updates in progress; CloudFormation then rolls them back')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;recover' {
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Resource to skip when continuing a rollback (requires exactly one STACK)')
            [CompletionResult]::new('--retain', '--retain', [CompletionResultType]::ParameterName, 'Resource to retain when deleting a stack (requires exactly one STACK)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Force the deletion of a stack, leaving behind resources that cannot be deleted')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;destroy' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;status' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time limit for each query')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 if a part is broken, and with 0 otherwise, even if there are warnings')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;outputs' {
            [CompletionResult]::new('--form', '--form', [CompletionResultType]::ParameterName, 'Output form')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the roles and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old outbox rows whose events were delivered')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;db;init' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Run all steps, report them, and roll back')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;status' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;purge' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Delete rows older than this, such as 7d or 12h')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group that must have processed a row; repeatable [default: every group that processed any]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be deleted without deleting anything')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the roles and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old outbox rows whose events were delivered')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;db;help;init' {
            break
        }
        'outboxctl;db;help;status' {
            break
        }
        'outboxctl;db;help;purge' {
            break
        }
        'outboxctl;db;help;help' {
            break
        }
        'outboxctl;dms' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the capture, or resume it where it stopped')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the replication slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the source database and the target stream')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dms;start' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Maximum time to wait for the task to run')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Start over at the end of the log, skipping events committed since the task last ran')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return once the start request is accepted')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;stop' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Maximum time to wait for the task to stop')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;status' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;test' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Maximum time to wait for the results')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;help' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the capture, or resume it where it stopped')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the replication slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the source database and the target stream')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dms;help;start' {
            break
        }
        'outboxctl;dms;help;stop' {
            break
        }
        'outboxctl;dms;help;status' {
            break
        }
        'outboxctl;dms;help;test' {
            break
        }
        'outboxctl;dms;help;help' {
            break
        }
        'outboxctl;replay' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Include events written at or after this time: RFC 3339, or relative like -15m')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Include events written before this time')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only events of this aggregate')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; repeatable. The first 8 or more characters of its id are enough, but the source is then searched for it')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Continue an interrupted replay: the newest, or the one with this name')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Source to read the events from')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Maximum events per second [default: unlimited]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Replay all events of the source')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be sent without sending anything')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;reconcile' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Include events written at or after this time: RFC 3339, or relative like -15m [default: the oldest]')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Include events written before this time [default: --grace ago]')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Ignore events younger than this, because they may still be in transit')
            [CompletionResult]::new('--late', '--late', [CompletionResultType]::ParameterName, 'How long after the window to look for deliveries')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Maximum events per second during a repair [default: unlimited]')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group, on a pipeline that has consumers [default: outboxctl]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--allow-duplicates', '--allow-duplicates', [CompletionResultType]::ParameterName, 'Report duplicates without failing: the pipeline guarantees at-least-once delivery')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Deliver missing events in the order of their aggregates; use `dlq redrive` for dead letters')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Repair even if the capture is stopped: events that it has not read yet are then delivered twice')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events that could not be delivered, with the reason')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its full payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Deliver dead letters again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters permanently')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dlq;list' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Only dead letters with this cause, as shown in the list')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only dead letters in this place, as shown in the list')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only dead letters of this aggregate: its id, or TYPE/ID')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Maximum rows in the table; JSON and NDJSON output is not limited')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;show' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;redrive' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Only dead letters with this cause, as shown by `dlq list`')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only dead letters in this place, as shown by `dlq list`')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only dead letters of this aggregate: its id, or TYPE/ID')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this dead letter: its id from `dlq list`, or the event id (or its first 8 or more characters); repeatable')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Maximum records per second [default: unlimited]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Redrive all dead letters')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be sent, and in which order, without sending anything')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;discard' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Delete every dead letter with this cause, as shown by `dlq list`')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only dead letters in this place, as shown by `dlq list`')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events that could not be delivered, with the reason')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its full payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Deliver dead letters again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters permanently')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dlq;help;list' {
            break
        }
        'outboxctl;dlq;help;show' {
            break
        }
        'outboxctl;dlq;help;redrive' {
            break
        }
        'outboxctl;dlq;help;discard' {
            break
        }
        'outboxctl;dlq;help;help' {
            break
        }
        'outboxctl;sample' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows with their outbox rows, each pair in one transaction')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;sample;insert' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Number of events to write')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events per second [default: unlimited]')
            [CompletionResult]::new('--aggregates', '--aggregates', [CompletionResultType]::ParameterName, 'Number of aggregates to spread the events over')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to write the rows')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--rollback-control', '--rollback-control', [CompletionResultType]::ParameterName, 'Also write one event and roll it back; that event must not be delivered')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;sample;help' {
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows with their outbox rows, each pair in one transaction')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;sample;help;insert' {
            break
        }
        'outboxctl;sample;help;help' {
            break
        }
        'outboxctl;tail' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Where to start: latest, start, a time, or -15m')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Exit when items arrive later than this: a time, +30s or -1m')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Exit after this many items')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Exit after this much time without an item')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Show only items that match this JMESPath expression, such as "event_type==''CarCreated''"')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Template for each line, such as "{at} {event_type} {aggregate_id}"; \n and \t are escapes')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group whose processed log to follow [default: outboxctl]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--enhanced-fan-out', '--enhanced-fan-out', [CompletionResultType]::ParameterName, 'Read Kinesis with enhanced fan-out, through a temporary consumer')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;verify' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Number of events to write')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Write for this long instead of writing a fixed number of events')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events per second [default: unlimited]')
            [CompletionResult]::new('--aggregates', '--aggregates', [CompletionResultType]::ParameterName, 'Number of aggregates to spread the events over')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait after the last commit; with --duration, for any event')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long to keep watching for duplicates after everything has arrived')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group whose processed log to watch, on pipelines with consumers [default: outboxctl]')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Also write the result as JUnit XML')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--allow-duplicates', '--allow-duplicates', [CompletionResultType]::ParameterName, 'Report duplicates without failing: the pipeline guarantees at-least-once delivery')
            [CompletionResult]::new('--strict-order', '--strict-order', [CompletionResultType]::ParameterName, 'Fail on events out of order at every hop, including the bus and the event log')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;ui' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to serve on; 0 picks a free one')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File that holds the token, created if missing; without it, every start creates a new token')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'How far back to read stream and event log at the start: latest, start, a time, or -15m')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--allow-write', '--allow-write', [CompletionResultType]::ParameterName, 'Allow writes to the deployed pipeline: inserting samples and redriving dead letters')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;consume' {
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Command to run for each event through `sh -c`: stdin is the CloudEvent, exit code 0 is success')
            [CompletionResult]::new('--post', '--post', [CompletionResultType]::ParameterName, 'URL to POST each CloudEvent to; any 2xx is success')
            [CompletionResult]::new('--hook-timeout', '--hook-timeout', [CompletionResultType]::ParameterName, 'Time limit for one attempt of the command or POST')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Maximum attempts before an event is stored as a failure')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'Delay after a failed attempt; doubles with each attempt, up to one minute')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Maximum number of aggregates of a shard to process concurrently')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Where to start in shards that the group has not read: start, latest, a time, or -15m')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Exit after this much time without events')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group: members share the shards, and each group receives every event')
            [CompletionResult]::new('--lease-duration', '--lease-duration', [CompletionResultType]::ParameterName, 'Consider a member dead, and take over its shards, if not heard from for this long')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Maximum records per read')
            [CompletionResult]::new('--metrics-every', '--metrics-every', [CompletionResultType]::ParameterName, 'Interval between metrics reports')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Exit once all available events have been processed')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Start the local stack and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop the local stack, keeping deployed resources and data for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the services of the local stack, their addresses, and which rules of AWS are enforced')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print environment variables that connect other tools to the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Replace this process with a program that ends with its parent')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;local;up' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the AWS endpoint; 0 picks a free one [default: the port used last, initially 4566]')
            [CompletionResult]::new('--postgres-port', '--postgres-port', [CompletionResultType]::ParameterName, 'Port of PostgreSQL; 0 picks a free one [default: the port used last, initially 54329]')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the order, repetition and delay of events, to repeat a run [env: OUTBOXCTL_LOCAL_SEED] [default: random]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;down' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--purge', '--purge', [CompletionResultType]::ParameterName, 'Delete all deployed resources and data')
            [CompletionResult]::new('--purge-tools', '--purge-tools', [CompletionResultType]::ParameterName, 'Also delete the downloaded tools; the next `up` downloads them again')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;status' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to format the output for')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;serve' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the AWS endpoint; 0 picks a free one')
            [CompletionResult]::new('--postgres-port', '--postgres-port', [CompletionResultType]::ParameterName, 'Port of PostgreSQL; 0 picks a free one')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the order, repetition and delay of events')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;exec' {
            [CompletionResult]::new('--signal', '--signal', [CompletionResultType]::ParameterName, 'Signal to send when the parent ends')
            [CompletionResult]::new('--parent', '--parent', [CompletionResultType]::ParameterName, 'Process id of the parent')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;help' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Start the local stack and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop the local stack, keeping deployed resources and data for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the services of the local stack, their addresses, and which rules of AWS are enforced')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print environment variables that connect other tools to the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Replace this process with a program that ends with its parent')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;local;help;up' {
            break
        }
        'outboxctl;local;help;down' {
            break
        }
        'outboxctl;local;help;status' {
            break
        }
        'outboxctl;local;help;env' {
            break
        }
        'outboxctl;local;help;serve' {
            break
        }
        'outboxctl;local;help;exec' {
            break
        }
        'outboxctl;local;help;help' {
            break
        }
        'outboxctl;cost' {
            [CompletionResult]::new('--events-per-second', '--events-per-second', [CompletionResultType]::ParameterName, 'Steady rate of events per second')
            [CompletionResult]::new('--event-bytes', '--event-bytes', [CompletionResultType]::ParameterName, 'Payload size of an event, in bytes')
            [CompletionResult]::new('--parameter', '--parameter', [CompletionResultType]::ParameterName, 'Set a template parameter, as the `parameters` table of outboxctl.toml does')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'File with prices that override the built-in table')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--without-sample', '--without-sample', [CompletionResultType]::ParameterName, 'Exclude the sample''s API and tables, as `deploy --without-sample` does')
            [CompletionResult]::new('--print-prices', '--print-prices', [CompletionResultType]::ParameterName, 'Print the built-in price table, as a starting point for --prices')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;demo' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Number of events that `verify` writes')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep the local stack and the pipeline running, and print how to reach them')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;explain' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;man' {
            [CompletionResult]::new('--directory', '--directory', [CompletionResultType]::ParameterName, 'Write a page for every command to this folder, creating it if necessary')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use; takes precedence over access keys in the environment')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to use')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage, part of every resource name; one account can hold several [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to use [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint URL for all AWS requests')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Format of the results on stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Format of the progress on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; report what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to all confirmations that have no flag of their own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented outboxctl.toml into the working directory')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check machine, account and deployment, and suggest a fix for each problem')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Deploy the pipeline''s stacks, updating only those that changed')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Follow CloudFormation operations on the pipeline''s stacks until they end')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Recover stuck stacks so that `deploy` can continue')
            [CompletionResult]::new('destroy', 'destroy', [CompletionResultType]::ParameterValue, 'Delete the pipeline''s stacks, stopping the capture first')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show a diagram of the pipeline with the state of each part, and where it is broken')
            [CompletionResult]::new('outputs', 'outputs', [CompletionResultType]::ParameterValue, 'Print the outputs of the stacks')
            [CompletionResult]::new('db', 'db', [CompletionResultType]::ParameterValue, 'Manage the database: schema, status, and purging old rows')
            [CompletionResult]::new('dms', 'dms', [CompletionResultType]::ParameterValue, 'Manage the DMS replication task')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Deliver events again from the outbox table or the event log')
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'Compare the outbox with the delivered events')
            [CompletionResult]::new('dlq', 'dlq', [CompletionResultType]::ParameterValue, 'List, redrive and discard events that could not be delivered')
            [CompletionResult]::new('sample', 'sample', [CompletionResultType]::ParameterValue, 'Write sample rows')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Follow events through the stream, the bus and the event log')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Write events and verify that all of them are delivered')
            [CompletionResult]::new('ui', 'ui', [CompletionResultType]::ParameterValue, 'Show the pipeline live on a web page')
            [CompletionResult]::new('consume', 'consume', [CompletionResultType]::ParameterValue, 'Consume the stream: run a handler for each event, mark it as processed, and checkpoint')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Manage the local stack: PostgreSQL and an AWS endpoint on this machine')
            [CompletionResult]::new('cost', 'cost', [CompletionResultType]::ParameterValue, 'Estimate the monthly cost of the pipeline')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Run a complete tour on a local stack: up, deploy, write, tail, verify, destroy, down')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a concept, a task or an error code; without a topic, list the topics')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page, or write all of them to a folder')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;help;init' {
            break
        }
        'outboxctl;help;doctor' {
            break
        }
        'outboxctl;help;deploy' {
            break
        }
        'outboxctl;help;watch' {
            break
        }
        'outboxctl;help;recover' {
            break
        }
        'outboxctl;help;destroy' {
            break
        }
        'outboxctl;help;status' {
            break
        }
        'outboxctl;help;outputs' {
            break
        }
        'outboxctl;help;db' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the roles and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old outbox rows whose events were delivered')
            break
        }
        'outboxctl;help;db;init' {
            break
        }
        'outboxctl;help;db;status' {
            break
        }
        'outboxctl;help;db;purge' {
            break
        }
        'outboxctl;help;dms' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the capture, or resume it where it stopped')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the replication slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the source database and the target stream')
            break
        }
        'outboxctl;help;dms;start' {
            break
        }
        'outboxctl;help;dms;stop' {
            break
        }
        'outboxctl;help;dms;status' {
            break
        }
        'outboxctl;help;dms;test' {
            break
        }
        'outboxctl;help;replay' {
            break
        }
        'outboxctl;help;reconcile' {
            break
        }
        'outboxctl;help;dlq' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List events that could not be delivered, with the reason')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its full payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Deliver dead letters again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters permanently')
            break
        }
        'outboxctl;help;dlq;list' {
            break
        }
        'outboxctl;help;dlq;show' {
            break
        }
        'outboxctl;help;dlq;redrive' {
            break
        }
        'outboxctl;help;dlq;discard' {
            break
        }
        'outboxctl;help;sample' {
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows with their outbox rows, each pair in one transaction')
            break
        }
        'outboxctl;help;sample;insert' {
            break
        }
        'outboxctl;help;tail' {
            break
        }
        'outboxctl;help;verify' {
            break
        }
        'outboxctl;help;ui' {
            break
        }
        'outboxctl;help;consume' {
            break
        }
        'outboxctl;help;local' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Start the local stack and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop the local stack, keeping deployed resources and data for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the services of the local stack, their addresses, and which rules of AWS are enforced')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print environment variables that connect other tools to the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Replace this process with a program that ends with its parent')
            break
        }
        'outboxctl;help;local;up' {
            break
        }
        'outboxctl;help;local;down' {
            break
        }
        'outboxctl;help;local;status' {
            break
        }
        'outboxctl;help;local;env' {
            break
        }
        'outboxctl;help;local;serve' {
            break
        }
        'outboxctl;help;local;exec' {
            break
        }
        'outboxctl;help;cost' {
            break
        }
        'outboxctl;help;demo' {
            break
        }
        'outboxctl;help;explain' {
            break
        }
        'outboxctl;help;man' {
            break
        }
        'outboxctl;help;completions' {
            break
        }
        'outboxctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
