//! Event subscriptions: stored, but never notified.

use serde_json::{Value, json};

use super::{Call, document, one};
use crate::local::dms::fault::Answer;
use crate::local::dms::input::Input;
use crate::local::dms::kind::Kind;
use crate::local::state::ACCOUNT;

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let name = input.text("SubscriptionName")?;
    let mut document = document(json!({
        "CustSubscriptionId": name,
        "SnsTopicArn": input.text("SnsTopicArn")?,
        "Status": "active",
        "CustomerAwsId": ACCOUNT,
        "SourceIdsList": input.0["SourceIds"],
        "EventCategoriesList": input.0["EventCategories"],
        "Enabled": true,
    }));
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
