//! Chooses the mode: Lambda's runtime sets `AWS_LAMBDA_RUNTIME_API`; everything else is the CLI.

use std::process::ExitCode;

fn main() -> ExitCode {
    if outboxctl::settings::environment::raw("AWS_LAMBDA_RUNTIME_API").is_some() {
        outboxctl::functions::main()
    } else {
        outboxctl::cli::main()
    }
}
