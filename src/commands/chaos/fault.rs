//! The faults by name, and the pipelines that have the part that they disturb.

use clap::ValueEnum;
use serde::Serialize;

use crate::base::error::{Error, Kind, Result};
use crate::commands::args;
use crate::local::chaos::Calls;
use crate::pipelines::{Part, Pipeline};

/// A fault. The names are those of the published results (`outboxctl explain guarantees`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Kill the processes of the publisher function
    KillFunction,
    /// Disable the event source mapping of the publisher function for some seconds
    PauseFunction,
    /// Stop the capture task for some seconds
    StopResumeTask,
    /// PutEvents refuses every other entry
    BusPartial,
    /// PutEvents is throttled
    BusThrottled,
    /// PutEvents fails with 500
    #[value(name = "bus-500")]
    #[serde(rename = "bus-500")]
    Bus500,
    /// PutEvents takes effect, and the answer is lost
    BusLate,
    /// The connection closes before PutEvents takes effect
    BusCut,
    /// PutRecords refuses every other record
    PutPartial,
    /// PutRecords is throttled
    PutThrottled,
    /// PutRecords fails with 500
    #[value(name = "put-500")]
    #[serde(rename = "put-500")]
    Put500,
    /// PutRecords takes effect, and the answer is lost
    PutLate,
}

/// The effect of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    KillFunction,
    PauseFunction,
    StopTask,
    Calls(Calls),
}

impl Fault {
    /// Returns the name, as on the command line.
    pub fn name(self) -> String {
        args::name(&self)
    }

    pub fn action(self) -> Action {
        let bus = |kind| Action::Calls(Calls { service: "events", operation: "PutEvents", kind });
        let put = |kind| Action::Calls(Calls { service: "kinesis", operation: "PutRecords", kind });
        match self {
            Self::KillFunction => Action::KillFunction,
            Self::PauseFunction => Action::PauseFunction,
            Self::StopResumeTask => Action::StopTask,
            Self::BusPartial => bus("partial"),
            Self::BusThrottled => bus("throttle"),
            Self::Bus500 => bus("error"),
            Self::BusLate => bus("late"),
            Self::BusCut => bus("drop"),
            Self::PutPartial => put("partial"),
            Self::PutThrottled => put("throttle"),
            Self::Put500 => put("error"),
            Self::PutLate => put("late"),
        }
    }

    /// Returns the part of the pipeline that the fault disturbs.
    fn part(self) -> Part {
        match self.action() {
            Action::KillFunction | Action::PauseFunction => Part::Publisher,
            Action::StopTask => Part::Capture,
            Action::Calls(calls) if calls.service == "events" => Part::Bus,
            // Other pipelines do not put records by the API.
            Action::Calls(_) => Part::Capture,
        }
    }

    /// Returns whether the fault is possible on AWS: by calls that AWS itself offers, and that can be undone.
    fn is_for_stages(self) -> bool {
        matches!(self.action(), Action::PauseFunction | Action::StopTask)
    }

    /// Returns the faults to inject: the named ones, or all that the pipeline can have; fewer on AWS than on a local stack.
    ///
    /// # Errors
    /// `Usage` if the pipeline does not have the part that a named fault disturbs, or only a local stack can have it.
    pub fn chosen(pipeline: &Pipeline, named: &[Self], is_local: bool) -> Result<Vec<Self>> {
        let fits = |fault: &Self| pipeline.has(fault.part()) && (is_local || fault.is_for_stages());
        if let Some(unfit) = named.iter().find(|fault| !fits(fault)) {
            let all: Vec<String> =
                Self::value_variants().iter().filter(|fault| fits(fault)).map(|fault| fault.name()).collect();
            let text = match pipeline.has(unfit.part()) {
                true => format!("{} is for the local stack only", unfit.name()),
                false => format!("{} does not apply to {}", unfit.name(), pipeline.name),
            };
            return Err(Error::new(Kind::Usage, text).hint(format!("faults of this pipeline: {}", all.join(", "))));
        }
        let wanted = |fault: &Self| named.is_empty() || named.contains(fault);
        Ok(Self::value_variants().iter().copied().filter(|fault| fits(fault) && wanted(fault)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line_and_of_the_document() {
        for fault in Fault::value_variants() {
            assert_eq!(serde_json::json!(fault), fault.name());
        }
    }

    #[test]
    fn every_pipeline_has_faults_and_refuses_those_of_others() {
        for pipeline in crate::pipelines::ALL {
            let all = Fault::chosen(pipeline, &[], true).expect("faults");
            assert!(all.len() >= 4, "{}: {all:?}", pipeline.name);
            for fault in Fault::value_variants() {
                let refused = Fault::chosen(pipeline, &[*fault], true).is_err();
                assert_eq!(refused, !all.contains(fault), "{} on {}", fault.name(), pipeline.name);
            }
        }
    }

    #[test]
    fn on_aws_every_pipeline_has_the_faults_that_can_be_undone() {
        for pipeline in crate::pipelines::ALL {
            let names = |faults: Vec<Fault>| faults.into_iter().map(Fault::name).collect::<Vec<_>>();
            let all = names(Fault::chosen(pipeline, &[], false).expect("faults"));
            let expected = [(Part::Publisher, "pause-function"), (Part::Capture, "stop-resume-task")];
            let expected = expected.into_iter().filter(|(part, _)| pipeline.has(*part)).map(|(_, name)| name);
            assert_eq!(all, expected.collect::<Vec<_>>(), "{}", pipeline.name);
            assert!(!all.is_empty(), "{}", pipeline.name);
            assert!(Fault::chosen(pipeline, &[Fault::BusLate], false).is_err(), "{}", pipeline.name);
        }
    }
}
