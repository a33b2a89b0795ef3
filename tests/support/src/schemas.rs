//! The documents in `schema/`, with which tests compare the actual messages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Returns the folder `schema/`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema")
}

/// Reads a document by its path in `schema/`.
pub fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(path)).unwrap_or_else(|e| panic!("schema/{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("schema/{path}: {e}"))
}

/// Returns the names of the files in a folder of `schema/`, without `.json`.
pub fn names(within: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder().join(within)).expect("the folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().trim_end_matches(".json").to_owned()
    };
    entries.map(name).collect()
}

/// Returns the schema without additional properties: readers of the documents must accept unknown fields, but in these
/// tests an undocumented field is an error.
pub fn closed(schema: &Value) -> Value {
    close(schema, true)
}

/// Closes a schema; `whole` is false for the parts of an `allOf`: only together do they name every property.
fn close(schema: &Value, whole: bool) -> Value {
    match schema {
        Value::Object(object) => {
            let part = |(key, value): (&String, &Value)| (key.clone(), close(value, key != "allOf"));
            let mut object: Map<String, Value> = object.iter().map(part).collect();
            if whole && object.contains_key("allOf") {
                object.insert("unevaluatedProperties".into(), json!(false));
            } else if whole && object.get("properties").is_some_and(Value::is_object) && object.contains_key("type") {
                object.entry("additionalProperties").or_insert(json!(false));
            }
            object.into()
        }
        Value::Array(list) => list.iter().map(|value| close(value, whole)).collect(),
        other => other.clone(),
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap_or_else(|e| panic!("{e}: {schema}"))
}

/// Returns all validation errors of `value` as text.
fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The envelope's schema and those of all events.
pub struct Events {
    envelope: Validator,
    /// Schemas by `dataschema`.
    data: BTreeMap<String, Validator>,
}

impl Events {
    pub fn load() -> Self {
        let mut data = BTreeMap::new();
        for name in names("events").into_iter().filter(|name| !name.starts_with("CloudEvent.")) {
            let schema = read(&format!("events/{name}.json"));
            let id = schema["$id"].as_str().expect("an $id").to_owned();
            let (title, version) =
                (schema["title"].as_str().expect("a title"), name.split(".v").nth(1).expect("a version"));
            assert_eq!(name, format!("{title}.v{version}"), "the file is called as the event");
            assert!(id.ends_with(&format!(":{title}:{version}")), "{name}: {id}");
            data.insert(id, validator(&closed(&schema)));
        }
        Self { envelope: validator(&closed(&read("events/CloudEvent.v1.json"))), data }
    }

    /// Returns every documented `dataschema`.
    pub fn ids(&self) -> BTreeSet<String> {
        self.data.keys().cloned().collect()
    }

    /// Compares a CloudEvent with envelope and data schema; returns its `dataschema`.
    pub fn check(&self, event: &Value) -> String {
        assert_eq!(complaints(&self.envelope, event), [""; 0], "{event:#}");
        let id = event["dataschema"].as_str().expect("a dataschema");
        let data = self.data.get(id).unwrap_or_else(|| panic!("{id} is not documented in schema/events"));
        assert_eq!(complaints(data, &event["data"]), [""; 0], "{event:#}");
        let aggregate = event["source"].as_str().and_then(|source| source.strip_prefix("outbox.")).expect("a source");
        let kind = event["type"].as_str().expect("a type");
        assert!(id.starts_with(&format!("urn:outbox:{aggregate}:{kind}:")), "{event:#}");
        id.to_owned()
    }
}

/// One OpenAPI document.
pub struct Api {
    document: Value,
    /// Observed responses: path, method, status.
    seen: BTreeSet<(String, String, String)>,
}

impl Api {
    /// Loads a document by its path.
    pub fn load(path: &str) -> Self {
        Self { document: read(path), seen: BTreeSet::new() }
    }

    /// Returns every path and method, in lower case.
    pub fn operations(&self) -> BTreeSet<(String, String)> {
        let paths = self.document["paths"].as_object().expect("paths");
        let methods = |(path, item): (&String, &Value)| {
            let methods: Vec<_> =
                item.as_object().expect("methods").keys().map(|m| (path.clone(), m.clone())).collect();
            methods
        };
        paths.iter().flat_map(methods).collect()
    }

    /// Returns the schema of an operation's body, with its references resolved.
    pub fn request(&self, path: &str, method: &str) -> Value {
        let schema = &self.document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        self.resolved(schema)
    }

    /// Returns whether the document allows this body.
    pub fn allows(&self, path: &str, method: &str, body: &Value) -> bool {
        validator(&self.request(path, method)).is_valid(body)
    }

    /// Compares a response with the document. `headers` are in lower case.
    pub fn check(
        &mut self,
        path: &str,
        method: &str,
        status: u16,
        headers: &BTreeMap<String, String>,
        body: Option<&Value>,
    ) {
        let at = format!("{method} {path}: {status}");
        let responses = &self.document["paths"][path][method]["responses"];
        let status = status.to_string();
        let response = responses.get(&status).or_else(|| responses.get("default"));
        let response = self.followed(response.unwrap_or_else(|| panic!("{at} is not documented")));
        let Some(content) = response["content"].as_object() else {
            assert_eq!(body, None, "{at} has no body");
            self.seen.insert((path.into(), method.into(), status));
            return;
        };
        let kind = headers.get("content-type").unwrap_or_else(|| panic!("{at}: no content type"));
        let content = content.get(kind).unwrap_or_else(|| panic!("{at}: {kind} is not documented"));
        let body = body.unwrap_or_else(|| panic!("{at}: no body"));
        let schema = validator(&closed(&self.resolved(&content["schema"])));
        assert_eq!(complaints(&schema, body), [""; 0], "{at}: {body:#}");
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let value = headers.get(&name.to_lowercase()).unwrap_or_else(|| panic!("{at}: no header {name}"));
            assert!(validator(&header["schema"]).is_valid(&json!(value)), "{at}: {name}: {value}");
        }
        self.seen.insert((path.into(), method.into(), status));
    }

    /// Asserts that every documented response was observed, except those of API Gateway.
    pub fn finish(&self) {
        let mut documented = BTreeSet::new();
        for (path, method) in self.operations() {
            for (status, response) in
                self.document["paths"][&path][&method]["responses"].as_object().expect("responses")
            {
                if self.followed(response).get("x-answered-by").is_none() {
                    documented.insert((path.clone(), method.clone(), status.clone()));
                }
            }
        }
        assert_eq!(documented, self.seen, "documented on the left, seen on the right");
    }

    fn followed<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(target) => self.document.pointer(target.trim_start_matches('#')).unwrap_or_else(|| panic!("{target}")),
            None => value,
        }
    }

    fn resolved(&self, schema: &Value) -> Value {
        match schema {
            Value::Object(object) if object.contains_key("$ref") => self.resolved(self.followed(schema)),
            Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), self.resolved(value))).collect(),
            Value::Array(list) => list.iter().map(|value| self.resolved(value)).collect(),
            other => other.clone(),
        }
    }
}
