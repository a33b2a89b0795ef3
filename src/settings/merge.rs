//! Merges flags, environment variables, the file and defaults.

use std::path::Path;

use super::valid::check_endpoint;
use super::{
    Chosen, ConfigFile, DEFAULT_PIPELINE, DEFAULT_STAGE, FILE_NAME, GlobalArgs, Origin, Settings, Variables,
    check_region, check_stage, quoted,
};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;
use crate::outbox::layout::Keys;

impl Settings {
    /// Merges the flags, the variables and the file.
    ///
    /// # Errors
    /// `Usage`, `Region` or `Config` for values that are invalid or contradict each other.
    pub fn merge(args: GlobalArgs, variables: Variables, file: ConfigFile) -> Result<Self> {
        let (output, output_origin) = (args.format()?, args.format_origin());
        let (local, local_origin) = local(&args, &variables, &file)?;
        let (profile, profile_origin) = pick(args.profile, variables.profile, file.profile);
        let (endpoint_url, endpoint_origin) = pick(args.endpoint_url, variables.endpoint_url, file.endpoint_url);
        // With the local stack only its own endpoint is allowed.
        if let Some(url) = endpoint_url.as_ref().filter(|_| !local) {
            check_endpoint(url, endpoint_origin, file.path.as_deref())?;
        }
        let (stage, stage_origin) = pick(args.stage, variables.stage, file.stage);
        let stage = stage.unwrap_or_else(|| DEFAULT_STAGE.into());
        check_stage(&stage)?;
        let (region, region_origin) = pick(args.region, variables.region, file.region);
        check_region(region.as_deref())?;
        let (pipeline, pipeline_origin) = pick(args.pipeline, variables.pipeline, file.pipeline);
        let outbox = layout(file.outbox, file.path.as_deref())?;
        let mut existing = file.existing;
        existing.set(variables.existing, Origin::Variable)?;
        existing.set(args.existing, Origin::Flag)?;
        Ok(Self {
            profile,
            region,
            stage,
            pipeline: pipeline.unwrap_or_else(|| DEFAULT_PIPELINE.into()),
            local,
            endpoint_url,
            output,
            no_input: args.no_input,
            yes: args.yes,
            quiet: args.quiet,
            verbose: args.verbose,
            progress: args.progress,
            color: args.color,
            parameters: file.parameters,
            existing,
            outbox,
            database_url: variables.database_url,
            chosen: Chosen {
                stage: stage_origin,
                pipeline: pipeline_origin,
                region: region_origin,
                profile: profile_origin,
                endpoint_url: endpoint_origin,
                local: local_origin,
                output: output_origin,
            },
            file: file.path,
        })
    }

    /// Checks that `local` of the file does not contradict a variable that names another place: variables take
    /// precedence over the file. `endpoint` is that of the local stack, which `local env` exports as AWS_ENDPOINT_URL.
    ///
    /// # Errors
    /// `Usage`, for the same reason as with flags: see [`local`].
    pub fn check_local(&self, endpoint: &str) -> Result<()> {
        if !self.local || self.chosen.local != Origin::File {
            return Ok(());
        }
        let profile = self.profile.as_ref().filter(|_| self.chosen.profile == Origin::Variable);
        let url = self.endpoint_url.as_ref().filter(|_| self.chosen.endpoint_url == Origin::Variable);
        let same = |url: &str| url.trim_end_matches('/') == endpoint.trim_end_matches('/');
        let elsewhere = match (profile, url.filter(|url| !same(url))) {
            (Some(name), _) => format!("AWS_PROFILE={}", quoted(name)),
            (None, Some(url)) => format!("AWS_ENDPOINT_URL={}", quoted(url)),
            (None, None) => return Ok(()),
        };
        let file = self.file.as_ref().map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string());
        let text = format!("{elsewhere} and `local = true` in {file} contradict each other");
        Err(Error::new(Kind::Usage, text).hint("add --local to use the local stack, or --no-local to use the variable"))
    }
}

/// Returns the outbox table that the section describes; None if it has no keys.
///
/// # Errors
/// `Config`, with the key.
fn layout(keys: Option<Keys>, file: Option<&Path>) -> Result<Option<Layout>> {
    let Some(keys) = keys.filter(|keys| *keys != Keys::default()) else { return Ok(None) };
    Layout::try_from(keys).map(Some).map_err(|problem| {
        let file = file.map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string());
        Error::new(Kind::Config, format!("[outbox] in {file}: {problem}"))
            .hint("`outboxctl explain outbox-tables` lists the keys")
    })
}

/// Returns the first value that is set, and its origin.
fn pick<T>(flag: Option<T>, variable: Option<T>, file: Option<T>) -> (Option<T>, Origin) {
    match (flag, variable, file) {
        (Some(value), _, _) => (Some(value), Origin::Flag),
        (None, Some(value), _) => (Some(value), Origin::Variable),
        (None, None, Some(value)) => (Some(value), Origin::File),
        (None, None, None) => (None, Origin::Default),
    }
}

/// Returns whether to work on the local stack, and the origin of that setting.
///
/// # Errors
/// `Usage` if a flag names another place: a wrong guess would change an AWS account, or seem to change it.
fn local(args: &GlobalArgs, variables: &Variables, file: &ConfigFile) -> Result<(bool, Origin)> {
    if args.no_local && args.local == Some(true) {
        return Err(Error::new(Kind::Usage, "--local and --no-local contradict each other").hint("use one of them"));
    }
    let flag = if args.no_local { Some(false) } else { args.local };
    let (local, origin) = pick(flag, variables.local, file.local);
    let local = local.unwrap_or(false);
    let elsewhere = match (&args.profile, &args.endpoint_url) {
        (_, Some(_)) => "--endpoint-url",
        (Some(_), None) => "--profile",
        (None, None) => return Ok((local, origin)),
    };
    if !local {
        return Ok((local, origin));
    }
    let (said, hint) = match (origin, &file.path) {
        (Origin::Flag, _) => ("--local".to_owned(), format!("use --local or {elsewhere}")),
        (Origin::File, Some(path)) => {
            (format!("`local = true` in {}", path.display()), format!("add --no-local to use {elsewhere}"))
        }
        _ => ("OUTBOXCTL_LOCAL".to_owned(), format!("add --no-local to use {elsewhere}")),
    };
    Err(Error::new(Kind::Usage, format!("{said} and {elsewhere} contradict each other")).hint(hint))
}

#[cfg(test)]
pub(super) mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        global: GlobalArgs,
    }

    /// Merges flags, variables and the text of a file.
    pub fn merged(flags: &str, variables: Variables, file: &str) -> Result<Settings> {
        let line = Line::parse_from(format!("outboxctl {flags}").split_whitespace());
        let path = Path::new("/x/outboxctl.toml");
        let file = ConfigFile { path: Some(path.to_owned()), ..ConfigFile::parse(file, path)? };
        Settings::merge(line.global, variables, file)
    }

    #[test]
    fn false_overrides_true_of_lower_precedence() {
        let local = |flags: &str, variable, file: &str| {
            let variables = Variables { local: variable, ..Variables::default() };
            merged(flags, variables, file).expect("settings").local
        };
        assert!(local("", None, "local = true"));
        assert!(!local("", Some(false), "local = true"));
        assert!(!local("--no-local", Some(true), "local = true"));
        assert!(!local("--local=false", Some(true), ""));
        assert!(local("--local=yes", Some(false), ""));
        assert!(local("--local", None, "local = false"));
    }

    #[test]
    fn a_flag_for_another_place_contradicts_local() {
        for (flags, variable, file, said) in [
            ("--local --endpoint-url http://127.0.0.1:1", None, "", "--local"),
            ("--profile ops", None, "local = true", "/x/outboxctl.toml"),
            ("--profile ops", Some(true), "", "OUTBOXCTL_LOCAL"),
        ] {
            let variables = Variables { local: variable, ..Variables::default() };
            let error = merged(flags, variables, file).expect_err(flags);
            assert_eq!(error.kind(), Kind::Usage);
            assert!(error.message().contains(said), "{}", error.message());
        }
        assert!(merged("--profile ops --no-local", Variables::default(), "local = true").is_ok());
    }

    #[test]
    fn a_variable_for_another_place_contradicts_local_in_the_file() {
        let stack = "http://127.0.0.1:4566";
        let checked = |flags: &str, variables: Variables, file: &str| {
            merged(flags, variables, file).expect("settings").check_local(stack).map_err(|error| error.to_string())
        };
        let profile = || Variables { profile: Some("ops".into()), ..Variables::default() };
        let url = |url: &str| Variables { endpoint_url: Some(url.into()), ..Variables::default() };
        let error = checked("", profile(), "local = true").expect_err("a profile");
        assert!(error.contains("AWS_PROFILE=ops") && error.contains("/x/outboxctl.toml"), "{error}");
        assert!(checked("", url("http://127.0.0.1:1"), "local = true").is_err());
        assert!(checked("", url("http://127.0.0.1:4566/"), "local = true").is_ok(), "the stack's own");
        // A flag or variable that chooses the local stack has at least the precedence of the variable.
        assert!(checked("--local", profile(), "local = true").is_ok());
        assert!(checked("", Variables { local: Some(true), ..profile() }, "").is_ok());
        assert!(checked("--no-local", profile(), "local = true").is_ok());
        assert!(checked("", Variables::default(), "local = true\nprofile = \"ops\"").is_ok());
    }

    #[test]
    fn empty_texts_in_the_file_count_as_unset() {
        let text = "profile = \"\"\nregion = \"\"\nstage = \"\"\npipeline = \"\"\nendpoint_url = \"\"\n";
        let settings = merged("", Variables::default(), text).expect("settings");
        assert_eq!((settings.profile, settings.region, settings.endpoint_url), (None, None, None));
        assert_eq!((settings.stage.as_str(), settings.pipeline.as_str()), (DEFAULT_STAGE, DEFAULT_PIPELINE));
    }
}
