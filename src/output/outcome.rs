//! The result of a command: data for machines, tables and text for people.

use serde_json::Value;

use crate::base::error::Kind;

/// A table for people; the renderer fits it to the terminal.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Returns the columns that the table takes on a terminal if no cell wraps.
    pub fn width(&self) -> usize {
        let rows = || std::iter::once(&self.header).chain(&self.rows);
        let widest =
            |at: usize| rows().filter_map(|row| row.get(at)).map(|cell| console::measure_text_width(cell)).max();
        // Each column has a space on its left.
        (0..self.header.len()).map(|at| widest(at).unwrap_or_default() + 1).sum()
    }

    /// Rewrites the cells.
    #[must_use]
    pub fn map_text(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        self.rows.iter_mut().flatten().for_each(|cell| *cell = rewrite(cell));
        self
    }

    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// A command's result.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The command changed something; None for read-only commands.
    pub changed: Option<bool>,
    /// For `--output json`, and `data` of the NDJSON result line.
    pub data: Value,
    /// For `--output table`, on stdout.
    pub tables: Vec<Table>,
    /// For `--output table`: text on stdout after the tables.
    pub text: Option<String>,
    /// For `--output table`: Markdown, drawn for the terminal.
    pub document: Option<String>,
    /// One closing sentence for people, on stderr.
    pub summary: Option<String>,
    /// The signal that ended a command that runs until it is stopped; its exit code is the process's.
    pub stopped: Option<Kind>,
}

impl Outcome {
    pub fn data(data: impl serde::Serialize) -> Self {
        Self { data: serde_json::to_value(data).unwrap_or(Value::Null), ..Self::default() }
    }

    /// Rewrites the text for people: tables, text and summary. The data is unchanged.
    #[must_use]
    pub fn map_text(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        self.tables = self.tables.into_iter().map(|table| table.map_text(&rewrite)).collect();
        self.text = self.text.map(|text| rewrite(&text));
        self.summary = self.summary.map(|text| rewrite(&text));
        self
    }

    #[must_use]
    pub fn changed(mut self, changed: bool) -> Self {
        self.changed = Some(changed);
        self
    }

    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Adds lines of text below the tables.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.text = Some(match self.text {
            Some(before) => format!("{before}\n{text}"),
            None => text,
        });
        self
    }

    #[must_use]
    pub fn document(mut self, markdown: impl Into<String>) -> Self {
        self.document = Some(markdown.into());
        self
    }

    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Marks the result of a command that runs until it is stopped as ended by a signal.
    #[must_use]
    pub fn stopped(mut self, signal: Kind) -> Self {
        self.stopped = Some(signal);
        self
    }

    /// Returns 0, or the exit code of the signal that ended the command.
    pub fn exit_code(&self) -> u8 {
        self.stopped.map_or(0, Kind::exit_code)
    }
}
