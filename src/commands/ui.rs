//! `outboxctl ui`.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::args::{from, whole};
use crate::commands::{Context, announce};
use crate::deployment::database::Via;
use crate::deployment::not_deployed;
use crate::output::Outcome;
use crate::streams::StartAt;
use crate::ui::{self, Options};

/// Show the pipeline live on a web page
///
/// The page shows the flow from commit to delivery with counts, rates, backlog and latencies, the path of every event,
/// the outbox, and dead letters. It is served on this machine only, and is read-only unless --local or --allow-write is
/// given. The printed address contains a token, which is required for every request. /metrics provides metrics for
/// Prometheus, and /openapi.json describes the API; programs send the token as a bearer token.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port to serve on; 0 picks a free one
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX), default_value_t = 3000)]
    port: u16,
    /// Allow writes to the deployed pipeline: inserting samples and redriving dead letters
    #[arg(long)]
    allow_write: bool,
    /// File that holds the token, created if missing; without it, every start creates a new token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// How far back to read stream and event log at the start: latest, start, a time, or -15m
    #[arg(long, value_name = "TIME", default_value = "-15m", allow_hyphen_values = true, value_parser = from)]
    from: StartAt,
    /// How to reach the database
    #[arg(long, value_name = "WAY", default_value = "auto")]
    via: Via,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let writable = ctx.settings.local || self.allow_write;
        let deployment = announce::deployment(ctx, writable).await?;
        if !deployment.is_known() {
            return Err(not_deployed(deployment.pipeline.name, &deployment.stage));
        }
        let token = match &self.token_file {
            Some(file) => read_token(file)?,
            None => ui::token()?,
        };
        let listeners = ui::listen(self.port)?;
        let options = Options {
            writable,
            local: ctx.settings.local,
            from: self.from,
            place: ctx.settings.place(),
            token: token.clone(),
        };
        let url = match listeners[0].local_addr() {
            Ok(address) => format!("http://localhost:{}", address.port()),
            Err(error) => return Err(Error::new(Kind::Io, "the listener has no address").with_source(error)),
        };
        let mode = if options.writable { "" } else { " (read-only)" };
        ctx.console.finished("ui", format!("Ctrl-C ends it; the page{mode} is at {url}/?token={token}"), false);
        let deployment = deployment.reached(self.way(ctx));
        // From here on, a signal ends it with its result.
        let _hold = ctx.hold();
        ui::serve(listeners, deployment, options, ctx.cancel.clone()).await?;
        Ok(Outcome::data(json!({ "url": url })))
    }

    /// Returns the path to the database: the local one listens on this machine, though the template has it private.
    fn way(&self, ctx: &Context) -> Via {
        if ctx.settings.local && self.via == Via::Auto { Via::Direct } else { self.via }
    }
}

/// Minimum characters of a token; a shorter one can be guessed.
const SHORTEST: usize = 16;

/// Reads the token from its file; if missing, creates the file, readable by its owner only.
fn read_token(file: &Path) -> Result<String> {
    let failed = || format!("{} can't be used as a token file", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let token = text.trim();
            let usable =
                token.len() >= SHORTEST && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            if usable {
                return Ok(token.to_owned());
            }
            let text = format!("{}: a token has {SHORTEST} or more letters, digits, hyphens and underscores", failed());
            Err(Error::new(Kind::Usage, text).hint("remove the file: a new token is then written to it"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let token = ui::token()?;
            let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
            created.and_then(|mut file| file.write_all(token.as_bytes())).or_fail(Kind::Io, failed)?;
            Ok(token)
        }
        Err(error) => Err(error).or_fail(Kind::Io, failed),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn token_file_is_created_once_and_reused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let token = read_token(&file).unwrap();
        assert_eq!(read_token(&file).unwrap(), token);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for bad in ["", "short", "sixteen characters; and more"] {
            std::fs::write(&file, bad).unwrap();
            assert_eq!(read_token(&file).unwrap_err().kind(), Kind::Usage, "{bad:?}");
        }
    }
}
