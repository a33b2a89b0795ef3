//! The JSON Schema of outboxctl.toml: the settings' keys, and every parameter of every template.

use serde_json::{Map, Value, json};

use crate::base::error::Result;
use crate::outbox::layout::{self, Preset};
use crate::pipelines::{self, Parameter};
use crate::settings::{DEFAULT_PIPELINE, ExistingKey, KEYS};

/// Returns the schema, of draft 2020-12. A test compares the file in schema/ with it.
///
/// # Errors
/// See [`pipelines::parameters`].
pub fn schema() -> Result<Value> {
    let mut parameters = Map::new();
    for pipeline in pipelines::ALL {
        for parameter in pipelines::parameters(pipeline)? {
            parameters.entry(parameter.name.clone()).or_insert_with(|| described(&parameter));
        }
    }
    let mut properties = Map::new();
    for key in KEYS {
        let mut property = json!({ "type": key.kind, "description": key.about });
        match key.name {
            "pipeline" => {
                property["enum"] = pipelines::ALL.iter().map(|pipeline| pipeline.name).collect();
                property["default"] = DEFAULT_PIPELINE.into();
            }
            "stage" => {
                property["pattern"] = "^[a-z](-?[a-z0-9])*$".into();
                property["maxLength"] = 20.into();
                property["default"] = "dev".into();
            }
            "outbox" => {
                property["additionalProperties"] = false.into();
                property["properties"] = outbox();
            }
            "parameters" => {
                property["additionalProperties"] = false.into();
                property["properties"] = std::mem::take(&mut parameters).into();
            }
            "existing" => describe_existing(&mut property),
            _ => {}
        }
        properties.insert(key.name.to_owned(), property);
    }
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "outboxctl.toml",
        "description": "Settings of outboxctl; flags take precedence over environment variables, and those over this file",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    }))
}

/// Adds the keys of `[existing]`; a dot in a key's name leads into a table.
fn describe_existing(table: &mut Value) {
    table["additionalProperties"] = false.into();
    for key in ExistingKey::ALL {
        let mut at = &mut *table;
        let mut names = key.name().split('.').peekable();
        while let Some(name) = names.next() {
            let properties = &mut at["properties"];
            if properties[name].is_null() {
                properties[name] = match names.peek() {
                    Some(_) => json!({ "type": "object", "additionalProperties": false }),
                    None => {
                        let types = match key {
                            ExistingKey::DatabasePort => json!(["integer", "string"]),
                            key if key.is_list() => json!(["array", "string"]),
                            _ => json!("string"),
                        };
                        json!({ "type": types, "description": key.about() })
                    }
                };
            }
            at = &mut at["properties"][name];
        }
    }
}

/// Returns the schemas of the keys of `[outbox]`.
fn outbox() -> Value {
    let property = |(key, about): (&str, &str)| {
        let mut property = json!({ "type": "string", "description": about });
        if key == "preset" {
            property["enum"] = Preset::ALL.map(Preset::name).into_iter().collect();
            property["default"] = Preset::default().name().into();
        } else {
            property["maxLength"] = 63.into();
        }
        (key.to_owned(), property)
    };
    Value::Object(layout::KEYS.into_iter().map(property).collect())
}

/// Returns the schema of a parameter. Numbers and booleans may also be written as strings, which CloudFormation
/// receives.
fn described(parameter: &Parameter) -> Value {
    let truth = parameter.allowed == ["true", "false"];
    let mut schema = json!({ "description": parameter.about });
    let number = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    if truth {
        schema["enum"] = json!([true, false, "true", "false"]);
    } else if parameter.number {
        schema["type"] = json!(["number", "string"]);
        for (name, bound) in [("minimum", parameter.min), ("maximum", parameter.max)] {
            if let Some(bound) = bound {
                schema[name] = number(bound);
            }
        }
        if !parameter.allowed.is_empty() {
            let numbers = parameter.allowed.iter().filter_map(|text| text.parse().ok()).map(number);
            schema["enum"] = numbers.chain(parameter.allowed.iter().map(|text| json!(text))).collect();
        }
    } else {
        // PostgreSQL's version is a string of digits.
        let digits = !parameter.allowed.is_empty() && parameter.allowed.iter().all(|text| text.parse::<u32>().is_ok());
        schema["type"] = if digits { json!(["string", "integer"]) } else { json!("string") };
        if !parameter.allowed.is_empty() {
            let numbers = parameter.allowed.iter().filter(|_| digits).filter_map(|text| text.parse().ok()).map(number);
            schema["enum"] = parameter.allowed.iter().map(|text| json!(text)).chain(numbers).collect();
        }
        if let Some(pattern) = &parameter.pattern {
            schema["pattern"] = json!(pattern);
        }
    }
    if let Some(default) = &parameter.default {
        schema["default"] = match default.parse::<f64>() {
            Ok(value) if parameter.number => number(value),
            _ if truth => json!(default == "true"),
            _ => json!(default),
        };
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the committed file; `UPDATE_SCHEMA=1 cargo test the_committed_schema` writes it.
    #[test]
    fn the_committed_schema_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/outboxctl.schema.json");
        let now = format!("{}\n", serde_json::to_string_pretty(&schema().expect("a schema")).expect("JSON"));
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &now).expect("the schema's file");
        }
        assert!(std::fs::read_to_string(path).expect("the schema's file") == now, "run it with UPDATE_SCHEMA=1");
    }

    #[test]
    fn schema_rejects_the_values_that_deploy_rejects() {
        let schema = schema().expect("a schema");
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        for refused in [
            json!({ "stagee": "dev" }),
            json!({ "stage": "Dev_1" }),
            json!({ "stage": "a--b" }),
            json!({ "pipeline": "rds" }),
            json!({ "local": "yes" }),
            json!({ "outbox": { "preset": "other" } }),
            json!({ "outbox": { "tabel": "x" } }),
            json!({ "parameters": { "Shard": 2 } }),
            json!({ "parameters": { "Shards": 501 } }),
            json!({ "parameters": { "LogDays": 8 } }),
            json!({ "parameters": { "DatabaseVersion": "9.6" } }),
            json!({ "parameters": { "OpenApi": "maybe" } }),
            json!({ "existing": { "streem": "orders" } }),
            json!({ "existing": { "stream": 1 } }),
        ] {
            assert!(!validator.is_valid(&refused), "{refused}");
        }
        for taken in [
            json!({}),
            json!({ "outbox": { "preset": "debezium", "created_at": "timestamp", "sequence": "" } }),
            json!({ "stage": "dev-2", "local": true, "pipeline": "dynamodb-cdc" }),
            json!({ "existing": { "stream": "orders", "bus": "shop" } }),
            json!({ "existing": { "network": { "private_subnets": ["subnet-1"] }, "database": { "port": 5432 } } }),
            json!({ "parameters": { "Shards": 2, "LogDays": "30", "DatabaseVersion": 17, "OpenApi": true } }),
        ] {
            assert!(validator.is_valid(&taken), "{taken}");
        }
    }
}
