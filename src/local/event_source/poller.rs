//! The poller of a mapping: chooses the shards to read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use super::dynamodb::DynamoDb;
use super::filter::Filters;
use super::function::{assumed, function};
use super::invoke::Invoker;
use super::kinesis::Kinesis;
use super::mapping::{Service, State};
use super::registry::{Checkpoint, Registry, Tracked};
use super::shard::{End, Worker};
use super::source::EventSource;
use crate::aws::Clients;
use crate::base::error::Kind;
use crate::local::gateway::Gateway;
use crate::streams::dynamodb::TableStream;
use crate::streams::shards::{self, ShardInfo, follows};

/// Interval at which new shards of a split or merge are looked for.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Makes polling match the mapping's state: restarts it, ends it, or removes the mapping.
pub fn start(gateway: &Arc<Gateway>, registry: &Arc<Registry>, tracked: &Arc<Tracked>) {
    let stop = tracked.stop(&gateway.cancel);
    let (gateway, registry, tracked) = (gateway.clone(), registry.clone(), tracked.clone());
    let stack = gateway.clone();
    stack.spawn(async move {
        // The previous poller first finishes its work in flight.
        let _turn = tracked.turn.lock().await;
        if stop.is_cancelled() {
            return;
        }
        match tracked.mapping().state {
            State::Deleting => registry.remove(&tracked),
            State::Disabling | State::Disabled => set_state(&tracked, State::Disabled).await,
            _ => while supervise(&gateway, &tracked, &stop).await == Pause::NewRole {},
        }
    });
}

async fn set_state(tracked: &Tracked, state: State) {
    if tracked.mapping().state == state {
        return;
    }
    tracked.change(|mapping| mapping.state = state);
    if let Err(error) = tracked.save().await {
        tracing::error!("{error}");
    }
}

/// Marks the mapping as polled; not if polling was stopped meanwhile, for the state that was asked for since.
async fn enabled(tracked: &Tracked, polling: &CancellationToken) {
    let mut changed = false;
    // The token is cancelled before the state changes: with the document locked, both are seen together.
    tracked.change(|mapping| {
        changed = mapping.state != State::Enabled && !polling.is_cancelled();
        if changed {
            mapping.state = State::Enabled;
        }
    });
    if changed && let Err(error) = tracked.save().await {
        tracing::error!("{error}");
    }
}

/// Reason why a mapping is not polled at present.
#[derive(PartialEq, Eq)]
enum Pause {
    Stopped,
    /// The function's role has changed.
    NewRole,
}

/// Returns the function's role; waits while it can't be looked up, and returns `None` if polling stops in the meantime.
async fn role(clients: &Clients, function_arn: &str, stop: &CancellationToken) -> Option<String> {
    while !stop.is_cancelled() {
        match function(clients, function_arn).await {
            Ok((_, role)) => return Some(role),
            Err(refusal) => tracing::warn!("{}", refusal.message),
        }
        let _ = tokio::time::timeout(CHECK_INTERVAL, stop.cancelled()).await;
    }
    None
}

async fn supervise(gateway: &Arc<Gateway>, tracked: &Arc<Tracked>, stop: &CancellationToken) -> Pause {
    let mapping = tracked.mapping();
    let filters = match Filters::parse(mapping.settings.filter_criteria.as_ref()) {
        Ok(filters) => filters,
        Err(error) => {
            tracing::error!(mapping = mapping.id, "{error}");
            return Pause::Stopped;
        }
    };
    let own = gateway.clients_in(&tracked.region());
    let Some(role) = role(&own, &mapping.function_arn, stop).await else { return Pause::Stopped };
    let clients = assumed(&mapping.function_arn, role.clone()).clients(gateway, &tracked.region());
    let invoker = Invoker::new(own.config(), mapping.function_arn.clone(), mapping.reports_failures());
    let stream_arn = mapping.event_source_arn.clone();
    let worker = Worker {
        source: (),
        tracked: tracked.clone(),
        mapping,
        filters,
        invoker,
        clients,
        own,
        // Also ends if the role changes.
        stop: stop.child_token(),
        writes: gateway.stream_writes.subscribe(),
    };
    match Service::of(&stream_arn) {
        Some(Service::DynamoDb) => {
            let client = worker.clients.dynamodb_streams();
            poll(worker.with(DynamoDb(TableStream { client, stream_arn })), &role).await;
        }
        _ => {
            let source = Kinesis::new(&worker.clients, stream_arn);
            poll(worker.with(source), &role).await;
        }
    }
    if stop.is_cancelled() { Pause::Stopped } else { Pause::NewRole }
}

/// Reads every readable shard, until the worker is stopped or the function has another role than `role`.
async fn poll<S: EventSource>(worker: Worker<S>, role: &str) {
    let worker = Arc::new(worker);
    let (tracked, polling) = (&worker.tracked, &worker.stop);
    let mut running: HashMap<task::Id, String> = HashMap::new();
    let mut readers = JoinSet::new();
    while let Some(listed) = polling.run_until_cancelled(shards::list(worker.source.stream())).await {
        match listed {
            Ok(listed) => {
                enabled(tracked, polling).await;
                for shard in readable(&listed.shards, |shard| tracked.checkpoint(shard)) {
                    if !running.values().any(|id| *id == shard.id) {
                        let (worker, id) = (worker.clone(), shard.id.clone());
                        let task = readers.spawn(async move { worker.run(id).await });
                        running.insert(task.id(), shard.id.clone());
                    }
                }
            }
            Err(error) if error.kind() == Kind::StreamMissing => {
                tracked.change(|mapping| "PROBLEM: Stream not found".clone_into(&mut mapping.last_processing_result));
            }
            Err(error) => {
                tracing::warn!("{error}");
                tracked.unreadable(&error);
            }
        }
        tokio::select! {
            () = polling.cancelled() => {}
            () = tokio::time::sleep(CHECK_INTERVAL) => {
                let now = function(&worker.own, &worker.mapping.function_arn).await;
                if now.is_ok_and(|(_, now)| now != role) {
                    polling.cancel();
                }
            }
            // A shard that ended may have made its children readable.
            Some(ended) = readers.join_next_with_id() => {
                let (task, end) = ended.unwrap_or_else(|panic| {
                    tracing::error!("reading a shard failed, and is restarted: {panic}");
                    (panic.id(), End::Failed)
                });
                let shard = running.remove(&task).unwrap_or_default();
                conclude(&worker, &shard, end).await;
            }
        }
    }
    while readers.join_next().await.is_some() {}
}

/// Waits before a shard that no longer exists, or whose reader failed, is read again.
async fn conclude<S: EventSource>(worker: &Worker<S>, shard: &str, end: End) {
    if end == End::Gone {
        mark_expired(worker, shard).await;
    }
    if matches!(end, End::Gone | End::Failed) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Counts a shard as read to its end if the stream lists it as closed but no longer knows it: its records have expired,
/// and its children wait for it.
async fn mark_expired<S: EventSource>(worker: &Worker<S>, shard: &str) {
    let listed = shards::list(worker.source.stream()).await.unwrap_or_default();
    if listed.shards.iter().any(|known| known.id == shard && known.closed) {
        tracing::warn!(shard, "a shard no longer exists: its records have expired");
        if let Err(error) = worker.tracked.reached(shard, Checkpoint::Done).await {
            tracing::error!("{error}");
        }
    }
}

/// Returns the readable shards: not read to their end, and after all their parents. A parent that is no longer listed
/// has expired with its records ("Resharding, scaling, and parallel processing" in the Kinesis developer guide).
fn readable(listed: &[ShardInfo], checkpoint: impl Fn(&str) -> Option<Checkpoint>) -> Vec<&ShardInfo> {
    let done = |id: &str| checkpoint(id) == Some(Checkpoint::Done);
    let is_unread = |id: &str| listed.iter().any(|shard| shard.id == id) && !done(id);
    listed.iter().filter(|shard| !done(&shard.id) && follows(&shard.parents, is_unread)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::mapping::Mapping;
    use super::*;
    use crate::local::home::Home;

    #[test]
    fn parents_are_read_before_children() {
        let shard = |id: &str, parents: &[&str]| ShardInfo {
            id: id.into(),
            parents: parents.iter().map(ToString::to_string).collect(),
            closed: false,
        };
        let listed = [shard("a", &[]), shard("b", &["expired"]), shard("c", &["a"]), shard("d", &["a", "b"])];
        let names = |done: &[&str]| -> Vec<String> {
            let checkpoint = |id: &str| done.contains(&id).then_some(Checkpoint::Done);
            readable(&listed, checkpoint).iter().map(|shard| shard.id.clone()).collect()
        };
        assert_eq!(names(&[]), ["a", "b"]);
        assert_eq!(names(&["a"]), ["b", "c"]);
        assert_eq!(names(&["a", "b"]), ["c", "d"]);
    }

    /// A poller that lists its shards while the mapping is disabled or deleted must not enable it again.
    #[tokio::test]
    async fn a_poller_that_was_stopped_does_not_enable_its_mapping() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::default();
        registry.load(&Home::at(folder.path(), "t")).unwrap();
        let tracked = registry.add(Mapping::example(), BTreeMap::new()).await.unwrap();
        let polling = tracked.stop(&CancellationToken::new());
        enabled(&tracked, &polling).await;
        assert_eq!(tracked.mapping().state, State::Enabled);
        for wanted in [State::Disabling, State::Deleting, State::Updating] {
            tracked.restate(|mapping| mapping.state = wanted);
            enabled(&tracked, &polling).await;
            assert_eq!(tracked.mapping().state, wanted);
        }
    }
}
