//! Faults for `outboxctl chaos`: rules of the gateway, and signals to the processes of functions. The names are those of
//! `tests/faults`.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::gateway::KEY_HEADER;
use super::state::State;
use super::{child, orphans};
use crate::base::error::{Error, Kind, OrFail, Result};

/// Time limit of a request to the gateway.
const LIMIT: Duration = Duration::from_secs(10);
/// Share of the requests that a rule hits. The rest passes, so that a batch is partly done when it is repeated.
const PROBABILITY: f64 = 0.66;
/// The variable that names the function of a process ("Defined runtime environment variables" in the Lambda developer
/// guide).
const FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The effect of a fault on the requests of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    /// Signing name of the service.
    pub service: &'static str,
    pub operation: &'static str,
    /// As in the gateway's rules.
    pub kind: &'static str,
}

/// The faults of one stack.
pub struct Faults {
    host: String,
    secret: String,
    stack: std::path::PathBuf,
}

impl Faults {
    /// Returns the faults of the running stack.
    ///
    /// # Errors
    /// `LocalDown` if it is not running.
    pub fn of(state: &State) -> Result<Self> {
        let host = state.endpoint.strip_prefix("http://").unwrap_or(&state.endpoint).to_owned();
        Ok(Self { host, secret: state.key.secret.clone(), stack: super::Home::find()?.stack() })
    }

    /// Makes requests fail until [`Faults::clear`].
    ///
    /// # Errors
    /// `Unreachable` if the gateway does not answer.
    pub async fn set(&self, calls: Calls) -> Result<()> {
        let Calls { service, operation, kind } = calls;
        // The partial fault itself lets every other entry pass.
        let probability = if kind == "partial" { 1.0 } else { PROBABILITY };
        let rule = json!({"service": service, "operation": operation, "kind": kind, "probability": probability});
        self.ask("POST", &json!({ "rules": [rule] }).to_string()).await.map(drop)
    }

    /// Removes all rules; returns the number of requests that they hit.
    ///
    /// # Errors
    /// `Unreachable` if the gateway does not answer.
    pub async fn clear(&self) -> Result<u64> {
        let rules = self.ask("GET", "").await?;
        self.ask("DELETE", "").await?;
        let rules = rules["rules"].as_array().cloned().unwrap_or_default();
        Ok(rules.iter().filter_map(|rule| rule["hits"].as_u64()).sum())
    }

    /// Kills the processes of a function; returns their number.
    pub fn kill_function(&self, name: &str) -> u64 {
        let variable = format!("{FUNCTION}={name}");
        orphans::find(&self.stack)
            .into_iter()
            .filter(|pid| orphans::is_marked(*pid, variable.as_bytes()))
            .filter(|pid| child::signal(*pid, Signal::KILL))
            .count() as u64
    }

    /// Sends one request to the gateway's own endpoint, which AWS does not have.
    async fn ask(&self, method: &str, body: &str) -> Result<Value> {
        let asked = async {
            let mut stream = TcpStream::connect(&self.host).await?;
            let head = format!(
                "{method} /_outboxctl/faults HTTP/1.1\r\nhost: {}\r\n{KEY_HEADER}: {}\r\ncontent-length: {}\r\n\
                 content-type: application/json\r\nconnection: close\r\n\r\n{body}",
                self.host,
                self.secret,
                body.len(),
            );
            stream.write_all(head.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let silent = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        let answer = timeout(LIMIT, asked).await.unwrap_or_else(|elapsed| Err(silent(elapsed)));
        let answer = answer.or_fail(Kind::Unreachable, || "the gateway of the local stack does not answer".into())?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if !head.starts_with("HTTP/1.1 200") {
            let line = head.lines().next().unwrap_or_default();
            return Err(Error::new(Kind::Failed, format!("the gateway of the local stack refused a fault: {line}")));
        }
        serde_json::from_str(body).or_fail(Kind::Unexpected, || "the gateway's rules can't be read".into())
    }
}
