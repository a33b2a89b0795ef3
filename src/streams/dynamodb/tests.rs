//! Tests of the reader with a scripted stream.

use chrono::{DateTime, TimeDelta, Utc};
use outboxctl_test_support::dynamodb_streams::FakeStreams;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::base::error::Kind;
use crate::streams::shards::{Cursor, Pages};
use crate::streams::{Item, StartAt, Warnings, channel};

const INTERVALS: Intervals = Intervals { at_tip: Duration::from_millis(1), behind: Duration::ZERO };

async fn source(fake: &FakeStreams) -> TableStream {
    TableStream { client: fake.client().await, stream_arn: fake.arn() }
}

async fn open(fake: &FakeStreams, from: StartAt, until: Option<DateTime<Utc>>) -> Receiver<Result<Item>> {
    warned(fake, from, until, Warnings::default()).await
}

async fn warned(
    fake: &FakeStreams,
    from: StartAt,
    until: Option<DateTime<Utc>>,
    warnings: Warnings,
) -> Receiver<Result<Item>> {
    let (sink, items) = channel();
    let options = Options { from, until, warnings };
    shards::open(source(fake).await, options, INTERVALS, sink, CancellationToken::new()).await.expect("positions");
    items
}

/// Returns the sequence numbers of the next `count` items.
async fn take(items: &mut Receiver<Result<Item>>, count: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(20), items.recv()).await;
        let item = next.expect("an item in time").expect("the reader goes on").expect("no error");
        seen.push(item.origin.delivery().rsplit('/').next().expect("a number").parse().expect("a number"));
    }
    seen
}

async fn end(items: &mut Receiver<Result<Item>>) -> Option<Result<Item>> {
    tokio::time::timeout(Duration::from_secs(20), items.recv()).await.expect("an end in time")
}

fn put(fake: &FakeStreams, shard: &str, count: usize) {
    (0..count).for_each(|_| fake.put(shard, json!({})));
}

#[tokio::test]
async fn parents_come_before_children_and_each_record_once() {
    let fake = FakeStreams::default();
    fake.open("z-parent", None);
    put(&fake, "z-parent", 5);
    // Names in an order in which a wrong reader would read children first.
    fake.open("a-child", Some("z-parent"));
    put(&fake, "a-child", 3);
    fake.open("0-grandchild", Some("a-child"));
    put(&fake, "0-grandchild", 1);
    fake.fail(&["ExpiredIteratorException", "LimitExceededException", "ExpiredIteratorException"]);
    let mut items = open(&fake, StartAt::Start, None).await;
    assert_eq!(take(&mut items, 9).await, (1..=9).collect::<Vec<u64>>());
    // A shard that is closed while it is read is followed by its child.
    fake.open("another", Some("0-grandchild"));
    put(&fake, "another", 2);
    assert_eq!(take(&mut items, 2).await, [10, 11]);
    // Disabled: the end, without an error.
    fake.close("another");
    assert!(end(&mut items).await.is_none());
}

#[tokio::test]
async fn the_latest_begins_after_the_existing_records() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    put(&fake, "a", 3);
    fake.open("b", Some("a"));
    put(&fake, "b", 2);
    let mut items = open(&fake, StartAt::Latest, None).await;
    put(&fake, "b", 1);
    fake.open("c", Some("b"));
    put(&fake, "c", 1);
    assert_eq!(take(&mut items, 2).await, [6, 7]);
}

#[tokio::test]
async fn times_are_kept_to_the_second() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    for second in 0..6 {
        fake.put("a", json!({ "dynamodb": { "ApproximateCreationDateTime": 1_700_000_000 + second } }));
    }
    let at = |seconds: i64| DateTime::from_timestamp(1_700_000_000 + seconds, 500_000_000).expect("a time");
    let mut items = open(&fake, StartAt::At(at(2)), Some(at(4))).await;
    assert_eq!(take(&mut items, 3).await, [3, 4, 5]);
    assert!(end(&mut items).await.is_none());
    // After a time in the future there may be no record at all.
    let soon = Utc::now() + TimeDelta::milliseconds(100);
    let mut items = open(&fake, StartAt::Latest, Some(soon)).await;
    assert!(end(&mut items).await.is_none());
}

#[tokio::test]
async fn an_iterator_that_expires_before_a_record_was_seen_leaves_no_gap() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    put(&fake, "a", 3);
    let mut items = open(&fake, StartAt::Latest, None).await;
    let now = json!({ "dynamodb": { "ApproximateCreationDateTime": Utc::now().timestamp() } });
    // At the same moment: the reader can't see it with its iterator.
    fake.put_and_expire("a", now.clone());
    fake.put("a", now);
    assert_eq!(take(&mut items, 2).await, [4, 5], "what was there before the beginning is not shown");
}

#[tokio::test]
async fn an_expired_shard_that_is_still_listed_is_skipped_with_a_warning() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    put(&fake, "a", 2);
    fake.open("b", Some("a"));
    put(&fake, "b", 2);
    fake.forget("a");
    let (warnings, collected) = Warnings::collected();
    let mut items = warned(&fake, StartAt::Start, None, warnings).await;
    assert_eq!(take(&mut items, 2).await, [3, 4]);
    assert_eq!(*collected.lock(), ["shard a is gone: its records have expired"]);
}

/// The remaining records are read, and the gap is reported.
#[tokio::test]
async fn trimmed_records_are_reported_and_the_rest_is_read() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    put(&fake, "a", 4);
    let (warnings, collected) = Warnings::collected();
    let mut items = warned(&fake, StartAt::Start, None, warnings).await;
    assert_eq!(take(&mut items, 4).await, [1, 2, 3, 4]);
    fake.put_and_trim("a", 3);
    assert_eq!(take(&mut items, 1).await, [7]);
    assert_eq!(*collected.lock(), ["records of shard a after 4 have expired before they were read"]);
}

#[tokio::test]
async fn a_missing_stream_is_named() {
    let fake = FakeStreams::default();
    let (sink, _items) = channel();
    let source = TableStream { stream_arn: "arn:other".into(), ..source(&fake).await };
    let options = Options { from: StartAt::Start, until: None, warnings: Warnings::default() };
    let opened = shards::open(source, options, INTERVALS, sink, CancellationToken::new()).await;
    assert_eq!(opened.expect_err("refused").kind(), Kind::StreamMissing);
}

#[tokio::test]
async fn shards_are_listed_over_all_pages() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    fake.open("b", Some("a"));
    fake.open("c", Some("b"));
    let source = source(&fake).await;
    let listed = shards::list(&source).await.expect("a list");
    let found: Vec<_> = listed.shards.iter().map(|s| (s.id.as_str(), s.parents.join(" "), s.closed)).collect();
    assert_eq!(found, [("a", String::new(), true), ("b", "a".into(), true), ("c", "b".into(), false)]);
    assert!(!listed.disabled);
    fake.close("c");
    assert!(shards::list(&source).await.expect("a list").disabled);
}

/// Event source mappings continue from saved positions.
#[tokio::test]
async fn a_saved_position_that_was_trimmed_continues_with_the_oldest_record() {
    let fake = FakeStreams::default();
    fake.open("a", None);
    put(&fake, "a", 4);
    fake.trim(3);
    let (warnings, collected) = Warnings::collected();
    let mut pages = Pages::new(source(&fake).await, "a", Cursor::After("1".into()), warnings);
    assert_eq!(pages.read(100).await.expect("a page").expect("an open shard").records.len(), 1);
    assert_eq!(*pages.cursor(), Cursor::After("4".into()));
    fake.close("a");
    assert!(pages.read(100).await.expect("a page").expect("the end of the shard").empty);
    assert!(pages.read(100).await.expect("no page").is_none() && pages.is_ended());
    assert_eq!(*collected.lock(), ["records of shard a after 1 have expired before they were read"]);
}
