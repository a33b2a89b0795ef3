//! `outboxctl init`.

mod schema;
mod text;

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::aws::endpoint::is_loopback;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::Context;
use crate::doctor::Candidates;
use crate::output::{Outcome, count};
use crate::pipelines::{self, Pipeline};
use crate::settings::{ConfigFile, FILE_NAME, Origin, check_region, check_stage};

/// Write a commented outboxctl.toml into the working directory
///
/// Prompts for region, stage and pipeline if stdin is a terminal. Otherwise, and with --no-input or --yes, takes them
/// from flags, environment variables and defaults. The file lists every template parameter of the pipeline, commented
/// out, with its default.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Overwrite an existing file, keeping its values but not its comments
    #[arg(long)]
    force: bool,
    /// Search the account for resources to use in place of new ones, and write them to the table `existing`
    ///
    /// A single candidate for a key is set; several are written as comments to choose from. Keys that an existing file sets
    /// are kept.
    #[arg(long, conflicts_with = "schema")]
    from_existing: bool,
    /// Print the JSON Schema of outboxctl.toml, for editors, without writing a file
    #[arg(long)]
    schema: bool,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        if self.schema {
            let schema = schema::schema()?;
            let text = serde_json::to_string_pretty(&schema).or_fail(Kind::Unexpected, || "the schema".into())?;
            return Ok(Outcome::data(schema).text(text));
        }
        let path = Path::new(FILE_NAME);
        // Reading a FIFO would wait for a writer.
        let regular = std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
        let before = if regular { std::fs::read_to_string(path).ok() } else { None };
        if !self.force && std::fs::symlink_metadata(path).is_ok() {
            return Err(Error::new(Kind::Usage, format!("{FILE_NAME} already exists"))
                .hint("change it with an editor; --force rewrites it: values are kept, comments are lost"));
        }
        let answers = self.answers(ctx, before.as_deref()).await?;
        let pipeline = pipelines::find(&answers.pipeline)?;
        let candidates = match self.from_existing {
            true => find(ctx, pipeline).await?,
            false => Candidates::default(),
        };
        let text = text::render(&answers, &pipelines::parameters(pipeline)?, &candidates.found);
        let outcome = Outcome::data(data(&answers, &candidates));
        if before.as_deref() == Some(text.as_str()) {
            return Ok(outcome.changed(false).summary(format!("{FILE_NAME} is already up to date")));
        }
        if regular && before.as_deref().is_none_or(|text| ConfigFile::parse(text, path).is_err()) {
            let kept = back_up(path)?;
            ctx.console.warn(format!("{FILE_NAME} was not valid, so its values are not kept: its text is in {kept}"));
        }
        write(path, &text, self.force)?;
        Ok(outcome.changed(true).summary(format!("wrote {FILE_NAME}; next: `outboxctl doctor`")))
    }

    /// Returns the settings for the file.
    async fn answers(&self, ctx: &Context, before: Option<&str>) -> Result<text::Answers> {
        let settings = &ctx.settings;
        // An invalid file has no values to keep; it is overwritten.
        let kept = before.and_then(|text| ConfigFile::parse(text, Path::new(FILE_NAME)).ok()).unwrap_or_default();
        let mut existing = kept.existing;
        existing.set_flags(&settings.existing);
        let mut answers = text::Answers {
            region: settings.region.clone(),
            profile: settings.profile.clone(),
            stage: settings.stage.clone(),
            pipeline: pipelines::find(&settings.pipeline)?.name.to_owned(),
            // A variable is for this shell, and the file may be shared.
            local: match settings.chosen.local {
                Origin::Variable => kept.local.unwrap_or(false),
                _ => settings.local,
            },
            endpoint_url: match settings.chosen.endpoint_url {
                Origin::Variable => kept.endpoint_url,
                _ => settings.endpoint_url.clone(),
            },
            parameters: kept.parameters,
            existing,
            outbox: kept.outbox.unwrap_or_default(),
        };
        if let Some(url) = answers.endpoint_url.as_deref().filter(|url| !is_loopback(url)) {
            return Err(Error::new(
                Kind::Usage,
                format!("{url} is not on this machine: it can't be written to {FILE_NAME}"),
            )
            .hint("use --endpoint-url or AWS_ENDPOINT_URL with each command"));
        }
        for (written, name) in
            [(settings.chosen.local, "OUTBOXCTL_LOCAL"), (settings.chosen.endpoint_url, "AWS_ENDPOINT_URL")]
        {
            if written == Origin::Variable {
                ctx.console.note(format!("{name} is set in this shell and not written to {FILE_NAME}"));
            }
        }
        if !settings.no_input && !settings.yes && ctx.console.can_ask() {
            prompt(ctx, &mut answers).await?;
        }
        Ok(answers)
    }
}

/// Asks for pipeline, stage and region, with the answers so far as defaults.
///
/// # Errors
/// `NeedsInput` if the input ends.
async fn prompt(ctx: &Context, answers: &mut text::Answers) -> Result<()> {
    for pipeline in pipelines::ALL {
        ctx.console.note(format!("  {:<20} {}", pipeline.name, pipeline.title));
    }
    let stopped = || Error::new(Kind::NeedsInput, "the input ended; nothing was written");
    let ask = |question: String, default: String, check: fn(&str) -> Result<()>| async move {
        ctx.console.ask(&question, &default, check).await.ok_or_else(stopped)
    };
    answers.pipeline = ask("Pipeline".into(), answers.pipeline.clone(), |name| pipelines::find(name).map(drop)).await?;
    answers.stage = ask("Stage".into(), answers.stage.clone(), check_stage).await?;
    if !ctx.settings.local {
        let region = answers.region.clone().unwrap_or_default();
        let region = ask("AWS region (empty: from the profile or AWS_REGION)".into(), region, |region| {
            check_region(Some(region).filter(|region| !region.is_empty()))
        });
        answers.region = Some(region.await?).filter(|region| !region.is_empty());
    }
    Ok(())
}

/// Searches the account, and reports the found resources and the kinds that could not be listed.
async fn find(ctx: &Context, pipeline: &'static Pipeline) -> Result<Candidates> {
    let _wait = ctx.console.wait("existing", "searching the account");
    let candidates = Candidates::find(ctx.aws().await?, pipeline).await?;
    candidates.denied.iter().for_each(|denied| ctx.console.warn(format!("not searched: {denied}")));
    let found = count(candidates.found.values().map(Vec::len).sum::<usize>(), "value");
    ctx.console.note(format!("found {found} for [existing]; keys with several candidates list them as comments"));
    Ok(candidates)
}

fn data(answers: &text::Answers, candidates: &Candidates) -> Value {
    let text::Answers { region, profile, stage, pipeline, local, .. } = answers;
    let found = candidates.found.iter().map(|(key, values)| (key.name().to_owned(), json!(values)));
    json!({
        "path": FILE_NAME, "region": region, "profile": profile, "stage": stage, "pipeline": pipeline, "local": local,
        "candidates": found.collect::<Map<_, _>>(), "denied": candidates.denied,
    })
}

/// Copies the file beside it, under a name that is not in use; returns the name.
fn back_up(path: &Path) -> Result<String> {
    let failed = || format!("{} can't be copied", path.display());
    let mut old = File::open(path).or_fail(Kind::Io, failed)?;
    let names = std::iter::once(String::new()).chain((2_u32..).map(|number| format!(".{number}")));
    for name in names.map(|number| format!("{FILE_NAME}.bak{number}")) {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            copy => {
                std::io::copy(&mut old, &mut copy.or_fail(Kind::Io, failed)?).or_fail(Kind::Io, failed)?;
                return Ok(name);
            }
        }
    }
    Err(Error::new(Kind::Io, failed()))
}

/// Writes the file atomically; without `over` never over another file, not even one that was created in the meantime.
fn write(path: &Path, text: &str, over: bool) -> Result<()> {
    let failed = || format!("{} can't be written", path.display());
    let mut file = tempfile::NamedTempFile::new_in(".").or_fail(Kind::Io, failed)?;
    file.write_all(text.as_bytes()).or_fail(Kind::Io, failed)?;
    // Temporary files are readable by their owner only; this file has no secrets.
    file.as_file().set_permissions(Permissions::from_mode(0o644)).or_fail(Kind::Io, failed)?;
    let kept = if over { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(drop).or_fail(Kind::Io, failed)
}
