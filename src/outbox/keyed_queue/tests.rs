use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

type Queue = KeyedQueue<&'static str, u32>;

fn all(_: Option<&&str>, _: &u32) -> Choice {
    Choice::Take
}

fn queue(items: &[(&'static str, u32)]) -> Queue {
    let mut queue = Queue::default();
    items.iter().for_each(|(key, item)| queue.push(Some(*key), *item, 1));
    queue
}

fn items(queue: &Queue, tickets: &[Ticket]) -> Vec<u32> {
    tickets.iter().map(|ticket| queue.slot(*ticket).unwrap().item).collect()
}

#[test]
fn one_item_of_a_key_at_a_time() {
    let mut queue = queue(&[("a", 1), ("a", 2), ("b", 3)]);
    let taken = queue.take(all);
    assert_eq!(items(&queue, &taken), [1, 3]);
    queue.done(taken[1]);
    assert_eq!(queue.take(all), []);
    queue.done(taken[0]);
    let taken = queue.take(all);
    assert_eq!(items(&queue, &taken), [2]);
}

#[test]
fn items_put_back_come_first_and_block_their_key() {
    let mut queue = queue(&[("a", 1), ("b", 2), ("c", 3), ("a", 4)]);
    let taken = queue.take(|_, item| if *item < 3 { Choice::Take } else { Choice::Stop });
    taken.iter().rev().for_each(|ticket| queue.put_back(*ticket));
    let taken = queue.take(all);
    assert_eq!(items(&queue, &taken), [1, 2, 3]);
}

#[test]
fn skipped_items_keep_their_place() {
    let mut queue = queue(&[("a", 1), ("b", 2), ("c", 3)]);
    let taken = queue.take(|_, item| if *item == 2 { Choice::Take } else { Choice::Pass });
    assert_eq!(items(&queue, &taken), [2]);
    let taken = queue.take(all);
    assert_eq!(items(&queue, &taken), [1, 3]);
}

#[test]
fn items_wait_until_due() {
    let mut queue = queue(&[("a", 1), ("a", 2)]);
    let ticket = queue.take_one().unwrap();
    let now = Instant::now();
    let due = now + Duration::from_secs(1);
    assert_eq!([queue.count_attempt(ticket), queue.count_attempt(ticket)], [1, 2]);
    queue.put_back_until(ticket, due);
    queue.wake(now);
    assert_eq!((queue.take_one(), queue.next_due()), (None, Some(due)));
    queue.wake(due);
    assert_eq!((queue.take_one(), queue.next_due()), (Some(ticket), None));
    queue.replace(ticket, |item| *item = 9);
    assert_eq!((queue.count_attempt(ticket), items(&queue, &[ticket])), (1, vec![9]));
}

#[test]
fn a_break_skips_the_rest_of_its_key_only() {
    let all = [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)];
    let mut seen = Vec::new();
    let finished = |item| {
        seen.push(item);
        if item == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let run = run_in_order(all, 2, |item| async move { Ok::<_, ()>(item) }, finished);
    futures_util::FutureExt::now_or_never(run).unwrap().unwrap();
    assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 4, 5]));
    let run = run_in_order(
        all,
        2,
        |item| async move { if item == 4 { Err(item) } else { Ok(()) } },
        |()| ControlFlow::Continue(()),
    );
    assert_eq!(futures_util::FutureExt::now_or_never(run), Some(Err(4)));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// `None`: an item without a key.
    Push(Option<u8>),
    /// Takes at most this many, and skips every third.
    Take(u8),
    Done(u8),
    PutBack(u8),
    Wait(u8, u8),
    Wake(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::weighted(0.9, 0u8..4).prop_map(Step::Push),
        2 => (0u8..4).prop_map(Step::Take),
        4 => any::<u8>().prop_map(Step::Done),
        1 => any::<u8>().prop_map(Step::PutBack),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(which, at)| Step::Wait(which, at)),
        1 => any::<u8>().prop_map(Step::Wake),
    ]
}

proptest! {
    /// Compared with a model: each key's items are taken in order and one at a time despite failures, every item is
    /// taken in the end, and memory and bytes depend only on the unfinished items.
    #[test]
    fn every_key_keeps_its_order(steps in proptest::collection::vec(step(), 0..200)) {
        let start = Instant::now();
        let mut queue: KeyedQueue<u8, usize> = KeyedQueue::default();
        let mut keys: Vec<Option<u8>> = Vec::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut out: Vec<(Ticket, usize)> = Vec::new();
        let finish = [Step::Wake(255), Step::Take(4), Step::Done(0), Step::Done(0), Step::Done(0), Step::Done(0)];
        for step in steps.into_iter().chain(std::iter::repeat_n(finish, 210).flatten()) {
            match step {
                Step::Push(key) => {
                    queue.push(key, keys.len(), 1);
                    keys.push(key);
                }
                Step::Take(most) => {
                    let mut taken = Vec::new();
                    let tickets = queue.take(|key, item| {
                        assert_eq!(key, keys[*item].as_ref());
                        if taken.len() == usize::from(most) {
                            Choice::Stop
                        } else if most < 4 && item % 3 == 1 {
                            Choice::Pass
                        } else {
                            taken.push(*item);
                            Choice::Take
                        }
                    });
                    prop_assert_eq!(tickets.len(), taken.len());
                    out.extend(tickets.into_iter().zip(taken));
                    let mut in_flight = BTreeSet::new();
                    for (_, item) in &out {
                        if let Some(key) = keys[*item] {
                            prop_assert!(in_flight.insert(key), "two items of a key in flight");
                            let earlier = (0..*item).filter(|other| keys[*other] == Some(key));
                            prop_assert!(earlier.into_iter().all(|other| done.contains(&other)), "overtaken");
                        }
                    }
                }
                Step::Done(which) if !out.is_empty() => {
                    let (ticket, item) = out.swap_remove(usize::from(which) % out.len());
                    prop_assert!(done.insert(item));
                    queue.done(ticket);
                }
                Step::PutBack(which) if !out.is_empty() => {
                    queue.put_back(out.swap_remove(usize::from(which) % out.len()).0);
                }
                Step::Wait(which, at) if !out.is_empty() => {
                    let (ticket, _) = out.swap_remove(usize::from(which) % out.len());
                    queue.put_back_until(ticket, start + Duration::from_secs(at.into()));
                }
                Step::Wake(at) => queue.wake(start + Duration::from_secs(at.into())),
                _ => {}
            }
            let left: Vec<usize> = (0..keys.len()).filter(|item| !done.contains(item)).collect();
            let front = left.first().copied().unwrap_or(keys.len());
            prop_assert_eq!(queue.front(), Ticket(front as u64));
            prop_assert_eq!(queue.unfinished().copied().collect::<Vec<_>>(), left.clone());
            prop_assert_eq!((queue.bytes(), queue.slots.len()), (keys.len() - front, keys.len() - front));
            let open: BTreeSet<u8> = left.iter().filter_map(|item| keys[*item]).collect();
            prop_assert_eq!(queue.last.keys().copied().collect::<BTreeSet<_>>(), open);
        }
        prop_assert_eq!(done.len(), keys.len(), "an item never became ready");
        prop_assert!(queue.is_empty());
    }

    /// Keys take turns, each in its order, and every item remains.
    #[test]
    fn round_robin_keeps_the_order_of_each_key(keys in proptest::collection::vec(0u8..6, 0..80)) {
        let items: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
        let arranged = round_robin(items.clone(), |(key, _)| *key);
        let mut sorted = arranged.clone();
        sorted.sort_unstable_by_key(|(_, place)| *place);
        prop_assert_eq!(&sorted, &items);
        let mut last: BTreeMap<u8, usize> = BTreeMap::new();
        for (key, place) in &arranged {
            prop_assert!(last.insert(*key, *place).is_none_or(|before| before < *place));
        }
        // While several keys have items left, two of the same key do not follow each other.
        let counts = |key: u8| items.iter().filter(|(k, _)| *k == key).count();
        let shortest = (0..6).map(counts).filter(|count| *count > 0).min().unwrap_or(0);
        let alive = (0..6).filter(|key| counts(*key) > 0).count();
        for pair in arranged[..shortest * alive].windows(2).filter(|_| alive > 1) {
            prop_assert_ne!(pair[0].0, pair[1].0);
        }
    }
}
