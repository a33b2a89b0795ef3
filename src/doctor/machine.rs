//! Checks of this machine: the configuration file, the executable, the trusted certificates.

use super::existing::inside;
use super::run::Check;
use super::{Examination, Finding};
use crate::aws::package::{Runs, inspect};
use crate::base::error::{Kind, OrFail, Result};
use crate::pipelines::{self, Part};
use crate::postgres::tls::{Roots, regional_root};
use crate::settings::{FILE_NAME, nearest};

pub fn checks<'a>(subject: &'a Examination<'_>, region: Option<&'a str>) -> Vec<Check<'a>> {
    let has_database = pipelines::find(&subject.settings.pipeline).is_ok_and(|it| it.has(Part::Database));
    let mut checks = vec![
        Check::new("configuration", async { Ok(configuration(subject)) }),
        Check::new("function executable", executable(subject)),
    ];
    if has_database {
        checks.push(Check::new("database certificates", async move { certificates(subject, region) }));
        match &subject.database {
            Ok(None) => {}
            Ok(Some(target)) => checks.push(Check::new(inside::REACHABLE, inside::reachable(target))),
            Err(error) => {
                checks.push(Check::new(inside::REACHABLE, async {
                    Ok(vec![Finding::failed_by(inside::REACHABLE, error)])
                }));
            }
        }
    }
    checks
}

fn configuration(subject: &Examination<'_>) -> Vec<Finding> {
    const CHECK: &str = "configuration";
    let file = match &subject.file {
        Ok(file) => file,
        Err(error) => return vec![Finding::of_error(CHECK, error)],
    };
    let Some(path) = &file.path else {
        return vec![Finding::ok(
            CHECK,
            format!("no {FILE_NAME} here or above: using flags, environment variables and defaults"),
        )];
    };
    let Ok(pipeline) = pipelines::find(&subject.settings.pipeline) else {
        // Reported with the known names, below.
        return vec![Finding::ok(CHECK, path.display().to_string())];
    };
    let Ok(known) = pipelines::parameters(pipeline) else { return Vec::new() };
    let objections: Vec<_> = file
        .parameters
        .iter()
        .filter_map(|(name, value)| match known.iter().find(|parameter| parameter.name == *name) {
            Some(parameter) => parameter.objection(value),
            None => {
                let meant = nearest(name, known.iter().map(|parameter| parameter.name.as_str()));
                let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
                Some(format!("{} has no parameter {name} that can be set{meant}", pipeline.name))
            }
        })
        .collect();
    if objections.is_empty() {
        return vec![Finding::ok(CHECK, path.display().to_string())];
    }
    let remedy = format!("correct [parameters] in {}; `outboxctl init` in an empty folder lists all", path.display());
    vec![Finding::failed(CHECK, objections.join("; "), remedy)]
}

async fn executable(subject: &Examination<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "function executable";
    let path = subject.executable.clone();
    let runs = if subject.settings.local { Runs::Here } else { Runs::OnLambda };
    let inspected = tokio::task::spawn_blocking(move || {
        let bytes = std::fs::read(&path).or_fail(Kind::Io, || format!("{} can't be read", path.display()))?;
        inspect(&bytes, runs)
    });
    let architecture =
        inspected.await.or_fail(Kind::Unexpected, || "reading the executable was interrupted".into())??;
    let place = if subject.settings.local { "on this machine, as local functions do" } else { "on Lambda" };
    Ok(vec![Finding::ok(CHECK, format!("{} for {} runs {place}", subject.executable.display(), architecture.as_str()))])
}

fn certificates(subject: &Examination<'_>, region: Option<&str>) -> Result<Vec<Finding>> {
    const CHECK: &str = "database certificates";
    let roots = match &subject.roots {
        Ok(roots) => roots,
        Err(error) => return Ok(vec![Finding::not_checked(CHECK, error.message())]),
    };
    roots.client_config()?;
    Ok(vec![match (roots, region) {
        (Roots::System, _) => Finding::ok(CHECK, "the authorities of the system are used"),
        (Roots::NoTls, _) => Finding::ok(CHECK, "not needed: the database of this machine is used without TLS"),
        (Roots::Pem(_), _) => Finding::ok(CHECK, "a PEM certificate was given"),
        (Roots::File(path), _) => Finding::ok(CHECK, format!("{} is a PEM bundle", path.display())),
        (Roots::Rds, Some(region)) if regional_root(region).is_some() => {
            Finding::ok(CHECK, format!("the RDS root of {region} is in this executable"))
        }
        (Roots::Rds, Some(region)) => Finding::failed(
            CHECK,
            format!("this executable has no RDS root certificate of region {region}"),
            "set PGSSLROOTCERT to Amazon's bundle for the region, and DatabaseCertificate in [parameters] to its \
             `Root CA RSA2048 G1` for DMS and the functions",
        ),
        (Roots::Rds, None) => {
            Finding::not_checked(CHECK, "the RDS roots are included; the region decides which one is used")
        }
    }])
}
