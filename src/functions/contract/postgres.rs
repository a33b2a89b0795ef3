//! The PostgreSQL routes, as far as they go without a database; the tests of the whole go the rest of the way.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::SystemTimeSource;
use outboxctl_test_support::schemas::Api;
use serde_json::{Value, json};
use uuid::Uuid;

use super::events::Published;
use super::{hold, request, unreadable, variants};
use crate::functions::api::cars::NewCar;
use crate::functions::api::people::NewPerson;
use crate::functions::api::writer::{Creation, Handler, created};
use crate::functions::database::Database;

/// Of a function that can sign its way in, or not.
fn config(signs: bool) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .time_source(SystemTimeSource::new());
    let credentials = Credentials::new("test", "test", None, None, "test");
    config.set_credentials_provider(signs.then(|| SharedCredentialsProvider::new(credentials)));
    config.build()
}

/// Nobody listens at its database's port.
fn handler<T: Creation>(config: &SdkConfig) -> Handler<T> {
    Handler::new(Database::new(config, "localhost".into(), 1, "outbox".into(), "outbox_writer".into()))
}

/// `refused_edge` tells a body that the document allows and the route does not: no document can say why.
async fn holds<T: Creation>(name: &str, good: Value, refused_edge: impl Fn(&Value) -> bool) {
    let mut api = Api::load(&format!("openapi/{name}.json"));
    let route = ("post", T::PATH);
    let nowhere = handler::<T>(&config(true));
    let ask = async |api: &mut Api, handler: &Handler<T>, body: &str, kind: &str| {
        let request = request("post", T::PATH, Some(body), |r| r["headers"]["content-type"] = kind.into());
        hold(api, route, handler.handle(&request, SystemTime::now() + Duration::from_secs(20)).await).0
    };
    for (status, body, kind) in unreadable() {
        assert_eq!(ask(&mut api, &nowhere, &body, kind).await, status);
    }
    let (bad, edge) = variants(&api.request(T::PATH, "post"), &good);
    for body in bad {
        assert!(!api.allows(T::PATH, "post", &body), "documented as good: {body}");
        assert_eq!(ask(&mut api, &nowhere, &body.to_string(), "application/json").await, 422, "{body}");
    }
    for body in edge {
        let expected = if refused_edge(&body) { 422 } else { 503 };
        assert_eq!(ask(&mut api, &nowhere, &body.to_string(), "application/json").await, expected, "{body}");
    }
    assert_eq!(ask(&mut api, &nowhere, &good.to_string(), "application/json").await, 503);
    // Nobody is told that the function can't sign in.
    let unsigned = handler::<T>(&config(false));
    assert_eq!(ask(&mut api, &unsigned, &good.to_string(), "application/json").await, 500);
    hold(&mut api, route, created(Uuid::from_u128(1), Uuid::from_u128(2)));
    api.finish();

    let new = T::validate(good.as_object().unwrap().clone()).unwrap();
    let published = Published::of_row(T::AGGREGATE_TYPE, T::EVENT_TYPE, &new.payload(Uuid::from_u128(1)));
    assert_eq!(published.dataschema, format!("urn:outbox:{}:{}:1", T::AGGREGATE_TYPE, T::EVENT_TYPE));
}

#[tokio::test]
async fn cars() {
    // What is on sale ends next year, which no document can say.
    let later = |body: &Value| body["year"] == 2100;
    holds::<NewCar>("cars", json!({"make": "Škoda", "model": "Octavia", "year": 2024}), later).await;
}

#[tokio::test]
async fn people() {
    holds::<NewPerson>("people", json!({"name": "Zoë", "email": "zoe@example.org"}), |_| false).await;
}
