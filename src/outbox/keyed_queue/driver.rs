//! Runs futures in order per key.

use std::future::Future;
use std::hash::Hash;
use std::ops::ControlFlow;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::KeyedQueue;

/// Runs `work` for each item: in sequence within a key, in parallel for up to `concurrency` keys.
///
/// `finished` gets each result; if it breaks, the later items of that key are skipped, and other keys continue.
///
/// # Errors
/// The first error of `work`. Unfinished work is dropped.
pub async fn run_in_order<K, T, O, E, F>(
    items: impl IntoIterator<Item = (K, T)>,
    concurrency: usize,
    mut work: impl FnMut(T) -> F,
    mut finished: impl FnMut(O) -> ControlFlow<()>,
) -> Result<(), E>
where
    K: Clone + Eq + Hash,
    F: Future<Output = Result<O, E>>,
{
    let mut queue = KeyedQueue::default();
    for (key, item) in items {
        queue.push(Some(key), Some(item), 0);
    }
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < concurrency.max(1)
            && let Some(ticket) = queue.take_one()
        {
            let mut item = None;
            queue.replace(ticket, |slot| item = slot.take());
            if let Some(item) = item {
                let result = work(item);
                running.push(async move { (ticket, result.await) });
            }
        }
        let Some((ticket, result)) = running.next().await else { return Ok(()) };
        if finished(result?).is_continue() {
            queue.done(ticket);
        }
    }
}
