//! The SQL of `db init` as one script, for a person who reviews and runs it with psql.

use super::ensure;
use super::migrate::LOCK;
use super::names::quote_literal;
use super::schema::{LEDGER, MIGRATIONS};
use crate::outbox::Layout;

/// Returns the script: one transaction, which a second run repeats without changes.
pub fn script(layout: &Layout, sample: bool) -> String {
    let name = layout.full_name();
    let mut text = format!(
        "-- Schema, roles and publication for the outbox table {name}, by version {} of outboxctl.\n\
         -- Run it with psql as the owner of the database and of the table. A second run changes nothing.\n\
         \\set ON_ERROR_STOP on\n\
         BEGIN;\n\
         SET LOCAL search_path = public, pg_temp;\n\
         SET LOCAL standard_conforming_strings = on;\n\
         SET LOCAL lock_timeout = '30s';\n\
         SET LOCAL client_min_messages = warning;\n\n\
         -- Two runs at the same time wait for each other.\n\
         DO $$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); END $$;\n\n\
         -- The applied migrations.\n\
         {LEDGER};\n",
        env!("CARGO_PKG_VERSION"),
    );
    for migration in MIGRATIONS.iter().filter(|migration| migration.is_needed(layout, sample)) {
        let (version, title) = (migration.version, migration.title());
        let body = format!(
            "EXECUTE {};\n        INSERT INTO public.outboxctl_migrations (version, name, checksum)\n        VALUES \
             ({version}, {}, {});",
            dollar_quoted("sql", &format!("\n{}", migration.sql)),
            quote_literal(migration.name),
            quote_literal(&migration.checksum()),
        );
        let known = format!("EXISTS (SELECT FROM public.outboxctl_migrations WHERE version = {version})");
        text.push_str(&format!("\n-- Migration {title}.\n{}\n", unless(&known, &body)));
    }
    for rule in ensure::rules(layout) {
        let body = format!("EXECUTE {};", dollar_quoted("sql", &rule.remedy));
        text.push_str(&format!("\n-- So that: {}.\n{}\n", rule.done, unless(&rule.holds, &body)));
    }
    text.push_str("\nCOMMIT;\n");
    text
}

/// Returns a statement that runs `body` unless the condition holds.
fn unless(holds: &str, body: &str) -> String {
    let block = format!("\nBEGIN\n    IF ({holds}) IS NOT TRUE THEN\n        {body}\n    END IF;\nEND\n");
    format!("DO {};", dollar_quoted("outboxctl", &block))
}

/// Quotes a text with a tag that does not occur in it: a name may have dollar signs.
fn dollar_quoted(tag: &str, text: &str) -> String {
    let tags = (0_u32..).map(|n| if n == 0 { format!("${tag}$") } else { format!("${tag}{n}$") });
    // A text has finitely many tags.
    let tag = tags.into_iter().find(|tag| !text.contains(tag.as_str())).unwrap_or_default();
    format!("{tag}{text}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_the_application_is_neither_created_nor_altered() {
        let layout: Layout = "debezium".parse().expect("a preset");
        let text = script(&layout, false);
        for created in ["CREATE TABLE outbox ", "CREATE TABLE cars", "ALTER TABLE \"public\"", "outbox_append"] {
            assert!(!text.contains(created), "{created}:\n{text}");
        }
        for needed in ["CREATE TABLE outbox_processed", "FOR TABLE \"public\".\"outboxevent\"", "COMMIT;"] {
            assert!(text.contains(needed), "{needed}:\n{text}");
        }
    }

    #[test]
    fn the_tag_does_not_occur_in_the_text() {
        assert_eq!(dollar_quoted("sql", "a $sql$ b $sql1$"), "$sql2$a $sql$ b $sql1$$sql2$");
    }
}
