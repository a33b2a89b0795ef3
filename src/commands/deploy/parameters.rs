//! The arguments that decide the templates' parameters, for every command that reads templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Kind, Result};
use crate::pipelines::templates::parameter_names;
use crate::pipelines::{self, Part, Pipeline, Source, WITH_SAMPLE};
use crate::settings::{Settings, environment, nearest};

/// The variable for --function-binary.
pub const FUNCTION_BINARY: &str = "OUTBOXCTL_FUNCTION_BINARY";

/// The executable of the functions, and the parameters of the templates.
#[derive(Debug, clap::Args)]
pub struct TemplateArgs {
    /// Executable to package as the functions, if this one cannot run on Lambda
    #[arg(long, value_name = "PATH", env = FUNCTION_BINARY)]
    function_binary: Option<PathBuf>,
    #[command(flatten)]
    pub chosen: ChosenParameters,
}

/// The parameters of the templates.
#[derive(Debug, clap::Args)]
pub struct ChosenParameters {
    /// Exclude the sample's API and tables, for an application of your own
    #[arg(long)]
    without_sample: bool,
    /// Set a template parameter, as the `parameters` table of outboxctl.toml does
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameters: Vec<(String, String)>,
}

impl TemplateArgs {
    /// Returns the executable that was chosen; None for the running one.
    pub fn executable(&self) -> Option<PathBuf> {
        chosen_executable(self.function_binary.as_deref())
    }
}

/// Returns the executable of the functions by flag or variable; None for the running one.
pub fn chosen_executable(flag: Option<&Path>) -> Option<PathBuf> {
    flag.map(Path::to_owned).or_else(|| environment::path(FUNCTION_BINARY))
}

impl ChosenParameters {
    /// Returns the parameters of outboxctl.toml, overridden by those of the flags.
    ///
    /// # Errors
    /// `Usage` for a parameter that no template has, and for a sample that can't be excluded.
    pub fn overrides(&self, settings: &Settings, pipeline: &Pipeline) -> Result<BTreeMap<String, String>> {
        let mut overrides = settings.parameters.clone();
        overrides.extend(self.parameters.iter().cloned());
        if self.without_sample {
            check_sample_optional(pipeline)?;
            overrides.insert(WITH_SAMPLE.to_owned(), "false".to_owned());
        }
        check_names(pipeline, &overrides)?;
        Ok(overrides)
    }

    /// Returns the [overrides](Self::overrides), and all values with the templates' defaults, for a command that does
    /// not read the deployed ones.
    ///
    /// # Errors
    /// `Usage` for values that the templates do not accept, or that contradict each other.
    pub fn checked(&self, settings: &Settings, pipeline: &Pipeline) -> Result<[BTreeMap<String, String>; 2]> {
        let overrides = self.overrides(settings, pipeline)?;
        let known = pipelines::parameters(pipeline)?;
        let defaults = known.iter().filter_map(|one| Some((one.name.clone(), one.default.clone()?)));
        let values = defaults.chain(overrides.clone()).collect();
        let objection = known.iter().find_map(|one| one.objection(overrides.get(&one.name)?));
        let objection = objection.or_else(|| pipelines::of_other_engine(&overrides, &values));
        match objection.or_else(|| pipelines::contradiction(&known, &values)) {
            Some(objection) => Err(Error::new(Kind::Usage, objection)),
            None => Ok([overrides, values]),
        }
    }
}

/// Checks that the sample can be excluded.
///
/// # Errors
/// `Usage` for a pipeline that consists of its sample.
fn check_sample_optional(pipeline: &Pipeline) -> Result<()> {
    if parameter_names(pipeline)?.contains(WITH_SAMPLE) {
        return Ok(());
    }
    let message = format!("{} captures the sample's table and can't be deployed without it", pipeline.name);
    let others = pipelines::ALL.iter().filter(|other| other.has(Part::OutboxTable)).map(|other| other.name);
    let others = others.collect::<Vec<_>>().join(" and ");
    Err(Error::new(Kind::Usage, message).hint(format!("{others} have an outbox for tables of your own")))
}

/// Checks that every parameter exists in a template.
///
/// # Errors
/// `Usage` with the nearest name, and for a parameter that another command sets.
fn check_names(pipeline: &Pipeline, overrides: &BTreeMap<String, String>) -> Result<()> {
    for (name, source) in pipeline.stacks.iter().flat_map(|stack| stack.parameters) {
        if let (true, Source::Kept(command)) = (overrides.contains_key(*name), source) {
            return Err(Error::new(Kind::Usage, format!("only `outboxctl {command}` sets the parameter {name}"))
                .hint(format!("omit {name}, in outboxctl.toml and on the command line")));
        }
    }
    let known = parameter_names(pipeline)?;
    let Some(name) = overrides.keys().find(|name| !known.contains(*name)) else { return Ok(()) };
    let error = Error::new(Kind::Usage, format!("no stack of {} has a parameter {name}", pipeline.name));
    let settable = pipelines::parameters(pipeline)?;
    let names: Vec<_> = settable.iter().map(|parameter| parameter.name.as_str()).collect();
    Err(match nearest(name, names.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => error.hint(format!("parameters: {}", names.join(", "))),
    })
}

/// Parses `NAME=VALUE`.
fn name_and_value(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    Ok((name.to_owned(), value.to_owned()))
}
