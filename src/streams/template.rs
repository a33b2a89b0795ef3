//! `--format`: a line with an item's fields.

use chrono::SecondsFormat;

use super::Item;
use crate::outbox::text_at;

/// Field names, and the values they stand for.
const FIELDS: &[&str] = &[
    "at",
    "hop",
    "content",
    "summary",
    "age_ms",
    "event_id",
    "event_type",
    "aggregate_type",
    "aggregate_id",
    "sequence",
    "committed_at",
    "correlation_id",
    "shard",
    "sequence_number",
    "sub_sequence_number",
    "partition_key",
    "bus_event_id",
    "message_id",
    "log_stream",
    "log_event_id",
    "consumer",
    "position",
    "image",
    "record",
    "text",
    "base64",
    "error",
];

/// Fields that hold a document: a path may lead into them.
const DOCUMENTS: &[&str] = &["image", "record"];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A field's name, and the path into it.
    Field(String, Vec<String>),
}

/// A parsed template: text, fields in braces (`{event_type}`), members of documents (`{record.data.id}`), doubled
/// braces for braces, and `\n`, `\t`, `\\`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

impl Template {
    /// # Errors
    /// A message about an unknown field, an unmatched brace, or an unknown escape.
    pub fn parse(template: &str) -> Result<Self, String> {
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), template.chars().peekable());
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.next_if_eq(&c).is_some() => text.push(c),
                '}' => return Err("a } without its {; write }} for the character itself".into()),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match rest.next() {
                            Some('}') => break,
                            Some(c) => name.push(c),
                            None => return Err("a { without its }; write {{ for the character itself".into()),
                        }
                    }
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(field(&name)?);
                }
                '\\' => text.push(match rest.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('\\') => '\\',
                    other => {
                        return Err(format!("\\{} is not an escape; use \\n, \\t and \\\\", other.unwrap_or(' ')));
                    }
                }),
                c => text.push(c),
            }
        }
        parts.push(Part::Text(text));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// Returns the line. Missing fields are empty; `clean` makes foreign text safe for the output, and receives numbers
    /// as they are written.
    pub fn render(&self, item: &Item, clean: impl Fn(&str) -> String) -> String {
        let fields = serde_json::to_string(item).unwrap_or_default();
        let mut line = String::new();
        for part in &self.0 {
            let text = match part {
                Part::Text(text) => {
                    line.push_str(text);
                    continue;
                }
                Part::Field(name, path) => match name.as_str() {
                    "at" => Some(item.at.to_rfc3339_opts(SecondsFormat::Millis, true)),
                    "age_ms" => item.event.committed_at.map(|at| (item.at - at).num_milliseconds().to_string()),
                    name => text_at(&fields, std::iter::once(name).chain(path.iter().map(String::as_str))),
                },
            };
            line.push_str(&clean(&text.unwrap_or_default()));
        }
        line
    }
}

fn field(name: &str) -> Result<Part, String> {
    let mut path = name.split('.').map(str::to_owned);
    let first = path.next().unwrap_or_default();
    let path: Vec<String> = path.collect();
    if !FIELDS.contains(&first.as_str()) {
        return Err(format!("unknown field {first:?}; use one of {}", FIELDS.join(", ")));
    }
    if !path.is_empty() && !DOCUMENTS.contains(&first.as_str()) {
        return Err(format!("{first} has no members; {} have", DOCUMENTS.join(" and ")));
    }
    Ok(Part::Field(first, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Layout;
    use crate::streams::decode::{Place, stream_record};

    fn render(template: &str) -> String {
        let place = Place { shard: "s-0", sequence_number: "7", partition_key: "k" };
        let bytes = br#"{"metadata":{"record-type":"data","operation":"insert","schema-name":"public","table-name":"cars"},"data":{"id":1.50,"n":12345678901234567890.1234567890,"tags":["a","b"]}}"#;
        let mut items = Vec::new();
        stream_record(bytes, Layout::own(), "2026-01-31T12:00:00Z".parse().expect("a time"), place, &mut items);
        Template::parse(template).expect("a template").render(&items[0], str::to_owned)
    }

    #[test]
    fn fields_members_braces_and_escapes() {
        assert_eq!(
            render("{at} {hop}\\t{shard}/{sequence_number} {{{content}}}"),
            "2026-01-31T12:00:00.000Z stream\ts-0/7 {data}"
        );
        assert_eq!(
            render("{record.metadata.table-name} {record.data.tags.1} {record.data.none}{event_id}."),
            "cars b ."
        );
        assert_eq!(render("{record.data.n} {record.data.id}"), "12345678901234567890.1234567890 1.50");
        assert!(render("{record}").starts_with(r#"{"metadata""#) && render("{record}").contains("1.50"));
    }

    #[test]
    fn messages_name_the_mistake() {
        for (wrong, part) in [
            ("{event}", "unknown field \"event\""),
            ("{}", "unknown field"),
            ("{hop", "without its }"),
            ("hop}", "without its {"),
            ("{hop.x}", "no members"),
            ("\\q", "not an escape"),
            ("\\", "not an escape"),
        ] {
            let error = Template::parse(wrong).expect_err(wrong);
            assert!(error.contains(part), "{wrong}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_template_does_not_panic(template: String) {
            let _ = Template::parse(&template);
        }
    }
}
