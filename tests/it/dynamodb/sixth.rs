//! A sixth pipeline, added as data alone: every command and the page know it without a change of their own.
//!
//! It is a view of the stacks of `dynamodb-cdc` that ends at the event log. No pipeline of the product combines these
//! stops.

use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use outboxctl::internals::cloudformation::stacks;
use outboxctl::internals::deployment::{Deployment, Readers, Reading};
use outboxctl::internals::pipelines::cost::{Prices, Usage, estimate};
use outboxctl::internals::pipelines::stops::{API, BUS, EVENT_LOG, PUBLISHER, TABLE, USERS_STREAM};
use outboxctl::internals::pipelines::{self, Hop, Pipeline, Route};
use outboxctl::internals::report::Silent;
use outboxctl::internals::streams::{StartAt, Warnings};
use outboxctl::internals::verify::{self, Amount};
use outboxctl::internals::{doctor, ui};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::stack;
use super::users::{TURN, deployed};
use crate::support::stack::Stack;

/// The sixth pipeline.
fn sixth() -> &'static Pipeline {
    let base = pipelines::find("dynamodb-cdc").expect("a pipeline");
    let route = Route { stops: &[API, TABLE, USERS_STREAM, PUBLISHER, BUS, EVENT_LOG], ..base.route };
    Box::leak(Box::new(Pipeline { name: "sixth", title: "table → bus", route, ..*base }))
}

/// The path of an event through it.
const HOPS: [Hop; 6] = [Hop::Api, Hop::Table, Hop::Stream, Hop::Consumer, Hop::Bus, Hop::Log];

/// The stacks of `dynamodb-cdc`, seen as a deployment of the sixth pipeline.
async fn deployment(stack: &Stack) -> Deployment {
    let users = deployed(stack).await;
    let base = pipelines::find("dynamodb-cdc").expect("a pipeline");
    let stacks = stacks(&users.clients, base, "dev", false).await.expect("stacks");
    Deployment::new(&users.clients, sixth(), "dev", stacks)
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_doctor_check_every_stop_of_a_sixth_pipeline() {
    let stack = stack();
    let deployment = deployment(&stack).await;
    let findings = doctor::look(&deployment, Duration::from_secs(60), (&Default::default(), &|_| {})).await;
    let places = doctor::hops(&deployment, &findings);
    assert_eq!(places.iter().map(|place| place.hop).collect::<Vec<_>>(), HOPS);
    assert!(places.iter().all(|place| place.state == doctor::State::Ok), "{places:?}");
    let picture = doctor::picture(&places, 80);
    assert!(HOPS.iter().all(|hop| picture.contains(hop.name())), "{picture}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_writes_to_a_sixth_pipeline_and_watches_its_hops() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let options = verify::Options {
        amount: Amount::Events(20),
        group: String::new(),
        aggregates: 4,
        strict_order: false,
        rate: None,
        timeout: Duration::from_secs(120),
        settle: Duration::ZERO,
        writing: CancellationToken::new(),
    };
    let deployment = deployment(&stack).await;
    let report = verify::run(&deployment, &Silent, &CancellationToken::new(), &options).await;
    let report = report.expect("a report");
    assert!(report.verdict.passed(), "{report:?}");
    let judged: Vec<(Hop, bool)> = report.hops.iter().map(|hop| (hop.hop, hop.order_judged)).collect();
    assert_eq!(judged, [(Hop::Stream, true), (Hop::Bus, false), (Hop::Log, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_reads_the_visible_stops_of_a_sixth_pipeline() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let deployment = deployment(&stack).await;
    let (console, cancel) = (Silent, CancellationToken::new());
    let reading = Reading {
        layout: deployment.layout.clone(),
        from: StartAt::Latest,
        until: None,
        group: String::new(),
        enhanced_fan_out: false,
        warnings: Warnings::default(),
    };
    let stops: Vec<_> = deployment.pipeline.visible_stops().collect();
    let (readers, mut items) = Readers::open(&deployment, &stops, &reading, &console, &cancel).await.expect("readers");
    stack.ok(&["sample", "insert", "--pipeline", "dynamodb-cdc"]);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let item = tokio::time::timeout(Duration::from_secs(90), items.recv()).await.expect("an item in time");
        let hop = item.expect("an item").expect("no error").hop;
        if !seen.contains(&hop) {
            seen.push(hop);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [Hop::Stream, Hop::Bus, Hop::Log]);
    readers.close().await.expect("closed");
}

#[test]
fn cost_prices_the_stops_of_a_sixth_pipeline() {
    let parameters = pipelines::parameters(sixth()).expect("templates").into_iter();
    let parameters = parameters.filter_map(|parameter| Some((parameter.name, parameter.default?))).collect();
    let usage = Usage { events_per_second: 10.0, event_bytes: 1_024.0, parameters, existing: Default::default() };
    let estimate = estimate(sixth(), &usage, &Prices::published().expect("prices"));
    let components: Vec<&str> = estimate.components.iter().map(|one| one.component).collect();
    assert_eq!(
        components,
        ["API", "writer function", "tables", "publisher function", "event bus", "event log", "alarms"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_draws_a_sixth_pipeline() {
    let stack = stack();
    let deployment = deployment(&stack).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = ui::Options {
        writable: false,
        local: true,
        from: StartAt::Latest,
        place: Default::default(),
        token: "a-token-of-this-test".into(),
    };
    let request = http::Request::get(format!("http://{address}/api/pipeline"))
        .header("authorization", "Bearer a-token-of-this-test")
        .body(Full::<Bytes>::default());
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = async {
        let answer = client.request(request.expect("a request")).await.expect("an answer");
        answer.into_body().collect().await.expect("a body").to_bytes()
    };
    let text = tokio::select! {
        served = ui::serve(vec![listener], deployment, options, CancellationToken::new()) => panic!("{served:?}"),
        text = answer => text,
    };
    let picture: Value = serde_json::from_slice(&text).expect("JSON");
    let stages = picture["stages"].as_array().expect("stages");
    let hops: Vec<&str> = stages.iter().filter_map(|stage| stage["hop"].as_str()).collect();
    assert_eq!(hops, ["table", "stream", "bus"]);
    assert_eq!((&picture["pipeline"], &picture["form"]), (&Value::from("sixth"), &Value::from("user")));
}
