//! The event source mapping of a DynamoDB stream, as Lambda documents it: what becomes of batches that fail.

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{
    DestinationConfig, Environment, EventSourceMappingConfiguration, EventSourcePosition, Filter, FilterCriteria,
    OnFailure,
};
use serde_json::{Value, json};

use super::carts::{new_cart, payload, put, text, whole};
use super::users::new_user;
use super::{carts, stack, users};
use crate::support::api::{Deployed, eventually};
use crate::support::stack::Stack;

async fn mapping(carts: &Deployed<'_>) -> EventSourceMappingConfiguration {
    let request = carts.clients.lambda().list_event_source_mappings();
    let listed = request.function_name(carts.output("PublisherFunction")).send().await.expect("mappings");
    let [mapping] = listed.event_source_mappings() else { panic!("one mapping: {listed:?}") };
    mapping.clone()
}

async fn wait_for(carts: &Deployed<'_>, state: &str) {
    eventually(&format!("the mapping is {state}"), async || {
        (mapping(carts).await.state() == Some(state)).then_some(())
    })
    .await;
}

async fn enable(carts: &Deployed<'_>, enabled: bool) {
    let uuid = mapping(carts).await.uuid.expect("an id");
    carts.clients.lambda().update_event_source_mapping().uuid(uuid).enabled(enabled).send().await.expect("changed");
    wait_for(carts, if enabled { "Enabled" } else { "Disabled" }).await;
}

/// Sets the function's variable, or takes it away where None; what it was. It gives up soon, too: what fails is tried
/// again for as long as an invocation may take.
async fn set(carts: &Deployed<'_>, name: &str, value: Option<&str>) -> Option<String> {
    let (lambda, function) = (carts.clients.lambda(), carts.output("PublisherFunction"));
    let now = lambda.get_function_configuration().function_name(function).send().await.expect("the function");
    let mut variables = now.environment().and_then(|e| e.variables()).cloned().unwrap_or_default();
    let before = match value {
        Some(value) => variables.insert(name.into(), value.into()),
        None => variables.remove(name),
    };
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let request = lambda.update_function_configuration().function_name(function).environment(environment);
    request.timeout(4).send().await.expect("the function changed");
    before
}

fn keys(invocation: &Value) -> Vec<Value> {
    let payload: Value = serde_json::from_str(invocation["payload"].as_str().expect("a payload")).expect("an event");
    let records = payload["Records"].as_array().expect("records");
    records.iter().map(|record| record["dynamodb"]["Keys"]["aggregate_id"]["S"].clone()).collect()
}

async fn poison(carts: &Deployed<'_>, id: &str) {
    put(carts, &[("aggregate_id", text(id)), ("sequence", whole(1))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_a_failing_function_are_stored_with_their_payload() {
    let _turn = carts::TURN.lock().await;
    let stack = stack();
    let carts = &carts::deployed(&stack).await;
    let lambda = carts.clients.lambda();
    let mapped = mapping(carts).await;
    assert_eq!(mapped.event_source_arn(), Some(carts.output("OutboxStreamArn")));
    let uuid = mapped.uuid().expect("an id");
    let change = || lambda.update_event_source_mapping().uuid(uuid);

    // The function can't keep its poison and says so; only the records from there on are delivered again, then discarded.
    let bucket = set(carts, "FAILURE_BUCKET", Some("no-such-bucket")).await.expect("a bucket");
    change().maximum_retry_attempts(1).send().await.expect("changed");
    let before = new_cart(carts).await;
    poison(carts, "unkept").await;
    let after = new_cart(carts).await;
    let discarded = eventually("the discarded batch", async || carts.failures("aws/lambda/").await.pop()).await;
    carts.event(&before, 1).await;
    carts.event(&after, 1).await;
    assert_eq!(keys(&discarded)[0], "unkept", "{discarded}");
    assert_eq!(discarded["requestContext"]["condition"], "RetryAttemptsExhausted");
    let invocations = discarded["requestContext"]["approximateInvokeCount"].as_u64();
    assert!(invocations.is_some_and(|count| count >= 2), "{discarded}");
    let batch = &discarded["DDBStreamBatchInfo"];
    assert_eq!(
        (&batch["streamArn"], batch["batchSize"].as_u64()),
        (&json!(carts.output("OutboxStreamArn")), Some(keys(&discarded).len() as u64))
    );
    assert!(
        batch["startSequenceNumber"].is_string()
            && batch["shardId"].as_str().is_some_and(|id| id.starts_with("shardId-"))
    );

    // A queue gets where the records are, and not the records.
    let queue = carts.clients.sqs().create_queue().queue_name("failed-batches").send().await.expect("a queue");
    let arn = format!("arn:aws:sqs:{}:{}:failed-batches", carts.clients.region(), carts.stack.state().account);
    let to = |arn: &str| DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build();
    // Lambda sends to it with the rights of the function's role.
    let function = lambda.get_function_configuration().function_name(mapped.function_arn().expect("a function")).send();
    let role = function.await.expect("the function").role.expect("its role");
    let statement = json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let request = carts.clients.iam().put_role_policy().policy_name("failed-batches").policy_document(policy);
    request.role_name(role.rsplit('/').next().expect("a name")).send().await.expect("the right is given");
    change().destination_config(to(&arn)).send().await.expect("changed");
    wait_for(carts, "Enabled").await;
    poison(carts, "unkept too").await;
    let message = eventually("the message", async || {
        let request = carts.clients.sqs().receive_message().queue_url(queue.queue_url().expect("a URL"));
        let received = request.send().await.expect("an answer");
        received.messages().first().and_then(|message| message.body().map(str::to_owned))
    })
    .await;
    let message: Value = serde_json::from_str(&message).expect("JSON");
    assert!(message["DDBStreamBatchInfo"]["batchSize"].is_u64() && message.get("payload").is_none(), "{message}");
    let bucket_arn = mapped.destination_config().and_then(|to| to.on_failure()?.destination()).expect("a bucket");
    change().destination_config(to(bucket_arn)).send().await.expect("changed");

    // A function that does not work at all: batches are halved until each record stands alone.
    enable(carts, false).await;
    let bus = set(carts, "OUTBOX_BUS_NAME", None).await.expect("a bus");
    let mut lost = Vec::new();
    for _ in 0..3 {
        lost.push(new_cart(carts).await);
    }
    change()
        .maximum_retry_attempts(0)
        .bisect_batch_on_function_error(true)
        .enabled(true)
        .send()
        .await
        .expect("changed");
    let alone = eventually("each record by itself", async || {
        let all = carts.failures("aws/lambda/").await;
        let alone: Vec<Value> = all
            .into_iter()
            .filter(|one| keys(one).len() == 1 && lost.iter().any(|id| keys(one)[0] == id.as_str()))
            .collect();
        (alone.len() == lost.len()).then_some(alone)
    })
    .await;
    assert!(alone.iter().all(|one| one["responseContext"]["functionError"].is_string()), "{alone:?}");

    // Filters: what matches none is passed over without a word.
    set(carts, "OUTBOX_BUS_NAME", Some(&bus)).await;
    let pattern =
        json!({ "eventName": ["INSERT"], "dynamodb": { "NewImage": { "aggregate_type": { "S": ["cart"] } } } });
    let filters = FilterCriteria::builder().filters(Filter::builder().pattern(pattern.to_string()).build()).build();
    change().filter_criteria(filters).send().await.expect("changed");
    wait_for(carts, "Enabled").await;
    let failures = carts.failures("").await.len();
    poison(carts, "filtered").await;
    let after = new_cart(carts).await;
    carts.event(&after, 1).await;
    assert_eq!(carts.failures("").await.len(), failures);
    set(carts, "FAILURE_BUCKET", Some(&bucket)).await;
}

/// The carts' function on the users' stream: it rejects every user, so that its failure destination shows the input.
#[tokio::test(flavor = "multi_thread")]
async fn latest_starts_with_records_after_the_mapping() {
    let (_carts, _users) = (carts::TURN.lock().await, users::TURN.lock().await);
    let stack = stack();
    let (carts, users) = (&carts::deployed(&stack).await, &users::deployed(&stack).await);
    let lambda = carts.clients.lambda();
    let map = |from: EventSourcePosition| {
        let request = lambda.create_event_source_mapping().function_name(carts.output("PublisherFunction"));
        request.event_source_arn(users.output("UsersStreamArn")).starting_position(from)
    };
    let timed =
        map(EventSourcePosition::AtTimestamp).starting_position_timestamp(aws_smithy_types::DateTime::from_secs(0));
    let refused = timed.send().await.expect_err("a DynamoDB stream has no positions by time");
    assert_eq!(refused.code(), Some("InvalidParameterValueException"));

    // The carts' role may read the carts' stream alone.
    let refused = map(EventSourcePosition::Latest).send().await.expect_err("the role may not read the users' stream");
    assert!(refused.message().is_some_and(|text| text.starts_with("Cannot access stream")), "{refused:?}");
    let function = lambda.get_function_configuration().function_name(carts.output("PublisherFunction")).send().await;
    let role = function.expect("the function").role.expect("its role");
    let actions = ["DescribeStream", "GetRecords", "GetShardIterator"].map(|name| format!("dynamodb:{name}"));
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": users.output("UsersStreamArn")});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let request = carts.clients.iam().put_role_policy().policy_name("users").policy_document(policy);
    request.role_name(role.rsplit('/').next().expect("a name")).send().await.expect("the right is given");

    let before = carts.failures("").await.len();
    let mapped = map(EventSourcePosition::Latest).send().await.expect("a mapping");
    // Also if polling restarts before a record came.
    let uuid = mapped.uuid().expect("an id");
    lambda.update_event_source_mapping().uuid(uuid).batch_size(10).send().await.expect("changed");
    let user = new_user(users, "latest").await;
    let failure = eventually("the user in the failure bucket", async || {
        let all = carts.failures("publisher/").await;
        all.into_iter().find(|failure| payload(failure)["dynamodb"]["Keys"]["id"]["S"] == user)
    })
    .await;
    assert_eq!(failure["source"]["streamArn"], users.output("UsersStreamArn"));
    assert_eq!(carts.failures("").await.len(), before + 1, "none of those before it");
    lambda.delete_event_source_mapping().uuid(uuid).send().await.expect("deleted");
    let function = carts.output("PublisherFunction");
    eventually("the mapping is gone", async || {
        let left = lambda.list_event_source_mappings().function_name(function).send().await.expect("mappings");
        (left.event_source_mappings().len() == 1).then_some(())
    })
    .await;
}

/// On a stack of its own, because it restarts it.
#[tokio::test(flavor = "multi_thread")]
async fn unread_changes_survive_a_restart() {
    let stack = Stack::up("dynamodb-restart");
    let carts = &mut Deployed::new(&stack, "dynamodb-eventbridge").await;
    enable(carts, false).await;
    let id = new_cart(carts).await;
    carts.stack.ok(&["local", "down"]);
    carts.stack.ok(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    carts.again().await;
    assert_eq!(mapping(carts).await.state(), Some("Disabled"));
    enable(carts, true).await;
    carts.event(&id, 1).await;
}
