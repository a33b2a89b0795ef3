//! The table of results, on stdout and in the topic.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::inject::FAULTS;
use crate::pipeline::Pipeline;
use crate::run::Outcome;
use crate::trouble::Result;

/// Results of every run of one fault on one pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Of the first run.
    pub seed: u64,
    pub runs: usize,
    pub rows: usize,
    pub lost: usize,
    pub reordered: usize,
    pub duplicates: u64,
    /// The longest recovery, in milliseconds.
    pub recovery_ms: u64,
    pub violations: usize,
}

/// Everything that a table says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Day of the last run.
    pub date: String,
    /// By pipeline and fault.
    pub rows: BTreeMap<String, BTreeMap<String, Row>>,
}

impl Results {
    pub fn add(&mut self, pipeline: Pipeline, fault: &str, seed: u64, outcome: &Outcome) {
        let row = self.rows.entry(pipeline.name().to_owned()).or_default().entry(fault.to_owned()).or_default();
        if row.runs == 0 {
            row.seed = seed;
        }
        row.runs += 1;
        row.rows += outcome.rows;
        row.lost += outcome.lost;
        row.reordered += outcome.reordered;
        row.duplicates += outcome.repeats;
        row.recovery_ms = row.recovery_ms.max(u64::try_from(outcome.recovery.as_millis()).unwrap_or(u64::MAX));
        row.violations += outcome.violations.len();
    }

    /// The table in Markdown, faults in the order of their list.
    pub fn table(&self) -> String {
        let mut text =
            "| fault | pipeline | seed | runs | rows | lost | out of order | duplicates | recovery |\n".to_owned();
        text += "|---|---|---|---|---|---|---|---|---|\n";
        for fault in FAULTS {
            for pipeline in Pipeline::ALL {
                let Some(row) = self.rows.get(pipeline.name()).and_then(|rows| rows.get(fault.name)) else { continue };
                let Row { seed, runs, rows, lost, reordered, duplicates, .. } = row;
                let recovery = Duration::from_millis(row.recovery_ms).as_secs_f64();
                let (fault, pipeline) = (fault.name, pipeline.name());
                text += &format!(
                    "| `{fault}` | `{pipeline}` | {seed} | {runs} | {rows} | {lost} | {reordered} | {duplicates} | {recovery:.1} s |\n"
                );
            }
        }
        text
    }

    /// The part of the topic that the harness writes.
    pub fn section(&self) -> String {
        let total = |of: fn(&Row) -> u64| self.rows.values().flat_map(BTreeMap::values).map(of).sum::<u64>();
        let mut text = format!(
            "{BEGIN}\n\nLast run on {}: {} runs, {} events, {} lost, {} out of order, {} duplicates, {} violations.\n\n",
            self.date,
            total(|row| row.runs as u64),
            total(|row| row.rows as u64),
            total(|row| row.lost as u64),
            total(|row| row.reordered as u64),
            total(|row| row.duplicates),
            total(|row| row.violations as u64),
        );
        text += &self.table();
        let missing = self.missing();
        if !missing.is_empty() {
            text += "\nNot run yet:\n\n";
            missing.iter().for_each(|line| text += &wrapped(line));
        }
        text += "\n| fault | what happens |\n|---|---|\n";
        let has = |name: &str| self.rows.values().any(|rows| rows.contains_key(name));
        for fault in FAULTS.iter().filter(|fault| has(fault.name)) {
            text += &format!("| `{}` | {} |\n", fault.name, fault.does);
        }
        text
    }

    /// The faults that have no result, by pipeline.
    fn missing(&self) -> Vec<String> {
        let without = |pipeline: &Pipeline| {
            let has = |name: &str| self.rows.get(pipeline.name()).is_some_and(|rows| rows.contains_key(name));
            let faults = FAULTS.iter().filter(|fault| fault.applies_to.contains(pipeline) && !has(fault.name));
            let faults: Vec<String> = faults.map(|fault| format!("`{}`", fault.name)).collect();
            (!faults.is_empty()).then(|| format!("- `{}`: {}", pipeline.name(), faults.join(", ")))
        };
        Pipeline::ALL.iter().filter_map(without).collect()
    }

    pub fn read() -> Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(file())?)?)
    }

    /// Keeps these results in the place of earlier ones of the same pipelines and faults, and writes the topic.
    pub fn update(&self) -> Result<()> {
        let mut kept = Self::read().unwrap_or_default();
        kept.date.clone_from(&self.date);
        for (pipeline, rows) in &self.rows {
            kept.rows.entry(pipeline.clone()).or_default().extend(rows.clone());
        }
        std::fs::write(file(), serde_json::to_string_pretty(&kept)? + "\n")?;
        let topic = topic();
        let text = std::fs::read_to_string(&topic)?;
        std::fs::write(topic, replaced(&text, &kept.section()).ok_or("the topic has no section for the table")?)?;
        Ok(())
    }
}

/// The heading of the section.
const BEGIN: &str = "## Results of the last run";

/// A point of a list in lines of at most 125 characters.
fn wrapped(point: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in point.split(' ') {
        if line.len() + 1 + word.len() > 125 {
            lines += &format!("{line}\n");
            line = format!("  {word}");
        } else {
            line += if line.is_empty() { "" } else { " " };
            line += word;
        }
    }
    lines + &line + "\n"
}

/// The topic with another section; None where it has none.
fn replaced(text: &str, section: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let after = rest.find("\n## ").map_or("", |at| &rest[at..]);
    Some(format!("{before}{section}{after}"))
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/faults/results.json")
}

fn topic() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/commands/explain/topics/guarantees.md")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_has_the_table_of_the_results() {
        let (results, text) = (Results::read().expect("results.json"), std::fs::read_to_string(topic()).expect("it"));
        let expected = replaced(&text, &results.section()).expect("the section");
        assert!(text == expected, "tests/faults/results.json and the topic differ: `tests/faults/run --update`");
        for (pipeline, rows) in &results.rows {
            let pipeline = Pipeline::ALL.iter().find(|one| one.name() == pipeline).expect("a pipeline");
            for name in rows.keys() {
                let fault = FAULTS.iter().find(|fault| fault.name == name).expect("a fault");
                assert!(fault.applies_to.contains(pipeline), "{name} does not apply to {}", pipeline.name());
            }
        }
    }

    #[test]
    fn the_published_results_cover_every_pipeline_without_a_violation() {
        let results = Results::read().expect("results.json");
        for pipeline in Pipeline::ALL {
            let rows = results.rows.get(pipeline.name()).unwrap_or_else(|| panic!("{} was not run", pipeline.name()));
            for (fault, row) in rows {
                assert_eq!((row.lost, row.reordered, row.violations), (0, 0, 0), "{fault} on {}", pipeline.name());
            }
            for fault in FAULTS.iter().filter(|fault| fault.quick.contains(&pipeline)) {
                assert!(rows.contains_key(fault.name), "{} on {} was not run", fault.name, pipeline.name());
            }
        }
    }

    #[test]
    fn tests_that_did_not_run_are_listed_in_a_document() {
        let mut results = Results::default();
        let section = results.section();
        assert!(section.contains("- `dynamodb-cdc`: `none`, `kill-function`,") && section.contains("`reshard`"));
        assert!(section.lines().all(|line| line.len() <= 125), "{section}");
        results.rows.entry("dynamodb-cdc".into()).or_default().insert("none".into(), Row::default());
        assert!(results.section().contains("- `dynamodb-cdc`: `kill-function`,"));
    }

    #[test]
    fn a_section_is_replaced_and_nothing_else() {
        let text = format!("# T\n\n{BEGIN}\n\nold\n\n## More\n\nrest\n");
        let new = replaced(&text, &format!("{BEGIN}\n\nnew\n")).expect("it");
        assert_eq!(new, format!("# T\n\n{BEGIN}\n\nnew\n\n## More\n\nrest\n"));
        assert_eq!(replaced("# T\n", "x"), None);
    }
}
