//! The parts of a pipeline, and the error for a command that needs a missing one.

use super::{Part, Pipeline};
use crate::error::{Error, Kind, Result};

impl Pipeline {
    /// Returns whether the pipeline has this part, deployed or not.
    pub fn has(&self, part: Part) -> bool {
        self.stop(part).is_some()
    }

    /// Checks that the pipeline has the part that a command needs, before any request to AWS.
    ///
    /// # Errors
    /// `Usage`, with the part that the pipeline has instead and the command for it.
    pub fn need(&self, part: Part) -> Result<()> {
        if self.has(part) {
            return Ok(());
        }
        let (lacks, instead) = match part {
            Part::Database => (
                "no PostgreSQL database: its outbox is a DynamoDB table, which `outboxctl deploy` creates",
                "`outboxctl status` shows the table; `outboxctl verify` tests the whole pipeline",
            ),
            Part::Capture => (
                "no DMS task: DynamoDB itself sends the changes of its table",
                "`outboxctl status` shows the table and its stream",
            ),
            Part::Kinesis => (
                "no Kinesis stream: its changes are read from DynamoDB Streams",
                "`outboxctl tail stream` follows them",
            ),
            Part::TableStream => {
                ("no DynamoDB stream to read: its changes are in Kinesis", "`outboxctl tail stream` follows them")
            }
            Part::Bus | Part::EventLog => (
                "no event bus and no event log: consumers read its stream",
                "`outboxctl tail processed` follows what they have processed",
            ),
            Part::Consumers | Part::ProcessedLog => (
                "no consumer groups: a Lambda function consumes its stream (rds-kinesis has them)",
                "`outboxctl tail bus` follows what it delivers",
            ),
            _ => ("another route", "`outboxctl status` shows it"),
        };
        Err(Error::new(Kind::Usage, format!("{} has {lacks}", self.name)).hint(instead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::ALL;

    #[test]
    fn every_pipeline_has_one_stream_and_one_end() {
        for pipeline in ALL {
            assert_ne!(pipeline.has(Part::Kinesis), pipeline.has(Part::TableStream), "{}", pipeline.name);
            assert_ne!(pipeline.has(Part::Bus), pipeline.has(Part::Consumers), "{}", pipeline.name);
            assert_eq!(pipeline.has(Part::Database), pipeline.has(Part::Capture), "{}", pipeline.name);
        }
    }

    #[test]
    fn suggested_alternatives_exist() {
        let offered = [("tail processed", Part::Consumers), ("tail bus", Part::Bus)];
        for pipeline in ALL {
            for part in [Part::Database, Part::Capture, Part::Kinesis, Part::TableStream, Part::Bus, Part::Consumers] {
                let Err(error) = pipeline.need(part) else { continue };
                let hint = error.hints().next().unwrap_or_default();
                for (command, needed) in offered {
                    assert!(!hint.contains(command) || pipeline.has(needed), "{}: {hint}", pipeline.name);
                }
            }
        }
    }
}
