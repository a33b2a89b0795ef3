//! The PostgreSQL routes without a database; the end-to-end tests cover the rest.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::SystemTimeSource;
use outboxctl_test_support::schemas::Api;
use serde_json::{Value, json};
use uuid::Uuid;

use super::events::Published;
use super::{check_answer, request, unreadable, variants};
use crate::functions::api::cars::NewCar;
use crate::functions::api::people::NewPerson;
use crate::functions::api::writer::{Creation, Handler, created};
use crate::functions::database::Database;

/// Returns the configuration of a function that can or can't sign an authentication token.
fn config(signs: bool) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .time_source(SystemTimeSource::new());
    let credentials = Credentials::new("test", "test", None, None, "test");
    config.set_credentials_provider(signs.then(|| SharedCredentialsProvider::new(credentials)));
    config.build()
}

/// Returns a handler whose database port has no listener.
fn handler<T: Creation>(config: &SdkConfig) -> Handler<T> {
    Handler::new(Database::new(config, "localhost".into(), 1, "outbox".into(), "outbox_writer".into()))
}

/// Compares a route with its document. `refused_edge` selects bodies that the route rejects although the document
/// allows them.
async fn check_contract<T: Creation>(name: &str, good: Value, refused_edge: impl Fn(&Value) -> bool) {
    let mut api = Api::load(&format!("openapi/{name}.json"));
    let route = ("post", T::PATH);
    let unreachable = handler::<T>(&config(true));
    let ask = async |api: &mut Api, handler: &Handler<T>, body: &str, kind: &str| {
        let request = request("post", T::PATH, Some(body), |r| r["headers"]["content-type"] = kind.into());
        check_answer(api, route, handler.handle(&request, SystemTime::now() + Duration::from_secs(20)).await).0
    };
    for (status, body, kind) in unreadable() {
        assert_eq!(ask(&mut api, &unreachable, &body, kind).await, status);
    }
    let (bad, edge) = variants(&api.request(T::PATH, "post"), &good);
    for body in bad {
        assert!(!api.allows(T::PATH, "post", &body), "documented as good: {body}");
        assert_eq!(ask(&mut api, &unreachable, &body.to_string(), "application/json").await, 422, "{body}");
    }
    for body in edge {
        let expected = if refused_edge(&body) { 422 } else { 503 };
        assert_eq!(ask(&mut api, &unreachable, &body.to_string(), "application/json").await, expected, "{body}");
    }
    assert_eq!(ask(&mut api, &unreachable, &good.to_string(), "application/json").await, 503);
    // The answer does not reveal that the function can't sign in.
    let unsigned = handler::<T>(&config(false));
    assert_eq!(ask(&mut api, &unsigned, &good.to_string(), "application/json").await, 500);
    check_answer(&mut api, route, created(Uuid::from_u128(1), Uuid::from_u128(2)));
    api.finish();

    let new = T::validate(good.as_object().unwrap().clone()).unwrap();
    let published = Published::of_row(T::AGGREGATE_TYPE, T::EVENT_TYPE, &new.payload(Uuid::from_u128(1)));
    assert_eq!(published.dataschema, format!("urn:outbox:{}:{}:1", T::AGGREGATE_TYPE, T::EVENT_TYPE));
}

#[tokio::test]
async fn cars() {
    // The latest year is next year, which a document can't express.
    let later = |body: &Value| body["year"] == 2100;
    check_contract::<NewCar>("cars", json!({"make": "Škoda", "model": "Octavia", "year": 2024}), later).await;
}

#[tokio::test]
async fn people() {
    check_contract::<NewPerson>("people", json!({"name": "Zoë", "email": "zoe@example.org"}), |_| false).await;
}
