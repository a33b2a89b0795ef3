//! `outboxctl synth`.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::aws::package::{Package, Runs};
use crate::aws::{account, configured_region};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::cloudformation::synth::{self, Choices, Files, Format, Plan, Value, files};
use crate::commands::deploy::TemplateArgs;
use crate::commands::{Context, args, reach, running_executable};
use crate::output::{Outcome, Table, count};
use crate::pipelines::{self, Given, Home, Pipeline};
use crate::postgres::tls::regional_root;

/// Print the pipeline's templates for CloudFormation, Terraform or CDK
///
/// Writes the stacks with their parameters and order, so that another tool can deploy them without outboxctl. Names,
/// tags and values are those of `outboxctl deploy`, including `parameters` and `existing` of outboxctl.toml. Sends no
/// requests to AWS, except for the account id if `existing` names resources.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tool that deploys the stacks
    #[arg(long, value_name = "TOOL", default_value = "cloudformation")]
    format: Format,
    /// Write the files into this folder, creating it if necessary [default: print the plan]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Overwrite files in the folder that have other content
    #[arg(long, requires = "out")]
    force: bool,
    /// Write the archive of the functions' code to this file
    #[arg(long, value_name = "FILE")]
    package: Option<PathBuf>,
    #[command(flatten)]
    template: TemplateArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let settings = &ctx.settings;
        let pipeline = pipelines::find(&settings.pipeline)?;
        let [parameters, _] = self.template.chosen.checked(settings, pipeline)?;
        let region = match settings.local {
            true => Some(ctx.aws().await?.region().to_owned()),
            false => configured_region(settings).await,
        };
        let certificate = match reach::certificate(settings) {
            _ if settings.local => Some(crate::local::state::running()?.postgres.ca_pem()?),
            Some(file) => Some(reach::certificate_text(&file)?),
            None => region.as_deref().and_then(regional_root),
        };
        let given = self.given(ctx, pipeline, region.as_deref()).await?;
        let choices = Choices {
            stage: &settings.stage,
            region,
            protected: !settings.local && !pipelines::is_development(&settings.stage),
            parameters: &parameters,
            package: self.package(settings.local).await?,
            given: &given,
            layout: settings.outbox.clone().unwrap_or_default(),
            certificate,
        };
        let plan = Plan::new(pipeline, &choices)?;
        let files = files(&plan, self.format);
        let data = |directory: Option<&Path>| {
            let listed: Vec<_> = files
                .iter()
                .map(|(path, text)| match directory {
                    Some(_) => json!({ "path": path }),
                    None => json!({ "path": path, "text": text }),
                })
                .collect();
            json!({ "format": args::name(&self.format), "directory": directory, "plan": plan, "files": listed })
        };
        match &self.out {
            None => Ok(Outcome::data(data(None))
                .table(table(&plan))
                .summary(format!("{}; write them with --out FOLDER", count(files.len(), "file")))),
            Some(folder) => {
                let changed = write(folder, &files, self.force)?;
                let summary =
                    format!("{} in {}; README.md has the next steps", count(files.len(), "file"), folder.display());
                Ok(Outcome::data(data(Some(folder))).changed(changed > 0).summary(summary))
            }
        }
    }

    /// Returns the outputs that existing resources stand for. Their ARNs have the account's number, which is requested.
    async fn given(&self, ctx: &Context, pipeline: &Pipeline, region: Option<&str>) -> Result<Given> {
        let existing = &ctx.settings.existing;
        if existing.iter().next().is_none() {
            return Ok(Given::default());
        }
        let account = account::number(ctx.aws().await?).await?;
        let home = Home { region: region.unwrap_or_default(), account };
        match pipelines::objections(pipeline, existing, home).first() {
            None => Ok(Given::new(existing, home)),
            Some(one) => Err(Error::new(Kind::Usage, one.text.clone()).hint(one.remedy.clone())),
        }
    }

    /// Returns the archive of the functions, and writes it if requested. An executable that can't run on Lambda is an
    /// error only if the archive or the executable was asked for.
    async fn package(&self, local: bool) -> Result<synth::Package> {
        let named = self.template.executable();
        let needed = self.package.is_some() || named.is_some();
        let path = named.map_or_else(running_executable, Ok)?;
        let runs = if local { Runs::Here } else { Runs::OnLambda };
        let target = self.package.clone();
        let packed = tokio::task::spawn_blocking(move || {
            let package = Package::read(&path, runs)?;
            if let Some(target) = target {
                let failed = || format!("{} can't be written", target.display());
                std::fs::write(&target, &package.zip()?.bytes).or_fail(Kind::Io, failed)?;
            }
            Ok(package)
        });
        let (key, architecture) = match packed.await.or_fail(Kind::Unexpected, || "packing was interrupted".into())? {
            Ok(package) => (Some(package.key.clone()), package.architecture.as_str()),
            Err(error) if needed => return Err(error),
            Err(_) if cfg!(target_arch = "aarch64") => (None, "arm64"),
            Err(_) => (None, "x86_64"),
        };
        Ok(synth::Package { key, architecture: architecture.to_owned() })
    }
}

/// Returns the stacks in their order.
fn table(plan: &Plan) -> Table {
    let mut table = Table::new(["stack", "after", "parameters"]);
    for stack in &plan.stacks {
        let values = stack.parameters.iter().map(|(name, value)| match value {
            Value::Text(text) => format!("{name}={}", text.lines().next().unwrap_or_default()),
            Value::Output { stack, output } => format!("{name}={stack}.{output}"),
            Value::Input(_) => format!("{name}=(input)"),
        });
        let values: Vec<_> = values.collect();
        table.row([stack.full_name.clone(), stack.depends_on.join(", "), values.join(", ")]);
    }
    table
}

/// Writes the files; returns how many changed.
///
/// # Errors
/// `Usage` before anything is written if a file has another content, unless `force` is set.
fn write(folder: &Path, files: &Files, force: bool) -> Result<usize> {
    let current = |path: &str| std::fs::read_to_string(folder.join(path)).ok();
    let differing: Vec<_> = files.iter().filter(|(path, text)| current(path).as_ref() != Some(text)).collect();
    let existing = differing.iter().map(|(path, _)| path.as_str()).filter(|path| folder.join(path).exists());
    let existing: Vec<_> = existing.collect();
    if !force && !existing.is_empty() {
        let message = format!("{} has other files: {}", folder.display(), existing.join(", "));
        return Err(Error::new(Kind::Usage, message).hint("--force replaces them; or choose another folder"));
    }
    for (path, text) in &differing {
        let path = folder.join(path);
        let failed = || format!("{} can't be written", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_fail(Kind::Io, failed)?;
        }
        let mut file = std::fs::File::create(&path).or_fail(Kind::Io, failed)?;
        file.write_all(text.as_bytes()).or_fail(Kind::Io, failed)?;
        if path.extension().is_some_and(|extension| extension == "sh") {
            file.set_permissions(Permissions::from_mode(0o755)).or_fail(Kind::Io, failed)?;
        }
    }
    Ok(differing.len())
}
