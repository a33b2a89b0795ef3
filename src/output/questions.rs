//! Questions on the terminal.

use std::io::{BufRead, IsTerminal};

use super::{Console, render, stream};
use crate::base::error::{Error, Kind};

impl Console {
    /// Asks a yes-or-no question on the terminal; any answer but yes is no.
    ///
    /// # Errors
    /// `NeedsInput` if stdin or stderr is not a terminal.
    pub async fn confirm(&self, question: &str) -> Result<bool, Error> {
        let question = &self.filled(question);
        if !self.can_ask() {
            let error =
                Error::new(Kind::NeedsInput, format!("{question} (not asking: stdin or stderr is not a terminal)"));
            return Err(error.hint("pass --yes to agree"));
        }
        self.renderer.hold(true);
        stream::prompt(&format!("{question} [y/N]"));
        let line = read_line().await.unwrap_or_default();
        self.renderer.hold(false);
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Returns whether the user can be asked: both stdin and stderr are terminals.
    pub fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for a value on the terminal until `check` accepts it; an empty answer is the default. None at the end of
    /// the input. Requires [`Console::can_ask`].
    pub async fn ask(
        &self,
        question: &str,
        default: &str,
        check: impl Fn(&str) -> Result<(), Error>,
    ) -> Option<String> {
        let offer = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        loop {
            self.renderer.clear();
            stream::prompt(&format!("{question}{offer}:"));
            let line = read_line().await?;
            let value = if line.trim().is_empty() { default } else { line.trim() };
            match check(value) {
                Ok(()) => return Some(value.to_owned()),
                Err(error) => render::error(&error, false),
            }
        }
    }
}

/// Returns a line of stdin; None at its end, or if it can't be read.
async fn read_line() -> Option<String> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|count| (count > 0).then_some(line))
    });
    read.await.ok()?.ok()?
}
