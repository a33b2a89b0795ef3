//! The documents in `schema/` agree with each other and with the code, and are well formed. What is really sent is held
//! against them where it is made (`src/functions/contract`) and, on a whole stack, by the journeys.

use std::collections::{BTreeMap, BTreeSet};

use outboxctl::internals::pipelines;
use outboxctl_test_support::schemas;
use serde_json::Value;

use crate::support::repository;
use crate::templates::source;

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().expect("an object").iter()
}

/// Every `$ref` in a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// All references lead somewhere, and every component is referred to.
fn assert_connected(name: &str, document: &Value) {
    let mut found = Vec::new();
    references(document, &mut found);
    for target in &found {
        let there = match target.strip_prefix('#') {
            Some(pointer) => document.pointer(pointer).is_some(),
            None => schemas::folder().join(target).is_file(),
        };
        assert!(there, "{name}: {target} leads nowhere");
    }
    for (kind, components) in object(&document["components"]).filter(|(kind, _)| *kind != "securitySchemes") {
        for (component, _) in object(components) {
            let target = format!("#/components/{kind}/{component}");
            assert!(found.contains(&target.as_str()), "{name}: no document refers to {target}");
        }
    }
}

fn apis() -> Vec<(String, Value)> {
    let names = schemas::names("openapi").into_iter().map(|name| format!("openapi/{name}.json"));
    names.chain(["openapi-ui.json".to_owned()]).map(|path| (path.clone(), schemas::read(&path))).collect()
}

/// The rules of OpenAPI 3.1.0 that a mistake here would break: its own schema is no part of this repository.
#[test]
fn openapi_documents_are_well_formed() {
    for (path, document) in apis() {
        assert_eq!(document["openapi"], "3.1.0", "{path}");
        assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string(), "{path}");
        assert_connected(&path, &document);
        for (name, schema) in object(&document["components"]["schemas"]) {
            assert!(jsonschema::meta::is_valid(schema), "{path}: {name} is no JSON Schema (2020-12)");
        }
        let mut ids = BTreeSet::new();
        for (route, item) in object(&document["paths"]) {
            for (method, operation) in object(item) {
                let at = format!("{path}: {method} {route}");
                assert!(matches!(method.as_str(), "get" | "put" | "post" | "delete"), "{at}");
                if let Some(id) = operation["operationId"].as_str() {
                    assert!(ids.insert(id.to_owned()), "{at}: {id} twice");
                }
                let named: BTreeSet<&str> =
                    route.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default()).collect();
                let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
                let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
                let given: BTreeSet<&str> = in_path
                    .inspect(|parameter| assert_eq!(parameter["required"], true, "{at}"))
                    .filter_map(|parameter| parameter["name"].as_str())
                    .collect();
                assert_eq!(named, given, "{at}: parameters of the path");
                for (status, response) in object(&operation["responses"]) {
                    assert!(
                        status == "default" || status.parse::<u16>().is_ok_and(|s| (100..600).contains(&s)),
                        "{at}"
                    );
                    assert!(response.get("$ref").is_some() || response["description"].is_string(), "{at}: {status}");
                }
            }
        }
    }
}

#[test]
fn event_schemas_are_json_schemas_that_any_draft_understands() {
    for name in schemas::names("events") {
        let schema = schemas::read(&format!("events/{name}.json"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        // AsyncAPI's tools read draft 7: nothing here may mean something else there.
        for keyword in ["$defs", "$ref", "prefixItems", "unevaluatedProperties", "$dynamicRef", "dependentSchemas"] {
            assert!(!schema.to_string().contains(&format!("\"{keyword}\"")), "{name}: {keyword}");
        }
    }
    assert!(!schemas::Events::load().ids().is_empty());
}

#[test]
fn asyncapi_describes_every_event_and_every_pipeline() {
    let document = schemas::read("asyncapi.json");
    assert_eq!(document["asyncapi"], "3.0.0");
    assert_connected("asyncapi.json", &document);
    let mut produced = BTreeSet::new();
    for (aggregate, channel) in object(&document["channels"]) {
        let source = format!("outbox.{aggregate}");
        assert_eq!(channel["address"], source.as_str());
        for (kind, reference) in object(&channel["messages"]) {
            assert_eq!(reference["$ref"], format!("#/components/messages/{kind}").as_str());
            let message = &document["components"]["messages"][kind];
            let headers = &message["headers"]["properties"];
            assert_eq!(
                (&headers["source"]["const"], &headers["detail-type"]["const"]),
                (&source.as_str().into(), &kind.as_str().into())
            );
            let parts = &message["payload"]["allOf"];
            assert_eq!(parts[0]["$ref"], "events/CloudEvent.v1.json");
            let own = &parts[1]["properties"];
            let id = own["dataschema"]["const"].as_str().expect("a dataschema");
            let data = schemas::read(own["data"]["$ref"].as_str().expect("a schema"));
            assert_eq!((&data["$id"], &data["title"]), (&id.into(), &kind.as_str().into()));
            assert_eq!(
                (&own["source"]["const"], &own["type"]["const"]),
                (&source.as_str().into(), &kind.as_str().into())
            );
            produced.insert(id.to_owned());
        }
    }
    assert_eq!(produced, schemas::Events::load().ids(), "produced ids on the left, schemas on the right");

    let mut sends: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, operation) in object(&document["operations"]) {
        let channel =
            operation["channel"]["$ref"].as_str().and_then(|r| r.strip_prefix("#/channels/")).expect("a channel");
        let listed: Vec<&Value> = operation["messages"].as_array().expect("messages").iter().collect();
        assert_eq!(listed.len(), object(&document["channels"][channel]["messages"]).count(), "{name}");
        for pipeline in operation["x-pipelines"].as_array().expect("pipelines") {
            let pipeline = pipelines::find(pipeline.as_str().expect("a name")).expect("a pipeline");
            if operation["action"] == "send" {
                sends.entry(pipeline.name).or_default().insert(channel.to_owned());
            }
            // What is on a bus needs one, and what is handed to a hook needs who does so.
            let servers = document["channels"][channel]["servers"].to_string();
            let server = if pipeline.stack("bus").is_some() { "#/servers/bus" } else { "#/servers/hook" };
            assert!(servers.contains(server), "{name}: {}", pipeline.name);
        }
    }
    for pipeline in pipelines::ALL {
        let own = match pipeline.name {
            "rds-eventbridge" => "car",
            "rds-kinesis" => "person",
            "dynamodb-kinesis" => "order",
            "dynamodb-eventbridge" => "cart",
            "dynamodb-cdc" => "user",
            other => panic!("{other} is not in schema/asyncapi.json"),
        };
        // Where the sample can be excluded, `verify` writes its own events.
        let bare = pipeline.stacks.iter().any(|stack| stack.template.contains(pipelines::WITH_SAMPLE));
        let expected: BTreeSet<String> =
            std::iter::once(own).chain(bare.then_some("sample")).map(str::to_owned).collect();
        assert_eq!(sends[pipeline.name], expected, "{}", pipeline.name);
    }
}

/// Words in quotes that look like one of our event types, in what writes events.
#[test]
fn every_event_type_in_the_source_is_documented() {
    let documented: BTreeSet<String> =
        schemas::Events::load().ids().iter().filter_map(|id| id.split(':').nth(3).map(str::to_owned)).collect();
    let mut found = BTreeSet::new();
    for file in
        ["outbox/formats/dynamodb", "functions", "deployment/samples", "postgres"].into_iter().flat_map(source::files)
    {
        let code = source::code(&file);
        for word in code.split(['"', '\'']) {
            let named =
                word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().all(|b| b.is_ascii_alphabetic());
            let ends = ["Created", "Updated", "Deleted", "AddedToCart", "CheckedOut"];
            if named && ends.iter().any(|end| word.ends_with(end) && word.len() > end.len()) {
                found.insert(word.to_owned());
            }
        }
    }
    assert_eq!(found, documented, "in the source on the left, documented on the right");
}

#[test]
fn the_pages_routes_are_the_documented_ones() {
    let text = std::fs::read_to_string(repository().join("src/ui/http/mod.rs")).expect("the page's routes");
    let mut routes = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")) {
        let (path, methods) = line.split_once("\", ").expect("a route");
        for method in ["get", "post", "put", "delete"] {
            // A form is sent with POST to the pipeline's API.
            let is_form = method == "post" && methods.contains("submit::to(");
            if is_form || methods.contains(&format!("{method}(")) {
                routes.insert((path.to_owned(), method.to_owned()));
            }
        }
    }
    let mut documented = schemas::Api::load("openapi-ui.json").operations();
    // The page itself and its parts are files, not an interface.
    documented.retain(|(path, _)| !matches!(path.as_str(), "/" | "/openapi.json"));
    assert_eq!(routes, documented, "served on the left, documented on the right");
}
