//! `/2015-03-31/event-source-mappings` of the Lambda API, for mappings whose source is a stream of Kinesis or DynamoDB.
//! The emulator handles those of other sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{SubsecRound, Utc};
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::dynamodb::DynamoDb;
use super::function::{assumed, function};
use super::mapping::{Mapping, Service, Settings, StartingPosition, State, merge};
use super::poller;
use super::refusal::Refusal;
use super::registry::{Checkpoint, Registry, Tracked};
use crate::aws::Clients;
use crate::base::error::{Kind, RESOURCE_MISSING, sdk_code};
use crate::local::capture::settings::flag;
use crate::local::gateway::{ApiRequest, ApiResponse, Gateway, query_fields};
use crate::local::roles::Assumed;
use crate::local::state::{ACCOUNT, region_of};
use crate::streams::dynamodb::TableStream;

/// The path of the API.
pub const PATH: &str = "/2015-03-31/event-source-mappings";

/// Beginning of Lambda's message for a missing stream.
const NO_STREAM: &str = "Stream not found";

/// Answers a request of the event source mapping API. Returns `None` for the requests that the emulator answers.
pub async fn handle(registry: &Arc<Registry>, gateway: &Arc<Gateway>, request: &ApiRequest) -> Option<ApiResponse> {
    let rest = request.path.strip_prefix(PATH)?.trim_matches('/');
    let (status, answer) = match (&request.method, rest) {
        (&Method::GET, "") => return list(registry, gateway, request).await,
        (&Method::POST, "") => {
            let settings = match request.json::<Map<String, Value>>() {
                Ok(settings) => settings,
                Err(refused) => return Some(*refused),
            };
            if !is_ours(&settings) {
                return None;
            }
            (
                StatusCode::ACCEPTED,
                create(registry, gateway, &request.region, &settings).await.map(|t| t.mapping().shown()),
            )
        }
        (method, id) => {
            let tracked = registry.get(id).filter(|tracked| tracked.region() == request.region)?;
            match *method {
                Method::GET => (StatusCode::OK, Ok(tracked.mapping().shown())),
                Method::PUT => match request.json::<Map<String, Value>>() {
                    Ok(changes) => (StatusCode::ACCEPTED, update(registry, gateway, &tracked, &changes).await),
                    Err(refused) => return Some(*refused),
                },
                Method::DELETE => (StatusCode::ACCEPTED, delete(registry, gateway, &tracked).await),
                _ => return None,
            }
        }
    };
    Some(match answer {
        Ok(value) => ApiResponse::rest(status, &value),
        Err(refusal) => ApiResponse::error(refusal.status, refusal.code, &refusal.message),
    })
}

/// Returns whether a mapping's source is a stream that is polled here.
pub fn is_ours(settings: &Map<String, Value>) -> bool {
    settings.get("EventSourceArn").and_then(Value::as_str).and_then(Service::of).is_some()
}

/// # Errors
/// The API's error for invalid parameters, an unknown function or stream, or a second mapping of the same two.
pub async fn create(
    registry: &Arc<Registry>,
    gateway: &Arc<Gateway>,
    region: &str,
    settings: &Map<String, Value>,
) -> Result<Arc<Tracked>, Refusal> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or_default();
    if !settings.contains_key("StartingPosition") {
        return Err(Refusal::invalid("1 validation error detected: StartingPosition is required for a stream"));
    }
    let merged = merge(&Settings::default(), settings).map_err(Refusal::invalid)?;
    let stream_arn = text("EventSourceArn").to_owned();
    if region_of(&stream_arn) != region {
        return Err(Refusal::invalid(format!("The event source {stream_arn} is not in region {region}")));
    }
    let clients = gateway.clients_in(region);
    let (function_arn, role) = function(&clients, text("FunctionName")).await?;
    let checkpoints = match Service::of(&stream_arn) {
        Some(Service::DynamoDb) => table_stream(&clients, &stream_arn, merged.starting_position).await?,
        _ => stream(&clients, &stream_arn).await.map(|()| BTreeMap::new())?,
    };
    readable(gateway, region, &assumed(&function_arn, role), &stream_arn).await?;
    for other in registry.all() {
        let other = other.mapping();
        if other.event_source_arn == stream_arn && other.function_arn == function_arn {
            let message = format!(
                "The event source arn (\" {stream_arn} \") and function (\" {function_arn} \") provided mapping already \
                 exists. Please update or delete the existing mapping with UUID {}",
                other.id
            );
            return Err(Refusal { status: StatusCode::CONFLICT, code: "ResourceConflictException", message });
        }
    }
    let id = uuid::Uuid::new_v4().to_string();
    let mapping = Mapping {
        event_source_mapping_arn: arn(region, &id),
        id,
        event_source_arn: stream_arn,
        function_arn,
        settings: merged,
        state: if settings.get("Enabled").and_then(flag) == Some(false) { State::Disabled } else { State::Creating },
        state_transition_reason: "User action".into(),
        last_modified: Utc::now().trunc_subsecs(0),
        last_processing_result: "No records processed".into(),
        created_at: Utc::now(),
    };
    let tracked = registry.add(mapping, checkpoints).await.map_err(|error| Refusal::internal(&error))?;
    poller::start(gateway, registry, &tracked);
    Ok(tracked)
}

/// # Errors
/// The API's error.
pub async fn update(
    registry: &Arc<Registry>,
    gateway: &Arc<Gateway>,
    tracked: &Arc<Tracked>,
    changes: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let mapping = tracked.mapping();
    let mut changes = changes.clone();
    // The starting position can't be changed.
    changes.remove("StartingPosition");
    changes.remove("StartingPositionTimestamp");
    let settings = merge(&mapping.settings, &changes).map_err(Refusal::invalid)?;
    let function_arn = match changes.get("FunctionName").and_then(Value::as_str) {
        Some(name) => function(&gateway.clients_in(tracked.region().as_str()), name).await?.0,
        None => mapping.function_arn.clone(),
    };
    let idle = matches!(mapping.state, State::Disabled | State::Disabling);
    let state = match (changes.get("Enabled").and_then(flag), idle) {
        (Some(false), false) => State::Disabling,
        (Some(true), true) => State::Enabling,
        (_, true) => State::Disabled,
        (_, false) => State::Updating,
    };
    tracked.restate(|mapping| {
        mapping.settings = settings;
        mapping.function_arn = function_arn;
        mapping.state = state;
        mapping.last_modified = Utc::now().trunc_subsecs(0);
    });
    let shown = tracked.mapping().shown();
    let saved = tracked.save().await;
    // Polling was stopped, whether the change is on disk or not.
    poller::start(gateway, registry, tracked);
    saved.map(|()| shown).map_err(|error| Refusal::internal(&error))
}

/// # Errors
/// `Io` if it can't be written to disk.
pub async fn delete(
    registry: &Arc<Registry>,
    gateway: &Arc<Gateway>,
    tracked: &Arc<Tracked>,
) -> Result<Value, Refusal> {
    tracked.restate(|mapping| mapping.state = State::Deleting);
    let shown = tracked.mapping().shown();
    let saved = tracked.save().await;
    poller::start(gateway, registry, tracked);
    saved.map(|()| shown).map_err(|error| Refusal::internal(&error))
}

/// Lists our mappings after the emulator's, on one page.
async fn list(registry: &Registry, gateway: &Gateway, request: &ApiRequest) -> Option<ApiResponse> {
    let answer = gateway.emulator.send(request).await.ok()?;
    let mut document: Value = serde_json::from_slice(answer.body()).ok()?;
    let wanted = |name: &str| query_fields(&request.query).find(|(key, _)| key == name).map(|(_, value)| value);
    let (stream, function) = (wanted("EventSourceArn"), wanted("FunctionName"));
    let here = registry.all().into_iter().filter(|tracked| tracked.region() == request.region);
    let ours = here.map(|tracked| tracked.mapping()).filter(|mapping| {
        let by_stream = stream.as_ref().is_none_or(|arn| *arn == mapping.event_source_arn);
        // By name, or by whole or partial ARN.
        let by_function = function
            .as_ref()
            .is_none_or(|name| mapping.function_arn == *name || mapping.function_arn.ends_with(&format!(":{name}")));
        by_stream && by_function
    });
    document.get_mut("EventSourceMappings")?.as_array_mut()?.extend(ours.map(|mapping| mapping.shown()));
    Some(ApiResponse::rest(answer.status(), &document))
}

pub fn arn(region: &str, id: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT}:event-source-mapping:{id}")
}

/// Checks that the function's role may read the stream. The error is worded as Lambda's.
async fn readable(gateway: &Gateway, region: &str, role: &Assumed, stream_arn: &str) -> Result<(), Refusal> {
    let (service, actions): (_, &[&str]) = match Service::of(stream_arn) {
        Some(Service::DynamoDb) => {
            ("DynamoDB", &["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"])
        }
        _ => (
            "Kinesis",
            &["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"],
        ),
    };
    let checked = role.check(gateway, region, actions, stream_arn).await;
    checked.map_err(|error| {
        let names: Vec<_> = actions.iter().filter_map(|action| action.split(':').nth(1)).collect();
        Refusal::invalid(format!(
            "Cannot access stream {stream_arn}. Please ensure the role can perform the {} Actions on your stream in {service}. ({error})",
            names.join(", ")
        ))
    })
}

async fn stream(clients: &Clients, arn: &str) -> Result<(), Refusal> {
    let answer = clients.kinesis().describe_stream_summary().stream_arn(arn).send().await;
    answer.map(drop).map_err(|error| Refusal::unknown(sdk_code(&error), NO_STREAM, arn))
}

/// Checks a DynamoDB stream, and returns the positions at which reading begins on its present shards.
async fn table_stream(
    clients: &Clients,
    arn: &str,
    from: StartingPosition,
) -> Result<BTreeMap<String, Checkpoint>, Refusal> {
    let client = clients.dynamodb_streams();
    let answer = client.describe_stream().stream_arn(arn).limit(1).send().await;
    answer.map_err(|error| Refusal::unknown(sdk_code(&error), NO_STREAM, arn))?;
    match from {
        StartingPosition::TrimHorizon => Ok(BTreeMap::new()),
        StartingPosition::Latest => {
            let shard_ends = DynamoDb(TableStream { client, stream_arn: arn.to_owned() }).shard_ends().await;
            shard_ends.map_err(|error| match error.kind() {
                Kind::StreamMissing => Refusal::unknown(RESOURCE_MISSING, NO_STREAM, arn),
                _ => Refusal::internal(&error),
            })
        }
        StartingPosition::AtTimestamp => {
            Err(Refusal::invalid("Unsupported starting position for a DynamoDB stream. Use TRIM_HORIZON or LATEST."))
        }
    }
}
