
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
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented outboxctl.toml into the working directory')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check machine, account and deployment, and say what to do about what is not in order')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Deploy the pipeline''s stacks; changes only what differs')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Attach to what CloudFormation is doing with the pipeline''s stacks; the exit code is its result')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Bring stacks that got stuck to where `deploy` can go on')
            [CompletionResult]::new('destroy', 'destroy', [CompletionResultType]::ParameterValue, 'Delete the pipeline''s stacks, the capture first')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the pipeline as a picture, the state of its parts, and where it is broken')
            [CompletionResult]::new('outputs', 'outputs', [CompletionResultType]::ParameterValue, 'Print the stacks'' outputs')
            [CompletionResult]::new('db', 'db', [CompletionResultType]::ParameterValue, 'Work on the database')
            [CompletionResult]::new('dms', 'dms', [CompletionResultType]::ParameterValue, 'Drive the DMS replication task')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Deliver events again, from the outbox table or the event log')
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'Compare the outbox with what was delivered, event by event')
            [CompletionResult]::new('dlq', 'dlq', [CompletionResultType]::ParameterValue, 'See what could not be delivered, and send it on its way again')
            [CompletionResult]::new('sample', 'sample', [CompletionResultType]::ParameterValue, 'Write sample rows')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Follow events through the stream, the bus and the event log, merged as they come')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Prove that what was committed is what was delivered')
            [CompletionResult]::new('ui', 'ui', [CompletionResultType]::ParameterValue, 'Show the pipeline on a web page, live')
            [CompletionResult]::new('consume', 'consume', [CompletionResultType]::ParameterValue, 'Consume the stream: bring each event to its effect once, mark it processed, and checkpoint')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'The local stack: PostgreSQL and an AWS endpoint on this machine')
            [CompletionResult]::new('cost', 'cost', [CompletionResultType]::ParameterValue, 'Estimate what the pipeline costs a month')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Take the whole tour on a local stack: up, deploy, write, watch, verify, destroy, down')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a concept, a how-to or an error code; without a topic, list them')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page, or write all of them to a folder')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;init' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file that is there; what it sets is kept, its comments are not')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Print the JSON Schema of outboxctl.toml, for editors, and write nothing')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;doctor' {
            [CompletionResult]::new('--function-binary', '--function-binary', [CompletionResultType]::ParameterName, 'Executable that would be packaged as the functions')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time for each check')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--print-policy', '--print-policy', [CompletionResultType]::ParameterName, 'Print the least IAM policy for deploying the pipeline in its stage as JSON, and check nothing')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;deploy' {
            [CompletionResult]::new('--function-binary', '--function-binary', [CompletionResultType]::ParameterName, 'Executable to package as the functions, when this one can''t run on Lambda')
            [CompletionResult]::new('--parameter', '--parameter', [CompletionResultType]::ParameterName, 'Set a template parameter, as the table `parameters` of outboxctl.toml does')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, and change nothing')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what would change, and change nothing')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'With --dry-run: exit with 3 when something would change')
            [CompletionResult]::new('--allow-replacement', '--allow-replacement', [CompletionResultType]::ParameterName, 'Allow changes that replace or remove a database, a stream, a secret or a capture task')
            [CompletionResult]::new('--without-sample', '--without-sample', [CompletionResultType]::ParameterName, 'Leave out the sample''s API and tables, for an application of your own; later deploys keep to it')
            [CompletionResult]::new('--with-sample', '--with-sample', [CompletionResultType]::ParameterName, 'Put in the sample''s API and tables after a deploy that left them out')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;watch' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--cancel', '--cancel', [CompletionResultType]::ParameterName, 'Cancel the updates under way first: CloudFormation rolls them back')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;recover' {
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Resource that a stuck rollback leaves as it is (needs one STACK)')
            [CompletionResult]::new('--retain', '--retain', [CompletionResultType]::ParameterName, 'Resource that a stuck deletion leaves behind (needs one STACK)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Finish a stuck deletion whatever it leaves behind')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;destroy' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;status' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time for each question')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 when something is broken, with 0 when nothing is or there are only warnings')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;outputs' {
            [CompletionResult]::new('--form', '--form', [CompletionResultType]::ParameterName, 'Form to print them in')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the writer role and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old rows of the outbox whose events were delivered')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;db;init' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Do everything, report it, and roll it back')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;status' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;purge' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Rows written longer ago than this, like 7d or 12h')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group that has to have processed a row; repeat it for more [default: every group that processed any]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be deleted, and delete nothing')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;db;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the writer role and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old rows of the outbox whose events were delivered')
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
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the capture, or resume it where it stopped')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the database and to the stream')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dms;start' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for the task to run')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Begin anew at the end of the log; what was committed since the task last ran is skipped')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Return once the start was accepted')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;stop' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for the task to stop')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;status' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;test' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for the results')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dms;help' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the capture, or resume it where it stopped')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the database and to the stream')
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
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Written then or later: RFC 3339, or relative like -15m')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Written before')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only this aggregate''s events')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be given several times')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with a replay that was interrupted: the newest, or the one of this name')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Where the events are read')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events a second [default: as fast as they are taken]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Everything that the outbox has')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be sent, and send nothing')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;reconcile' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Written then or later: RFC 3339, or relative like -15m [default: the oldest]')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Written before [default: --grace ago]')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'How long an event may be on its way: younger ones are left out')
            [CompletionResult]::new('--late', '--late', [CompletionResultType]::ParameterName, 'How long after the window its deliveries are looked for')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events a second of a repair [default: as fast as they are taken]')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group, on a pipeline that has consumers [default: outboxctl]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--allow-duplicates', '--allow-duplicates', [CompletionResultType]::ParameterName, 'Report duplicates without failing: at least once is what the pipeline promises')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Deliver what is missing, in the order of its aggregates; dead letters are left to `dlq redrive`')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Repair even while the capture does not run: events that it still holds are then delivered twice')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what could not be delivered, and why')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its whole payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Send dead letters on their way again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters that are never to be delivered')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;dlq;list' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Only this cause, as the list shows it')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only this place, as the list shows it')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only this aggregate: its id, or TYPE/ID')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Rows of the table; JSON and NDJSON have all')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;show' {
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;redrive' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Only this cause, as `dlq list` shows it')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only this place, as `dlq list` shows it')
            [CompletionResult]::new('--aggregate', '--aggregate', [CompletionResultType]::ParameterName, 'Only this aggregate: its id, or TYPE/ID')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this one, by the id that `dlq list` shows, or by the event''s id; may be given several times')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Records a second [default: as fast as they are taken]')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Everything there is')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be sent, in which order, and send nothing')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;discard' {
            [CompletionResult]::new('--cause', '--cause', [CompletionResultType]::ParameterName, 'Every one with this cause, as `dlq list` shows it')
            [CompletionResult]::new('--place', '--place', [CompletionResultType]::ParameterName, 'Only this place, as `dlq list` shows it')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;dlq;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what could not be delivered, and why')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its whole payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Send dead letters on their way again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters that are never to be delivered')
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
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows and their outbox rows, each pair in one transaction')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;sample;insert' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Events to write')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events a second [default: as fast as it goes]')
            [CompletionResult]::new('--aggregates', '--aggregates', [CompletionResultType]::ParameterName, 'Aggregates that the events are spread over; the first event of each created it, such as CarCreated, later ones are such as CarUpdated')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to write')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--rollback-control', '--rollback-control', [CompletionResultType]::ParameterName, 'Also write one event and roll it back; it must never arrive anywhere')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;sample;help' {
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows and their outbox rows, each pair in one transaction')
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
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Where to begin: latest, start, a time, or -15m')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'End before what arrives later than this: a time, +30s or -1m')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'End after this many items')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'End when nothing was shown for so long')
            [CompletionResult]::new('--where', '--where', [CompletionResultType]::ParameterName, 'Show only items for which this JMESPath expression is true, such as "event_type==''CarCreated''"')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'A line for each item, such as "{at} {event_type} {aggregate_id} {record.data.payload}"; \n and \t are escapes')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group whose processed log is followed [default: outboxctl]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--enhanced-fan-out', '--enhanced-fan-out', [CompletionResultType]::ParameterName, 'Read Kinesis as a temporary consumer of its own, to which records are pushed: it takes nothing of the shards'' read throughput, and AWS charges for it')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;verify' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Events to write')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Write for so long instead of a number of events')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Events a second [default: as fast as it goes]')
            [CompletionResult]::new('--aggregates', '--aggregates', [CompletionResultType]::ParameterName, 'Aggregates that the events are spread over')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait after the last commit, and with --duration for any event')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long to keep watching for duplicates once everything has arrived')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group whose processed log is watched, on a pipeline that has consumers [default: outboxctl]')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Also write the result as JUnit XML')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--allow-duplicates', '--allow-duplicates', [CompletionResultType]::ParameterName, 'Report duplicates without failing: at least once is what the pipeline promises')
            [CompletionResult]::new('--strict-order', '--strict-order', [CompletionResultType]::ParameterName, 'Fail on disorder at every hop, also at the bus and in the event log, where AWS promises no order')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;ui' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to serve on; 0 picks a free one')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the page''s token, made if it does not exist; without it every start has a new token')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'How far back stream and event log are read at the start: latest, start, a time, or -15m')
            [CompletionResult]::new('--via', '--via', [CompletionResultType]::ParameterName, 'How to reach the database')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--allow-write', '--allow-write', [CompletionResultType]::ParameterName, 'Offer what writes to the deployed pipeline: the form, and sending dead letters again')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;consume' {
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Command to run for each event through `sh -c`: the CloudEvent is its stdin, exit code 0 is success')
            [CompletionResult]::new('--post', '--post', [CompletionResultType]::ParameterName, 'URL to POST each CloudEvent to; any 2xx is success')
            [CompletionResult]::new('--hook-timeout', '--hook-timeout', [CompletionResultType]::ParameterName, 'Time limit of one attempt of the command or POST')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'Attempts before an event is kept as a failure')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'Pause after a failed attempt; doubles up to a minute')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Aggregates of a shard whose events may be under way at the same time')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Where to begin on shards that the group has not read: start, latest, a time, or -15m')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'End when there was nothing to do for so long')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Consumer group: members share the shards, groups each see everything')
            [CompletionResult]::new('--lease-duration', '--lease-duration', [CompletionResultType]::ParameterName, 'A member not heard from for so long is considered dead, and its shards are taken over')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Maximum records per read')
            [CompletionResult]::new('--metrics-every', '--metrics-every', [CompletionResultType]::ParameterName, 'Time between metrics')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'End once everything that is there has been processed')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Bring the local stack up and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Bring the local stack down; what is deployed and stored is kept for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'What runs, where, and which of it is real')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print the environment variables by which other tools reach the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Become a program that ends with its parent')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'outboxctl;local;up' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the AWS endpoint; 0 picks a free one [default: the last one, at first 4566]')
            [CompletionResult]::new('--postgres-port', '--postgres-port', [CompletionResultType]::ParameterName, 'Port of PostgreSQL; 0 picks a free one [default: the last one, at first 54329]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;down' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--purge', '--purge', [CompletionResultType]::ParameterName, 'Forget everything that is deployed and stored in it')
            [CompletionResult]::new('--purge-tools', '--purge-tools', [CompletionResultType]::ParameterName, 'Remove the fetched tools too; the next `up` fetches them again')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;status' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'For which shell')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;serve' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the AWS endpoint; 0 picks a free one')
            [CompletionResult]::new('--postgres-port', '--postgres-port', [CompletionResultType]::ParameterName, 'Port of PostgreSQL; 0 picks a free one')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;exec' {
            [CompletionResult]::new('--signal', '--signal', [CompletionResultType]::ParameterName, 'The signal that the parent''s death sends')
            [CompletionResult]::new('--parent', '--parent', [CompletionResultType]::ParameterName, 'The parent''s process id')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;local;help' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Bring the local stack up and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Bring the local stack down; what is deployed and stored is kept for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'What runs, where, and which of it is real')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print the environment variables by which other tools reach the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Become a program that ends with its parent')
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
            [CompletionResult]::new('--events-per-second', '--events-per-second', [CompletionResultType]::ParameterName, 'Steady rate of events')
            [CompletionResult]::new('--event-bytes', '--event-bytes', [CompletionResultType]::ParameterName, 'Payload of an event, in bytes')
            [CompletionResult]::new('--parameter', '--parameter', [CompletionResultType]::ParameterName, 'Set a template parameter, as the table `parameters` of outboxctl.toml does')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'File with prices that go over the published ones')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--without-sample', '--without-sample', [CompletionResultType]::ParameterName, 'Without the sample''s API and tables, as `deploy --without-sample` leaves them out')
            [CompletionResult]::new('--print-prices', '--print-prices', [CompletionResultType]::ParameterName, 'Print the table of published prices, as a start for --prices')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;demo' {
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Events that `verify` writes')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the local stack and the pipeline up, and say how to reach them')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;explain' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;man' {
            [CompletionResult]::new('--directory', '--directory', [CompletionResultType]::ParameterName, 'Write a page for every command to this folder instead, which is made where it is missing')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile to use, whatever keys the environment has')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS region to work in')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage: part of every name, so that several can live in one account [default: dev]')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'Pipeline to work on [default: rds-eventbridge]')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Work on the local stack (`outboxctl local up`) instead of AWS')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Endpoint to send every AWS request to')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are written to stdout [default: table]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown on stderr')
            [CompletionResult]::new('--no-local', '--no-local', [CompletionResultType]::ParameterName, 'Work on AWS, whatever OUTBOXCTL_LOCAL and outboxctl.toml say; the same as --local=false')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; name what is missing and exit with 2')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question that has no flag of its own')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Details on stderr: requests, waits, causes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'outboxctl;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented outboxctl.toml into the working directory')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check machine, account and deployment, and say what to do about what is not in order')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Deploy the pipeline''s stacks; changes only what differs')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Attach to what CloudFormation is doing with the pipeline''s stacks; the exit code is its result')
            [CompletionResult]::new('recover', 'recover', [CompletionResultType]::ParameterValue, 'Bring stacks that got stuck to where `deploy` can go on')
            [CompletionResult]::new('destroy', 'destroy', [CompletionResultType]::ParameterValue, 'Delete the pipeline''s stacks, the capture first')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the pipeline as a picture, the state of its parts, and where it is broken')
            [CompletionResult]::new('outputs', 'outputs', [CompletionResultType]::ParameterValue, 'Print the stacks'' outputs')
            [CompletionResult]::new('db', 'db', [CompletionResultType]::ParameterValue, 'Work on the database')
            [CompletionResult]::new('dms', 'dms', [CompletionResultType]::ParameterValue, 'Drive the DMS replication task')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Deliver events again, from the outbox table or the event log')
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'Compare the outbox with what was delivered, event by event')
            [CompletionResult]::new('dlq', 'dlq', [CompletionResultType]::ParameterValue, 'See what could not be delivered, and send it on its way again')
            [CompletionResult]::new('sample', 'sample', [CompletionResultType]::ParameterValue, 'Write sample rows')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Follow events through the stream, the bus and the event log, merged as they come')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Prove that what was committed is what was delivered')
            [CompletionResult]::new('ui', 'ui', [CompletionResultType]::ParameterValue, 'Show the pipeline on a web page, live')
            [CompletionResult]::new('consume', 'consume', [CompletionResultType]::ParameterValue, 'Consume the stream: bring each event to its effect once, mark it processed, and checkpoint')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'The local stack: PostgreSQL and an AWS endpoint on this machine')
            [CompletionResult]::new('cost', 'cost', [CompletionResultType]::ParameterValue, 'Estimate what the pipeline costs a month')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Take the whole tour on a local stack: up, deploy, write, watch, verify, destroy, down')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a concept, a how-to or an error code; without a topic, list them')
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
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Create or update the schema, the writer role and the publication')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show migrations, outbox rows, replication slots and the publication')
            [CompletionResult]::new('purge', 'purge', [CompletionResultType]::ParameterValue, 'Delete old rows of the outbox whose events were delivered')
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
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the capture; the slot keeps its position')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the replication task')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Test the connections to the database and to the stream')
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
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what could not be delivered, and why')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one dead letter with its whole payload and the reason')
            [CompletionResult]::new('redrive', 'redrive', [CompletionResultType]::ParameterValue, 'Send dead letters on their way again')
            [CompletionResult]::new('discard', 'discard', [CompletionResultType]::ParameterValue, 'Delete dead letters that are never to be delivered')
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
            [CompletionResult]::new('insert', 'insert', [CompletionResultType]::ParameterValue, 'Write sample rows and their outbox rows, each pair in one transaction')
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
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Bring the local stack up and leave it running')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Bring the local stack down; what is deployed and stored is kept for the next `up`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'What runs, where, and which of it is real')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print the environment variables by which other tools reach the local stack')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the local stack in the foreground')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Become a program that ends with its parent')
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
