//! A pipeline that is deployed on a stack, and plain HTTP to its API, as any client sends it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use outboxctl::internals::aws::Clients;
use serde_json::Value;

use super::signing;
use super::stack::Stack;

/// An answer of the API.
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub allow: Option<String>,
    /// Null where it is not JSON.
    pub body: Value,
    pub text: String,
}

/// A pipeline that is deployed.
pub struct Deployed<'a> {
    pub stack: &'a Stack,
    pub name: &'static str,
    pub outputs: Value,
    pub clients: Clients,
    endpoint: String,
    host: String,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl<'a> Deployed<'a> {
    pub async fn new(stack: &'a Stack, name: &'static str) -> Self {
        stack.ok(&["deploy", "--yes", "--pipeline", name]);
        Self::on(stack, name).await
    }

    /// A pipeline that is deployed already.
    pub async fn on(stack: &'a Stack, name: &'static str) -> Self {
        let outputs = stack.ok(&["outputs", "--pipeline", name]);
        let state = stack.state();
        let url: http::Uri = outputs["ApiUrl"].as_str().expect("ApiUrl").parse().expect("a URL");
        Self {
            stack,
            name,
            outputs,
            clients: stack.clients(),
            endpoint: state.endpoint,
            host: url.authority().expect("a host").to_string(),
            http: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Talks to a stack that was down in between: its port is another.
    pub async fn again(&mut self) {
        *self = Self::on(self.stack, self.name).await;
    }

    pub fn output(&self, name: &str) -> &str {
        self.outputs[name].as_str().unwrap_or_else(|| panic!("no output {name}: {}", self.outputs))
    }

    /// A JSON request.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send(method, path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        let method: Method = method.parse().expect("a method");
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        request = request.header("host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Full::new(body.clone())).expect("a request");
        signing::sign(&mut request, &body, "execute-api", &self.stack.state().key);
        let answer = self.http.request(request).await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let (content_type, allow) = (header("content-type").unwrap_or_default(), header("allow"));
        let status = answer.status().as_u16();
        let text = answer.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(text.to_vec()).expect("text");
        Reply { status, content_type, allow, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// The events in the event log, each as the CloudEvent it is, in the order of the log.
    pub async fn events(&self) -> Vec<Value> {
        let (mut events, mut token) = (Vec::new(), None);
        loop {
            let request = self.clients.logs().filter_log_events().log_group_name(self.output("EventLogGroup"));
            let page = request.set_next_token(token.take()).send().await.expect("the event log");
            events.extend(page.events().iter().filter_map(|event| {
                let envelope: Value = serde_json::from_str(event.message()?).expect("an event");
                (envelope["source"] != "outboxctl.sentinel").then(|| envelope["detail"].clone())
            }));
            token = page.next_token;
            if token.is_none() {
                return events;
            }
        }
    }

    /// Waits for an event of this aggregate with this sequence; all events of the aggregate.
    pub async fn event(&self, aggregate: &str, sequence: i64) -> Vec<Value> {
        let what = format!("event {sequence} of {aggregate}");
        eventually(&what, async || {
            let mut events = self.events().await;
            events.retain(|event| event["subject"] == aggregate);
            let found = events.iter().any(|event| number(&event["sequence"]) == sequence);
            found.then_some(events)
        })
        .await
    }

    /// The objects in the failure bucket under a prefix, parsed.
    pub async fn failures(&self, prefix: &str) -> Vec<Value> {
        let (s3, bucket) = (self.clients.s3(), self.output("FailureBucket"));
        let list = s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await.expect("the bucket");
        let mut failures = Vec::new();
        for object in list.contents() {
            let object = s3.get_object().bucket(bucket).key(object.key().expect("a key")).send().await.expect("it");
            let bytes = object.body.collect().await.expect("its bytes").into_bytes();
            failures.push(serde_json::from_slice(&bytes).expect("JSON"));
        }
        failures
    }
}

/// A number, also where it is text.
pub fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value} is no number"))
}

/// Asks until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "not within two minutes: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
