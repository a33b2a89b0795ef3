//! Errors of the harness itself, and waiting.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// What keeps a run from being carried out; no finding about the product.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Trouble>;

/// The reason why a run is not possible on this machine.
#[derive(Debug)]
pub struct NotRun(pub String);

impl Display for NotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotRun {}

/// Maximum time that anything awaited may take on a busy machine. Never a measure of the product.
pub const DEADLINE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until there is an answer.
///
/// # Errors
/// The last error, or that there was no answer, after [`DEADLINE`].
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        let last = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if begun.elapsed() > DEADLINE {
            let why = last.map(|error| format!(": {error}")).unwrap_or_default();
            return Err(format!("not within {} s: {what}{why}", DEADLINE.as_secs()).into());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// An error of the AWS SDK with its causes: by itself it says "service error" only.
pub fn causes<E: std::error::Error + 'static>(what: &str) -> impl Fn(E) -> Trouble {
    move |error| format!("{what}: {}", aws_smithy_types::error::display::DisplayErrorContext(&error)).into()
}

pub fn trouble(text: impl Display) -> Trouble {
    text.to_string().into()
}
