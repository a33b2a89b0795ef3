//! Tags.

use serde_json::{Value, json};

use super::Call;
use crate::local::dms::fault::Answer;
use crate::local::dms::input::Input;

pub(super) fn add(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let resource = call.find(input.text("ResourceArn")?)?;
    call.store.change(&resource.arn, |resource| resource.tags.extend(input.tags()))?;
    Ok(json!({}))
}

pub(super) fn remove(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let keys = input.0["TagKeys"].as_array().cloned().unwrap_or_default();
    let resource = call.find(input.text("ResourceArn")?)?;
    call.store.change(&resource.arn, |resource| {
        resource.tags.retain(|key, _| !keys.iter().any(|other| other == key));
    })?;
    Ok(json!({}))
}

pub(super) fn list(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let listed = input.0["ResourceArnList"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut tags = Vec::new();
    for arn in input.optional("ResourceArn").into_iter().chain(listed) {
        let resource = call.find(arn)?;
        tags.extend(resource.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value, "ResourceArn": arn})));
    }
    Ok(json!({ "TagList": tags }))
}
