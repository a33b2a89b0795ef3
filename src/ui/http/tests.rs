//! Compares the answers of the page's server with `schema/openapi-ui.json`.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::DateTime;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use outboxctl_test_support::schemas::Api;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::aws::Clients;
use crate::deployment::database::Via;
use crate::postgres::tls::Roots;
use crate::settings::Place;
use crate::streams::StartAt;
use crate::ui::model::{Step, tests::model};

const SEEN: Uuid = Uuid::from_u128(1);
const TOKEN: &str = "the-token-of-a-test";

/// Starts a page that has seen an event and has rows of every table that it shows; or an empty one.
async fn site(full: bool) -> Site {
    let model = model();
    if full {
        let (at, id) = (DateTime::from_timestamp(1_800_000_000, 0).unwrap(), SEEN.to_string());
        let mut state = model.lock();
        state.see(SEEN, Step::Delivered, at, |_| {});
        let event = json!({"aggregate_type": "car", "aggregate_id": "a", "event_type": "CarCreated", "sequence": 1});
        let with = |more: Value| {
            let mut row = event.clone();
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            row
        };
        let overview = json!({
            "outbox": {"rows": 1, "exact": true, "unprocessed": 1, "uncaptured": 0, "bytes": 8192},
            "rows": [with(json!({"id": id, "message": "{}", "created_at": at, "processed_at": null}))],
            "people": [{"id": id, "name": "Zoë", "email": "zoe@example.org", "created_at": at}],
            "processed": [with(json!({
                "event_id": id, "consumer": "c", "shard_id": "s", "attempts": 1, "succeeded": true,
                "committed_at": at, "processed_at": at,
            }))],
            "processed_until": {"xact": "7", "position": 1},
            "failures": [{
                "id": 1, "consumer": "c", "event_id": id, "shard_id": "s", "sequence_number": "1", "reason": "r",
                "attempts": 1, "payload": "{}", "failed_at": at,
            }],
            "slots": [{
                "name": "s", "plugin": "pgoutput", "active": true, "lag_bytes": 1, "retained_bytes": null,
                "wal_status": "reserved",
            }],
        });
        state.tables.take(serde_json::from_value(overview).unwrap());
        state.source("database", None);
        state.source("stream", Some("gone".into()));
    }
    let clients = Clients::for_test("http://127.0.0.1:1");
    let deployment = Deployment::new(&clients, crate::pipelines::ALL[0], "dev", Vec::new());
    let deployment = deployment.trusting(Roots::Rds).reached(Via::Direct);
    let (from, place) = (StartAt::Start, Place::default());
    let options = Options { writable: false, local: false, from, place, token: TOKEN.into() };
    Site::new(Arc::new(model), Arc::new(deployment), &options, 0, CancellationToken::new())
}

/// Serves the site on a free port.
async fn serve(site: Site) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router(site)).await });
    format!("http://localhost:{port}")
}

/// Sends a request, and compares the answer with the document; returns the status.
async fn ask(api: &mut Api, base: &str, (method, template): (&str, &str), path: &str) -> u16 {
    ask_with(api, base, (method, template), path, Some(TOKEN)).await
}

async fn ask_with(api: &mut Api, base: &str, (method, template): (&str, &str), path: &str, token: Option<&str>) -> u16 {
    let body = if method == "post" { "{}" } else { "" };
    let request = http::Request::builder().method(method.to_uppercase().as_str()).uri(format!("{base}{path}"));
    let mut request = request.header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    let body = if kind.ends_with("json") { serde_json::from_slice(&bytes).unwrap() } else { json!(text) };
    api.check(template, method, status, &BTreeMap::from([("content-type".to_owned(), kind)]), Some(&body));
    status
}

#[tokio::test]
async fn answers_are_the_documented_ones() {
    let mut api = Api::load("openapi-ui.json");
    let (full, empty) = (serve(site(true).await).await, serve(site(false).await).await);
    let lists = ["/api/pipeline", "/api/traces", "/api/outbox", "/api/dead-letters", "/healthz", "/metrics"];
    for path in lists {
        for base in [&full, &empty] {
            assert_eq!(ask(&mut api, base, ("get", path), path).await, 200, "{path}");
        }
    }
    for path in ["/api/people", "/api/processed"] {
        assert_eq!(ask(&mut api, &full, ("get", path), path).await, 200);
        assert_eq!(ask(&mut api, &empty, ("get", path), path).await, 404, "not found");
    }
    let trace = ("get", "/api/traces/{id}");
    assert_eq!(ask(&mut api, &full, trace, &format!("/api/traces/{SEEN}")).await, 200);
    assert_eq!(ask(&mut api, &empty, trace, &format!("/api/traces/{SEEN}")).await, 404);
    assert_eq!(ask(&mut api, &full, trace, "/api/traces/none").await, 404);
    let object = "/api/dead-letters/object";
    assert_eq!(ask(&mut api, &full, ("get", object), "/api/dead-letters/object?key=k").await, 404);
    for path in ["/api/people", "/api/cars"] {
        assert_eq!(ask(&mut api, &full, ("post", path), path).await, 403, "it is read-only");
    }
}

#[tokio::test]
async fn nothing_is_shown_without_the_token() {
    let mut api = Api::load("openapi-ui.json");
    let base = serve(site(true).await).await;
    let known = ["/api/pipeline", "/api/traces", "/api/outbox", "/api/dead-letters", "/healthz", "/metrics"];
    for path in known {
        for token in [None, Some("another-token")] {
            assert_eq!(ask_with(&mut api, &base, ("get", path), path, token).await, 401, "{path}");
        }
    }
    assert_eq!(ask_with(&mut api, &base, ("post", "/api/cars"), "/api/cars", None).await, 401);
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let get = async |path: &str, cookie: &str| {
        let request = http::Request::builder().uri(format!("{base}{path}")).header("cookie", cookie);
        http.request(request.body(Full::default()).unwrap()).await.unwrap()
    };
    for path in ["/", "/app/main.js", "/openapi.json", "/?token=wrong"] {
        let refused = get(path, "").await;
        assert_eq!(refused.status().as_u16(), 401, "{path}");
        assert!(refused.headers().get("set-cookie").is_none(), "{path}");
    }
    let exchanged = get(&format!("/?token={TOKEN}"), "").await;
    let cookie = exchanged.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get("/", cookie).await.status().as_u16(), 200);
    assert_eq!(get("/api/outbox", cookie).await.status().as_u16(), 200);
}
