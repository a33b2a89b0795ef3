//! Faults against whole pipelines on the local stack: `tests/faults/run`.
//!
//! A run drives one pipeline under load, injects one fault (`inject`), records what was written (`write`) and what
//! arrived (`watch`) with clients of its own, and hands the history to the checker (`checker`, pure). `report` keeps the
//! results, and the table in `outboxctl explain guarantees`.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program of its own

mod aws;
mod checker;
mod consumers;
mod database;
mod history;
mod inject;
mod options;
mod page;
mod pipeline;
mod prepare;
mod proxy;
mod report;
mod resources;
mod run;
mod stack;
mod steady;
mod trouble;
mod watch;
mod world;
mod write;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use crate::inject::{FAULTS, Fault};
use crate::options::Options;
use crate::pipeline::Pipeline;
use crate::prepare::Needs;
use crate::report::Results;
use crate::run::Rig;
use crate::trouble::{NotRun, Result, trouble};

/// Violations that are printed of one run.
const SHOWN: usize = 10;

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        list();
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(all(&options))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    for fault in FAULTS {
        let pipelines: Vec<&str> = fault.applies_to.iter().map(|pipeline| pipeline.name()).collect();
        println!("{:<18} {} ({})", fault.name, fault.does, pipelines.join(", "));
    }
}

/// The faults that are asked for on a pipeline.
fn chosen(pipeline: Pipeline, options: &Options) -> Vec<&'static Fault> {
    let asked = |fault: &&Fault| {
        let of = if options.quick && options.fault.is_empty() { fault.quick } else { fault.applies_to };
        of.contains(&pipeline) && (options.fault.is_empty() || options.fault.iter().any(|name| name == fault.name))
    };
    FAULTS.iter().filter(asked).collect()
}

/// Every run; false where a guarantee was violated or a run could not be carried out.
async fn all(options: &Options) -> Result<bool> {
    if let Some(unknown) = options.fault.iter().find(|name| FAULTS.iter().all(|fault| fault.name != **name)) {
        return Err(trouble(format!("unknown fault {unknown}: `--list` lists them")));
    }
    let pipelines = if options.pipeline.is_empty() { Pipeline::ALL.to_vec() } else { options.pipeline.clone() };
    let first = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let begun = Instant::now();
    let until = options.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let mut results = Results { date: today, ..Results::default() };
    let (mut fine, mut seed) = (true, first);
    eprintln!("seed {first}");
    loop {
        for pipeline in &pipelines {
            fine &= on(*pipeline, seed, options, until, &mut results).await?;
        }
        seed += 1;
        if until.is_none_or(|until| Instant::now() >= until) {
            break;
        }
    }
    print!("{}", results.table());
    eprintln!("{} in {} s", if fine { "no violation" } else { "FAILED" }, begun.elapsed().as_secs());
    if options.update {
        results.update()?;
    }
    Ok(fine)
}

/// The chosen faults on one pipeline, one after the other, on a stack for each kind of preparation.
async fn on(
    pipeline: Pipeline,
    seed: u64,
    options: &Options,
    until: Option<Instant>,
    results: &mut Results,
) -> Result<bool> {
    let faults = chosen(pipeline, options);
    if faults.is_empty() {
        return Ok(true);
    }
    let mut fine = true;
    for needs in Needs::ALL {
        let faults: Vec<_> = faults.iter().copied().enumerate().filter(|(_, fault)| fault.needs == needs).collect();
        if faults.is_empty() {
            continue;
        }
        eprintln!("{}: deploying", pipeline.name());
        match Rig::deployed(pipeline, options, needs).await {
            Ok(rig) => fine &= on_rig(&rig, &faults, seed, options, until, results).await?,
            Err(error) if error.is::<NotRun>() => {
                faults.iter().for_each(|(_, fault)| eprintln!("  not run: {}: {error}", fault.name));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(fine)
}

/// Faults with their numbers on a deployed pipeline.
async fn on_rig(
    rig: &Rig,
    faults: &[(usize, &Fault)],
    seed: u64,
    options: &Options,
    until: Option<Instant>,
    results: &mut Results,
) -> Result<bool> {
    let (pipeline, mut fine) = (rig.world.pipeline, true);
    for &(number, fault) in faults {
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        let begun = Instant::now();
        match rig.run(fault, seed, number, options).await {
            Ok(outcome) => {
                results.add(pipeline, fault.name, seed, &outcome);
                fine &= outcome.violations.is_empty();
                let seconds = begun.elapsed().as_secs_f64();
                eprintln!(
                    "  {} {}, seed {seed}: {} rows, {} duplicates, {} acknowledgements, \
                     recovered in {:.1} s ({:.1} + {:.1} of {seconds:.0} s)",
                    if outcome.violations.is_empty() { "ok  " } else { "FAIL" },
                    fault.name,
                    outcome.rows,
                    outcome.repeats,
                    outcome.acknowledged,
                    outcome.recovery.as_secs_f64(),
                    outcome.before.as_secs_f64(),
                    outcome.during.as_secs_f64(),
                );
                for violation in outcome.violations.iter().take(SHOWN) {
                    eprintln!("       {violation:.300}");
                }
                if outcome.violations.len() > SHOWN {
                    eprintln!("       and {} more", outcome.violations.len() - SHOWN);
                }
            }
            Err(error) => {
                eprintln!("  FAIL {}, seed {seed}: could not be carried out: {error}", fault.name);
                // The stack may be in any state: the next pipeline gets another.
                return Ok(false);
            }
        }
    }
    Ok(fine)
}
