//! CloudFormation's AWS::Lambda::EventSourceMapping. Its properties are the API's parameters.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method;
use serde_json::{Map, Value, json};

use super::EventSources;
use super::api::{PATH, arn, create, delete, is_ours, update};
use crate::local::gateway::{ApiRequest, Gateway, Made, Resource, ResourceProvider, ResourceRequest};

const TYPES: &[&str] = &["AWS::Lambda::EventSourceMapping"];

impl ResourceProvider for EventSources {
    fn types(&self) -> &'static [&'static str] {
        TYPES
    }

    fn create<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(self.make(gateway, request))
    }

    fn update<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move {
            // The stream and the starting position can't be changed: such an update replaces the mapping.
            let same = |name: &str| request.properties.get(name) == request.old_properties.get(name);
            let replaced = ["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"].iter().any(|n| !same(n));
            let id = request.physical_id.clone().unwrap_or_default();
            if replaced {
                // The old one is removed first: two mappings of one stream and function are not allowed.
                self.unmake(gateway, &request.region, &id).await?;
                return self.make(gateway, request).await;
            }
            let properties = properties(&request.properties);
            match self.0.get(&id) {
                Some(tracked) => {
                    // Properties that the template no longer sets get their defaults again.
                    let mut changes = defaults();
                    changes.extend(properties);
                    update(&self.0, gateway, &tracked, &changes).await?;
                }
                None => drop(emulated(gateway, &request.region, Method::PUT, &id, properties).await?),
            }
            Ok(resource(&request.region, &id))
        })
    }

    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.unmake(gateway, &request.region, request.physical_id.as_deref().unwrap_or_default()).await
        })
    }
}

impl EventSources {
    async fn make(&self, gateway: &Arc<Gateway>, request: ResourceRequest) -> Result<Resource, String> {
        let properties = properties(&request.properties);
        let id = if is_ours(&properties) {
            create(&self.0, gateway, &request.region, &properties).await?.mapping().id
        } else {
            let made = emulated(gateway, &request.region, Method::POST, "", properties).await?;
            made.get("UUID").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(resource(&request.region, &id))
    }

    async fn unmake(&self, gateway: &Arc<Gateway>, region: &str, id: &str) -> Result<(), String> {
        match self.0.get(id) {
            Some(tracked) => {
                delete(&self.0, gateway, &tracked).await?;
                // The stream and the function are deleted next: nothing may be in flight then.
                drop(tracked.turn.lock().await);
            }
            // Deleting a missing mapping succeeds.
            None => drop(emulated(gateway, region, Method::DELETE, id, Map::new()).await),
        }
        Ok(())
    }
}

fn properties(value: &Value) -> Map<String, Value> {
    let mut properties = value.as_object().cloned().unwrap_or_default();
    properties.remove("Tags");
    // Parameter values are text, whatever their type; CloudFormation converts them to the property's type.
    for value in properties.values_mut() {
        if let Some(number) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
            *value = number.into();
        }
    }
    properties
}

/// Returns the value of every property that a template can omit: an update has those of the properties that it no longer
/// sets.
fn defaults() -> Map<String, Value> {
    let defaults = serde_json::to_value(super::mapping::Settings::default()).unwrap_or_default();
    let mut defaults = defaults.as_object().cloned().unwrap_or_default();
    defaults.insert("Enabled".into(), true.into());
    // Omitted above, because the API shows none; an empty one removes the filters.
    defaults.insert("FilterCriteria".into(), json!({}));
    defaults
}

fn resource(region: &str, id: &str) -> Resource {
    let attributes = [("Id".to_owned(), id.into()), ("EventSourceMappingArn".to_owned(), arn(region, id).into())];
    Resource { physical_id: id.to_owned(), attributes: Map::from_iter(attributes) }
}

/// Returns a mapping of a source that the emulator polls.
async fn emulated(
    gateway: &Gateway,
    region: &str,
    method: Method,
    id: &str,
    body: Map<String, Value>,
) -> Result<Value, String> {
    let path = format!("{PATH}/{id}");
    let path = path.trim_end_matches('/');
    let body = Value::from(body).to_string();
    let request = ApiRequest::of_gateway(("lambda", region), method, path, "application/json", body);
    let request = request.map_err(|error| error.to_string())?;
    let answer = gateway.emulator.send(&request).await.map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_slice(answer.body()).unwrap_or(json!({}));
    if answer.status().is_success() {
        return Ok(value);
    }
    Err(value.get("message").or(value.get("Message")).and_then(Value::as_str).unwrap_or("refused").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::event_source::filter::Filters;
    use crate::local::event_source::mapping::{Settings, merge};

    #[test]
    fn an_update_resets_the_properties_that_the_template_no_longer_sets() {
        let changes = json!({
            "BatchSize": 7, "MaximumRetryAttempts": 2, "BisectBatchOnFunctionError": true,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": {\"a\": [1]}}"}]},
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failed"}},
        });
        let changed = merge(&Settings::default(), changes.as_object().unwrap()).unwrap();
        let mut reset = merge(&changed, &defaults()).unwrap();
        assert!(Filters::parse(reset.filter_criteria.as_ref()).unwrap().is_empty());
        reset.filter_criteria = None;
        assert_eq!(reset, Settings::default());
    }
}
