//! Tests of counting and bounds, without any I/O.

use chrono::TimeDelta;

use super::*;
use crate::pipelines;
use crate::pipelines::Hop;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap_or_default()
}

pub fn model() -> Model {
    model_of("rds-eventbridge")
}

pub fn model_of(pipeline: &'static str) -> Model {
    let head = Head { pipeline, stage: "dev".into(), ..Head::default() };
    Model {
        stops: hops::stops(pipelines::find(head.pipeline).expect("a pipeline")),
        head,
        place: Place::default(),
        state: Mutex::default(),
    }
}

fn counts(model: &Model) -> Vec<u64> {
    Picture::of(model, &model.lock(), at(3)).stages.iter().map(|stage| stage.count).collect()
}

#[test]
fn an_event_counts_once_at_each_hop_in_any_order() {
    let model = model();
    let id = Uuid::from_u128(1);
    model.lock().see(id, Step::Delivered, at(2), |trace| trace.committed_at(at(0)));
    assert_eq!(counts(&model), [1, 1, 1, 1], "what is on the bus has passed every hop");
    model.lock().see(id, Step::Captured, at(1), |_| {});
    model.lock().see(id, Step::Stream, at(1), |_| {});
    model.lock().see(id, Step::Delivered, at(3), |_| {});
    assert_eq!(counts(&model), [1, 1, 1, 1]);
    let state = model.lock();
    let trace = state.trace(id).expect("kept");
    assert_eq!((trace.redelivered, trace.at(Step::Delivered)), (1, Some(at(2))));
    assert_eq!(trace.span_to(Step::Delivered), Some(TimeDelta::seconds(1)), "since the hop before");
    assert_eq!(trace.whole(), Some(TimeDelta::seconds(2)));
    drop(state);
    let histogram = Picture::of(&model, &model.lock(), at(3)).histogram;
    let counted: Vec<_> = histogram.into_iter().filter(|class| class.count > 0).collect();
    assert_eq!(counted.iter().map(|class| (class.to_ms, class.count)).collect::<Vec<_>>(), [(Some(2_000), 1)]);
}

#[test]
fn a_capture_without_its_slot_is_broken_whatever_the_state_of_its_task() {
    use crate::aws::dms::SlotUse;
    use crate::deployment::Health;
    use crate::postgres::admin::Slot;
    use crate::ui::model::Condition;
    let model = model();
    let captured = || {
        let stages = Picture::of(&model, &model.lock(), at(0)).stages;
        let stage = stages.into_iter().find(|stage| stage.stop.step == Step::Captured).expect("the capture");
        (stage.state, stage.note)
    };
    let running = Health { what: "capture task", name: "t".into(), state: "running".into(), detail: String::new() };
    model.lock().health = vec![running.clone()];
    model.lock().slot = SlotUse { needed: true, named: None, plugin: "pgoutput" };
    assert_eq!(captured().0, Condition::Good, "the database was not asked yet");
    let fill = Fill { rows: 1, exact: true, unprocessed: None, uncaptured: None, bytes: 1 };
    model.lock().tables.fill = Some(fill);
    for state in ["running", "stopped", "failed"] {
        model.lock().health = vec![Health { state: state.into(), ..running.clone() }];
        let (condition, note) = captured();
        assert!(condition == Condition::Bad && note.starts_with("the database has no replication slot: "), "{note}");
        assert!(note.contains("`outboxctl dms rebuild`"), "{note}");
    }
    let slot = |wal_status: &str| Slot {
        name: "s".into(),
        plugin: "pgoutput".into(),
        active: true,
        lag_bytes: None,
        retained_bytes: None,
        wal_status: Some(wal_status.into()),
    };
    model.lock().health = vec![running.clone()];
    model.lock().tables.slots = vec![slot("reserved")];
    assert_eq!(captured().0, Condition::Good);
    model.lock().tables.slots = vec![slot("lost")];
    assert!(captured().1.starts_with("replication slot s is lost: "), "{}", captured().1);
    // Before its first start a task needs no slot.
    model.lock().slot = SlotUse::default();
    model.lock().tables.slots = Vec::new();
    model.lock().health = vec![Health { state: "ready".into(), ..running }];
    assert_eq!(captured().0, Condition::Unsure);
}

#[test]
fn a_capture_that_does_not_run_has_the_command_that_continues_it() {
    use crate::deployment::Health;
    let model = model();
    for (state, command) in [("stopped", "start"), ("ready", "start"), ("failed", "status")] {
        let (name, detail) = (String::new(), String::new());
        model.lock().health = vec![Health { what: "capture task", name, state: state.into(), detail }];
        let capture = model.picture().stages.into_iter().find(|stage| stage.stop.step == Step::Captured);
        let note = capture.expect("the capture").note;
        assert!(note.contains(&format!(": run outboxctl dms {command}")), "{note}");
    }
}

#[test]
fn a_source_that_does_not_respond_is_reported_with_the_age_of_its_data() {
    let model = model();
    let mut state = model.lock();
    state.source("database", None);
    state.ask("database");
    state.ask("lease table");
    let begun = Instant::now();
    let ok = |state: &State, now| state.sources(now).iter().map(|source| (source.name, source.ok)).collect::<Vec<_>>();
    assert_eq!(ok(&state, begun), [("database", true)], "requests take time");
    let late = begun + SILENT;
    assert_eq!(ok(&state, late), [("database", false), ("lease table", false)]);
    let at = state.sources["database"].at.format("%H:%M:%S UTC").to_string();
    let error = state.sources(late).remove(0).error.expect("an error");
    assert!(error.contains("; the data is from ") && error.ends_with(&at), "{error}");
    state.source("database", None);
    assert_eq!(ok(&state, late), [("database", true), ("lease table", false)]);
}

#[test]
fn waiting_and_failed_events_are_distinguished() {
    let model = model();
    for n in 0..5 {
        model.lock().see(Uuid::from_u128(n), Step::Stream, at(0), |_| {});
    }
    model.lock().see(Uuid::from_u128(0), Step::Delivered, at(1), |_| {});
    model.lock().see(Uuid::from_u128(1), Step::Failed, at(1), |trace| trace.failure = Some("EventTooLarge".into()));
    let waiting: Vec<u64> =
        Picture::of(&model, &model.lock(), at(2)).stages.iter().map(|stage| stage.waiting).collect();
    assert_eq!(waiting, [0, 0, 0, 3]);
    model.lock().see(Uuid::from_u128(1), Step::Delivered, at(2), |_| {});
    let last = Picture::of(&model, &model.lock(), at(3)).stages.pop().expect("a stage");
    assert_eq!((last.count, last.waiting), (2, 3), "one that was sent again was delivered, not lost");
}

#[test]
fn rates_follow_the_hops_own_time() {
    let model = model();
    for n in 0..20 {
        model.lock().see(Uuid::from_u128(n), Step::Stream, at(0), |trace| trace.committed_at(at(-30)));
    }
    let picture = Picture::of(&model, &model.lock(), at(1));
    let rate = |hop: Hop| picture.stages.iter().find(|stage| stage.stop.hop == hop).map(|stage| stage.rate);
    assert_eq!((rate(Hop::Database), rate(Hop::Stream)), (Some(0.0), Some(2.0)));
    assert_eq!(picture.stages[0].curve.iter().sum::<u32>(), 20, "half a minute ago is on the curve");
}

#[test]
fn paths_are_bounded_and_counts_are_not() {
    let model = model();
    let many = TRACES as u128 + 500;
    for n in 0..many {
        model.lock().see(Uuid::from_u128(n), Step::Stream, at(0), |_| {});
    }
    let state = model.lock();
    assert_eq!(state.changed(0, usize::MAX).len(), TRACES);
    assert!(state.trace(Uuid::from_u128(0)).is_none() && state.trace(Uuid::from_u128(many - 1)).is_some());
    assert_eq!(u128::from(Picture::of(&model, &state, at(0)).stages[2].count), many);
}

#[test]
fn a_payload_is_cut_between_characters() {
    let mut trace = Trace::new(Uuid::nil());
    trace.keep_payload("é".repeat(20_000));
    assert!(trace.detail.payload.is_some_and(|text| text.ends_with("é …") && text.chars().count() == 8_002));
}
