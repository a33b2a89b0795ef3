//! Text of a dry run: the change of each resource by stack, with colors.

use anstyle::Style;

use crate::cloudformation::{Change, Effect, ParameterChange, Preview, StackAction, StackPreview};
use crate::output::count;
use crate::output::style::{BOLD, DIM, GREEN, RED, YELLOW, painted};

/// Maximum characters of a value; longer ones are truncated.
const LONGEST: usize = 60;

/// Returns whether the deploy creates the stack.
pub fn creates(action: StackAction) -> bool {
    matches!(action, StackAction::Create | StackAction::CreateLater | StackAction::Recreate)
}

/// Returns the text of all previews.
pub fn text(previews: &[StackPreview]) -> String {
    let mut lines = Vec::new();
    for StackPreview { name, preview } in previews {
        lines.push(format!("{}  {}", painted(BOLD, name), heading(preview)));
        if preview.changes.iter().any(Change::needs_capture_stopped) {
            let notice = "    the capture is stopped for this update, and resumed afterwards if it ran";
            lines.push(painted(YELLOW, notice));
        }
        lines.extend(preview.changes.iter().flat_map(change));
        if !preview.parameters.is_empty() {
            lines.push("    parameters".to_owned());
            lines.extend(preview.parameters.iter().map(parameter));
        }
    }
    let changes = || previews.iter().flat_map(|stack| &stack.preview.changes);
    let permissions: Vec<_> = changes().filter(|change| change.is_permission()).collect();
    if !permissions.is_empty() {
        lines.push(painted(BOLD, "permissions (IAM and resource policies)"));
        lines.extend(
            permissions
                .iter()
                .map(|change| format!("    {} {} ({})", sign(change.effect).0, change.resource, change.resource_type)),
        );
    }
    lines.push(totals(previews));
    lines.join("\n")
}

fn heading(preview: &Preview) -> String {
    let changes = preview.changes.len();
    match preview.action {
        StackAction::Stay => painted(DIM, "no change"),
        StackAction::Existing => painted(DIM, "existing, left alone"),
        StackAction::Update => format!("update: {}", count(changes, "change")),
        StackAction::Create => painted(GREEN, &format!("create: {}", count(changes, "resource"))),
        StackAction::Recreate => {
            painted(YELLOW, &format!("delete its remains, then create: {}", count(changes, "resource")))
        }
        StackAction::CreateLater => {
            let text = format!("create after the stacks that it depends on: up to {}", count(changes, "resource"));
            painted(GREEN, &text)
        }
    }
}

/// Returns a resource's line, and one for each property with known values.
fn change(change: &Change) -> Vec<String> {
    let (sign, style, word) = sign(change.effect);
    let lost = if change.destroys_data() { ", ITS DATA IS LOST (needs --allow-replacement)" } else { "" };
    let mut line = format!("  {sign} {:<28} {}", change.resource, change.resource_type);
    if !word.is_empty() || !lost.is_empty() {
        line = format!("{line}  {word}{lost}");
    }
    let mut lines = vec![painted(if lost.is_empty() { style } else { RED }, &line)];
    for value in &change.values {
        let side = |value: &Option<String>| value.as_deref().map_or("(none)".into(), cut);
        lines.push(format!("        {}: {} → {}", value.property, side(&value.before), side(&value.after)));
    }
    let unnamed: Vec<_> = change
        .properties
        .iter()
        .filter(|name| !change.values.iter().any(|value| value.property.split('/').next() == Some(name.as_str())))
        .map(String::as_str)
        .collect();
    if !unnamed.is_empty() {
        lines.push(format!("        {}", unnamed.join(", ")));
    }
    lines
}

/// Returns sign, color and word for the change of a resource.
fn sign(effect: Effect) -> (&'static str, Style, &'static str) {
    match effect {
        Effect::Add => ("+", GREEN, ""),
        Effect::Modify => ("~", YELLOW, ""),
        Effect::MayReplace => ("±", YELLOW, "may be REPLACED"),
        Effect::Replace => ("±", RED, "is REPLACED"),
        Effect::Delete => ("-", RED, "is DELETED"),
        Effect::Release => ("-", YELLOW, "leaves the stack and is KEPT"),
        Effect::Import => ("+", GREEN, "is imported"),
        Effect::Unknown => ("?", YELLOW, "not known yet"),
    }
}

fn parameter(change: &ParameterChange) -> String {
    let side = |value: &Option<String>, none: &str| value.as_deref().map_or(none.to_owned(), cut);
    match &change.before {
        None => format!("        {} = {}", change.name, side(&change.after, "(default)")),
        before => format!("        {}: {} → {}", change.name, side(before, ""), side(&change.after, "(default)")),
    }
}

/// Returns a value on one line, truncated to [`LONGEST`].
fn cut(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn totals(previews: &[StackPreview]) -> String {
    let count = |wanted: &[Effect]| {
        let changes = previews.iter().flat_map(|stack| &stack.preview.changes);
        changes.filter(|change| wanted.contains(&change.effect)).count()
    };
    if !previews.iter().any(|stack| stack.preview.action.is_change()) {
        return "nothing would change".to_owned();
    }
    let kinds: [(&str, &[Effect]); 4] = [
        ("to add", &[Effect::Add, Effect::Import]),
        ("to change", &[Effect::Modify, Effect::MayReplace, Effect::Unknown]),
        ("to replace", &[Effect::Replace]),
        ("to delete", &[Effect::Delete, Effect::Release]),
    ];
    let counts = kinds.iter().map(|(word, effects)| format!("{} {word}", count(effects)));
    format!("total: {}", counts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn changed(effect: Effect, action: &str, resource: &str, kind: &str) -> Change {
        let replacement = (effect == Effect::Replace).then(|| "True".to_owned());
        Change {
            action: action.into(),
            effect,
            resource: resource.into(),
            resource_type: kind.into(),
            properties: Vec::new(),
            values: Vec::new(),
            replacement,
            member: false,
        }
    }

    #[test]
    fn replacements_and_deletions_are_marked_with_words_and_colors() {
        let database = Preview {
            action: StackAction::Update,
            changes: vec![
                changed(Effect::Replace, "Modify", "Database", "AWS::RDS::DBInstance"),
                changed(Effect::Delete, "Remove", "Alarm", "AWS::CloudWatch::Alarm"),
                changed(Effect::Modify, "Modify", "AdminRole", "AWS::IAM::Role"),
                changed(Effect::Add, "Add", "Queue", "AWS::SQS::Queue"),
            ],
            parameters: vec![ParameterChange {
                name: "DatabaseClass".into(),
                before: Some("db.t4g.micro".into()),
                after: Some("db.t4g.small".into()),
            }],
        };
        let stay = Preview { action: StackAction::Stay, changes: Vec::new(), parameters: Vec::new() };
        let previews =
            [StackPreview { name: "network", preview: stay }, StackPreview { name: "database", preview: database }];
        let text = text(&previews);
        let red = painted(RED, "");
        let red = red.trim_end_matches("\u{1b}[0m");
        assert_eq!(text.lines().filter(|line| line.starts_with(red)).count(), 2, "{text}");
        assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
        network  no change
        database  update: 4 changes
          ± Database                     AWS::RDS::DBInstance  is REPLACED, ITS DATA IS LOST (needs --allow-replacement)
          - Alarm                        AWS::CloudWatch::Alarm  is DELETED
          ~ AdminRole                    AWS::IAM::Role
          + Queue                        AWS::SQS::Queue
            parameters
                DatabaseClass: db.t4g.micro → db.t4g.small
        permissions (IAM and resource policies)
            ~ AdminRole (AWS::IAM::Role)
        total: 1 to add, 1 to change, 1 to replace, 1 to delete
        ");
    }
}
