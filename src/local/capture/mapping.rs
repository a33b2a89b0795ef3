//! Table mappings: select the tables that a task captures, and the format of their records.
//!
//! Source: "Specifying table selection and transformations rules using JSON" and "Using object mapping to migrate data
//! to a Kinesis data stream" and "Using source filters" in the DMS user guide. Unsupported rules are rejected by name,
//! never ignored.

use serde::Deserialize;
use serde_json::Value;

use crate::base::error::{Error, Kind, OrFail, Result};

/// A task's `TableMappings`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappings {
    selections: Vec<Selection>,
    objects: Vec<(Locator, ObjectMapping)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Selection {
    include: bool,
    tables: Locator,
    filters: Vec<Filter>,
}

/// A source filter: accepts a row if one of the conditions on the column holds. Several filters must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub column: String,
    pub conditions: Vec<Condition>,
}

/// A condition on a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Null,
    NotNull,
}

/// Schema and table; `%` matches any characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Locator {
    schema_name: String,
    table_name: String,
}

/// The mapping of a table's rows to records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectMapping {
    /// `map-record-to-document`: only mapped attributes are written. Otherwise all columns that are not excluded.
    pub document: bool,
    pub key: PartitionKey,
    pub exclude: Vec<String>,
    /// Attributes made from a template with `${column}` placeholders.
    pub attributes: Vec<(String, String)>,
}

/// The source of the partition key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PartitionKey {
    /// `schema.table` for changes, the primary key for full load.
    #[default]
    Default,
    SchemaTable,
    PrimaryKey,
    TransactionId,
    /// An attribute of the record: a mapped one, or a column.
    Attribute(String),
}

#[derive(Deserialize)]
struct Document {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Rule {
    rule_type: String,
    #[serde(default)]
    rule_id: Value,
    rule_action: String,
    object_locator: Locator,
    #[serde(default)]
    filters: Vec<FilterRule>,
    #[serde(default)]
    mapping_parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct FilterRule {
    filter_type: String,
    column_name: String,
    filter_conditions: Vec<ConditionRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ConditionRule {
    filter_operator: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Parameters {
    partition_key_type: Option<String>,
    partition_key_name: Option<String>,
    exclude_columns: Vec<String>,
    attribute_mappings: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Attribute {
    target_attribute_name: String,
    #[serde(default)]
    attribute_type: Option<String>,
    #[serde(default)]
    value: Value,
}

impl Mappings {
    /// Reads a task's `TableMappings`.
    ///
    /// # Errors
    /// `Usage` if it is not a valid mapping, or uses a feature that the local replicator does not support.
    pub fn parse(text: &str) -> Result<Self> {
        let document: Document =
            serde_json::from_str(text).or_fail(Kind::Usage, || "the table mappings are not valid".into())?;
        let mut mappings = Self::default();
        for rule in document.rules {
            let id = rule.rule_id.clone();
            mappings.add(rule).map_err(|part| {
                Error::new(Kind::Usage, format!("mapping rule {id}: {part} is not supported by the local stack"))
            })?;
        }
        if !mappings.selections.iter().any(|selection| selection.include) {
            return Err(Error::new(Kind::Usage, "the table mappings include no table: add a selection rule"));
        }
        Ok(mappings)
    }

    /// Adds a rule; the error names its unsupported part.
    fn add(&mut self, rule: Rule) -> Result<(), String> {
        if !rule.filters.is_empty() && (rule.rule_type != "selection" || rule.rule_action == "exclude") {
            return Err("a filter outside an including selection rule".into());
        }
        if !rule.filters.is_empty() && !rule.object_locator.is_exact() {
            return Err("a filter on a table with wildcards (DMS does not support it either)".into());
        }
        match (rule.rule_type.as_str(), rule.rule_action.as_str()) {
            ("selection", action @ ("include" | "explicit" | "exclude")) => {
                let filters = rule.filters.into_iter().map(FilterRule::read).collect::<Result<_, _>>()?;
                self.selections.push(Selection { include: action != "exclude", tables: rule.object_locator, filters });
            }
            ("object-mapping", action @ ("map-record-to-record" | "map-record-to-document")) => {
                let mapping = rule.mapping_parameters.read(action == "map-record-to-document")?;
                self.objects.push((rule.object_locator, mapping));
            }
            (kind, action) => return Err(format!("a rule of type {kind} with action {action}")),
        }
        Ok(())
    }

    /// Returns whether a table is captured: included by a rule, and excluded by none.
    pub fn selects(&self, schema: &str, table: &str) -> bool {
        let matched = |include| self.selections.iter().any(|s| s.include == include && s.tables.matches(schema, table));
        matched(true) && !matched(false)
    }

    /// Returns the source filters of a table, which must all hold.
    pub fn filters(&self, schema: &str, table: &str) -> Vec<Filter> {
        let fitting = self.selections.iter().filter(|selection| selection.tables.matches(schema, table));
        fitting.flat_map(|selection| selection.filters.iter().cloned()).collect()
    }

    /// Returns the object mapping of a table: one that names it takes precedence over one with wildcards.
    pub fn object(&self, schema: &str, table: &str) -> ObjectMapping {
        let fits = || self.objects.iter().filter(|(locator, _)| locator.matches(schema, table));
        let exact = fits().find(|(locator, _)| locator.is_exact());
        exact.or_else(|| fits().next()).map(|(_, mapping)| mapping.clone()).unwrap_or_default()
    }
}

impl Parameters {
    /// Returns the object mapping, or the name of its unsupported part.
    fn read(self, document: bool) -> Result<ObjectMapping, String> {
        let key = match (self.partition_key_type.as_deref(), self.partition_key_name) {
            (None | Some("default"), None) => PartitionKey::Default,
            (Some("schema-table"), _) => PartitionKey::SchemaTable,
            (Some("primary-key"), _) => PartitionKey::PrimaryKey,
            (Some("transaction-id"), _) => PartitionKey::TransactionId,
            (Some("attribute-name") | None, Some(name)) => PartitionKey::Attribute(name),
            (Some(other), _) => return Err(format!("partition-key-type {other:?} without a name")),
        };
        let attribute = |attribute: Attribute| match (attribute.attribute_type.as_deref(), attribute.value) {
            (None | Some("scalar"), Value::String(value)) => Ok((attribute.target_attribute_name, value)),
            _ => Err("an attribute mapping of type document".to_owned()),
        };
        let attributes = self.attribute_mappings.into_iter().map(attribute).collect::<Result<_, _>>()?;
        Ok(ObjectMapping { document, key, exclude: self.exclude_columns, attributes })
    }
}

impl FilterRule {
    /// Returns the filter, or the name of its unsupported part.
    fn read(self) -> Result<Filter, String> {
        if self.filter_type != "source" {
            return Err(format!("a filter of type {:?}", self.filter_type));
        }
        let condition = |condition: &ConditionRule| match condition.filter_operator.as_str() {
            "null" => Ok(Condition::Null),
            "notnull" => Ok(Condition::NotNull),
            other => Err(format!("the filter operator {other:?}")),
        };
        let conditions: Vec<_> = self.filter_conditions.iter().map(condition).collect::<Result<_, _>>()?;
        match conditions.as_slice() {
            [] => Err("a filter without conditions".into()),
            // "no more than one filter condition … if you specify a negative operator"
            [_, _, ..] if conditions.contains(&Condition::NotNull) => Err("notnull with another condition".into()),
            _ => Ok(Filter { column: self.column_name, conditions }),
        }
    }
}

impl Condition {
    /// Returns whether the condition holds for a value that is null or not.
    pub fn holds(self, is_null: bool) -> bool {
        is_null == (self == Self::Null)
    }
}

impl Locator {
    fn matches(&self, schema: &str, table: &str) -> bool {
        like(self.schema_name.as_bytes(), schema.as_bytes()) && like(self.table_name.as_bytes(), table.as_bytes())
    }

    fn is_exact(&self) -> bool {
        !self.schema_name.contains('%') && !self.table_name.contains('%')
    }
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'%', rest)) => (0..=text.len()).any(|skip| like(rest, &text[skip..])),
        Some((byte, rest)) => text.split_first().is_some_and(|(first, text)| first == byte && like(rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selection(action: &str, schema: &str, table: &str) -> Value {
        json!({"rule-type": "selection", "rule-id": "1", "rule-name": "n", "rule-action": action, "filters": [],
               "object-locator": {"schema-name": schema, "table-name": table}})
    }

    fn parse(rules: &[Value]) -> Result<Mappings> {
        Mappings::parse(&json!({ "rules": rules }).to_string())
    }

    #[test]
    fn selects_with_wildcards_and_exclusions() {
        let mappings = parse(&[selection("include", "public", "%"), selection("exclude", "%", "tmp%")]).unwrap();
        assert!(mappings.selects("public", "outbox"));
        assert!(!mappings.selects("public", "tmp_1"));
        assert!(!mappings.selects("other", "outbox"));
        assert!(parse(&[selection("exclude", "public", "%")]).is_err());
    }

    #[test]
    fn exact_object_mappings_precede_wildcards() {
        let object = |table: &str, name: &str| {
            json!({"rule-type": "object-mapping", "rule-id": "2", "rule-action": "map-record-to-record",
                   "object-locator": {"schema-name": "public", "table-name": table},
                   "mapping-parameters": {"partition-key-type": "attribute-name", "partition-key-name": name}})
        };
        let rules = [selection("include", "public", "%"), object("%", "id"), object("outbox", "aggregate_id")];
        let mappings = parse(&rules).unwrap();
        assert_eq!(mappings.object("public", "outbox").key, PartitionKey::Attribute("aggregate_id".into()));
        assert_eq!(mappings.object("public", "cars").key, PartitionKey::Attribute("id".into()));
        assert_eq!(mappings.object("other", "cars").key, PartitionKey::Default);
    }

    #[test]
    fn unsupported_rules_are_rejected_by_name() {
        let filtered = |action: &str, table: &str, operators: &[&str]| {
            let mut rule = selection(action, "public", table);
            let conditions: Vec<_> =
                operators.iter().map(|name| json!({"filter-operator": name, "value": "1"})).collect();
            rule["filters"] =
                json!([{"filter-type": "source", "column-name": "processed_at", "filter-conditions": conditions}]);
            parse(&[selection("include", "public", "x"), rule])
        };
        let refused =
            |action, table, operators: &[&str]| filtered(action, table, operators).unwrap_err().message().to_owned();
        assert!(refused("include", "outbox", &["eq"]).contains("\"eq\""));
        assert!(refused("include", "outbox", &["null", "notnull"]).contains("notnull"));
        assert!(refused("include", "outbox", &[]).contains("without conditions"));
        assert!(refused("include", "out%", &["null"]).contains("wildcards"));
        assert!(refused("exclude", "outbox", &["null"]).contains("including"));
        let mappings = filtered("include", "outbox", &["null"]).unwrap();
        let filter = Filter { column: "processed_at".into(), conditions: vec![Condition::Null] };
        assert_eq!(mappings.filters("public", "outbox"), [filter]);
        assert_eq!(mappings.filters("public", "x"), []);
        let mut renaming = selection("rename", "public", "outbox");
        renaming["rule-type"] = json!("transformation");
        assert!(parse(&[renaming]).unwrap_err().message().contains("transformation"));
        assert!(Mappings::parse("{").is_err());
    }
}
