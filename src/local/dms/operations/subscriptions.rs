//! Event subscriptions: stored, but never notified.

use serde_json::{Map, Value};

use super::{Call, one};
use crate::local::dms::fault::Answer;
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let name = input.text("SubscriptionName")?;
    let mut document = Map::new();
    document.insert("CustSubscriptionId".into(), name.into());
    document.insert("SnsTopicArn".into(), input.text("SnsTopicArn")?.into());
    document.insert("Status".into(), "active".into());
    document.insert("CustomerAwsId".into(), call.gateway.account.into());
    document.insert("SourceIdsList".into(), input.0["SourceIds"].clone());
    document.insert("EventCategoriesList".into(), input.0["EventCategories"].clone());
    document.insert("Enabled".into(), true.into());
    input.copy(&["SourceType", "Enabled"], &mut document);
    document.retain(|_, value| !value.is_null());
    call.add(Kind::Subscription, call.arn(Kind::Subscription, Some(name)), document, input).map(one)
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let arn = call.arn(Kind::Subscription, Some(input.text("SubscriptionName")?));
    let subscription = call.get(Kind::Subscription, &arn)?;
    call.store.remove(|resource| resource.arn == arn)?;
    Ok(one(subscription))
}
