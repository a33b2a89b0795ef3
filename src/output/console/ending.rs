//! The end of a command: its data, its messages, and the exit code.

use std::sync::atomic::Ordering;

use super::Console;
use crate::base::error::{Error, Kind};
use crate::output::ndjson::result_line;
use crate::output::{Event, Level, Outcome, render, stream};
use crate::settings::OutputFormat;

impl Console {
    /// Writes the command's end: its data, the final result line of NDJSON, and the messages for people. Returns the
    /// exit code: the result's, or 1 if a successful result could not be written.
    pub fn finish(&self, result: Result<Outcome, Error>) -> u8 {
        let fill = |text: &str| self.filled(text);
        let running = self.running.get().map_or("", String::as_str);
        let complete = |error: Error| self.for_place(error).without_hints_back_to(running).map_text(fill);
        let result = result.map(|outcome| outcome.map_text(fill)).map_err(complete);
        self.concluded.store(true, Ordering::Relaxed);
        self.renderer.clear();
        let result = match self.renderer.conclude(&result) {
            Err(unwritten) if result.is_ok() => Err(unwritten),
            _ => result,
        };
        self.write(&result);
        match &result {
            Ok(outcome) => self.summarize(outcome),
            // Users of --quiet who stopped it need no message; the exit code shows it as well.
            Err(error) if self.quiet && matches!(error.kind(), Kind::Interrupted | Kind::Terminated) => {}
            Err(error) => render::error(error, self.verbose),
        }
        let code = result.map_or_else(|error| error.exit_code(), |outcome| outcome.exit_code());
        let Some(failure) = stream::failure() else { return code };
        let error = unwritten(failure);
        render::error(&error, self.verbose);
        if code == 0 { error.exit_code() } else { code }
    }

    /// Replaces the remedy for AWS by the one for the local stack, if that is the place.
    fn for_place(&self, error: Error) -> Error {
        match error.kind() {
            Kind::Unreachable if self.place().is_local() => error.standing_hint(
                "`outboxctl local status` shows whether the local stack responds, and where its logs are",
            ),
            _ => error,
        }
    }

    fn summarize(&self, outcome: &Outcome) {
        if let Some(message) = &outcome.summary {
            self.renderer.event(&Event::Note { level: Level::Info, message: message.clone() }.cleaned());
        }
    }

    /// Writes a result for machines without messages on stderr, unless an end was already written: for a process that
    /// must exit at once.
    pub fn abandon(&self, error: Error) {
        if !self.concluded.swap(true, Ordering::Relaxed) && self.format != OutputFormat::Table {
            self.write(&Err(error));
        }
    }

    fn write(&self, result: &Result<Outcome, Error>) {
        match self.format {
            OutputFormat::Ndjson => {
                self.line(&result_line(result));
            }
            OutputFormat::Json => {
                let document = match result {
                    // A signal came before there was any data.
                    Ok(outcome) if outcome.data.is_null() && outcome.stopped.is_some() => {
                        serde_json::to_vec_pretty(&result_line(result))
                    }
                    // The command that it ran used the streams exclusively.
                    Ok(outcome) if outcome.data.is_null() => return,
                    Ok(outcome) => serde_json::to_vec_pretty(&outcome.data),
                    Err(_) => serde_json::to_vec_pretty(&result_line(result)),
                };
                let mut document = document.unwrap_or_else(|_| b"null".to_vec());
                document.push(b'\n');
                stream::lines(&document);
            }
            OutputFormat::Table => {
                if let Ok(outcome) = result {
                    render::outcome(outcome);
                }
            }
        }
    }
}

/// Writes requested text before any command runs: help, the version. Returns the exit code.
pub fn print(text: &str) -> u8 {
    stream::data(text.trim_end());
    let Some(failure) = stream::failure() else { return 0 };
    let error = unwritten(failure);
    render::error(&error, false);
    error.exit_code()
}

/// Writes a message before any command runs.
pub fn print_error(text: &str) {
    stream::message(text.trim_end());
}

fn unwritten(failure: &std::io::Error) -> Error {
    let error = Error::new(Kind::Io, format!("stdout can't be written: {failure}"));
    match failure.kind() {
        std::io::ErrorKind::StorageFull => error.hint("free some space where the output goes, and run it again"),
        _ => error,
    }
}
