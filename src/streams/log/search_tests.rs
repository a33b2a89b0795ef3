//! A simulated log, read every second. Times are seconds.

use proptest::prelude::*;

use super::*;

const INTERVAL: Duration = Duration::from_secs(10);
/// The reader starts at this second.
const OPENED: i64 = 100_000;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time")
}

/// An event of the log, which arrives so long after its own time.
#[derive(Debug, Clone, Copy)]
struct Logged {
    arrives: i64,
    delay: i64,
}

/// Reads the log from [`OPENED`] until a second; returns the numbers of the events shown, in order.
fn shown(log: &[Logged], until: i64) -> Vec<usize> {
    let mut search = Search::new(Some(at(OPENED)), INTERVAL);
    let (begun, mut shown) = (Instant::now(), Vec::new());
    for second in OPENED..=until {
        let now = begun + Duration::from_secs((second - OPENED).unsigned_abs());
        let read = search.next(second == until, now);
        let start = search.start(read).expect("a start");
        for (n, event) in log.iter().enumerate() {
            let stamp = at(event.arrives - event.delay);
            if event.arrives <= second
                && stamp >= start
                && search.is_new(&n.to_string(), stamp, Some(at(event.arrives)))
            {
                shown.push(n);
            }
        }
        search.done(read, 1, now);
    }
    shown
}

proptest! {
    /// EventBridge's retries come with the time of their first attempt.
    #[test]
    fn every_event_that_arrives_is_shown_once_however_late_it_is(
        log in prop::collection::vec((OPENED - 60..OPENED + 200, 0..7_200_i64), 0..40)
    ) {
        let log: Vec<Logged> = log.into_iter().map(|(arrives, delay)| Logged { arrives, delay }).collect();
        let mut shown = shown(&log, OPENED + 350);
        shown.sort_unstable();
        let new: Vec<usize> = (0..log.len()).filter(|n| log[*n].arrives >= OPENED).collect();
        prop_assert_eq!(shown, new);
    }
}

#[test]
fn the_last_read_returns_to_the_start() {
    // The second event arrives right before the end, four minutes behind a newer one.
    let log = [Logged { arrives: OPENED + 290, delay: 0 }, Logged { arrives: OPENED + 300, delay: 250 }];
    let mut search = Search::new(Some(at(OPENED)), Duration::from_secs(1_000));
    search.done(Read::Wide, 1, Instant::now());
    assert!(search.is_new("0", at(log[0].arrives), Some(at(log[0].arrives))));
    let second = at(log[1].arrives - log[1].delay);
    let read = search.next(false, Instant::now());
    assert!(read == Read::Narrow && search.start(read).expect("a start") > second);
    let read = search.next(true, Instant::now());
    assert!(read == Read::Last && search.start(read).expect("a start") <= second);
}

#[test]
fn an_event_with_a_time_in_the_future_hides_no_later_ones() {
    // CloudWatch Logs accepts up to two hours ahead.
    let (mut search, now) = (Search::new(None, INTERVAL), Utc::now());
    for arrived in [None, Some(now)] {
        assert!(search.is_new("", now + TimeDelta::hours(1), arrived));
        let start = search.start(Read::Narrow).expect("a start");
        assert!(start <= Utc::now(), "reads from {start}");
    }
}

#[test]
fn a_busy_log_is_read_less_far_back_and_less_often() {
    let (mut search, now) = (Search::new(Some(at(0)), INTERVAL), Instant::now());
    let after = |seconds| now + Duration::from_secs(seconds);
    search.done(Read::Wide, 1, now);
    assert_eq!((search.range, search.next(false, after(9))), (MIN_RANGE * 2, Read::Narrow));
    assert_eq!(search.next(false, after(10)), Read::Wide);
    search.done(Read::Wide, 30, now);
    assert_eq!((search.range, search.next(false, after(59))), (MIN_RANGE, Read::Narrow));
    assert_eq!(search.next(false, after(60)), Read::Wide);
    // A read of the newest events changes neither.
    search.done(Read::Narrow, 1, after(60));
    assert_eq!((search.range, search.next(false, after(60))), (MIN_RANGE, Read::Wide));
}

#[test]
fn no_read_returns_to_forgotten_events() {
    let mut search = Search::new(None, INTERVAL);
    let stamp = |n: usize| at(0) + TimeDelta::milliseconds(n as i64);
    for n in 0..=REMEMBERED {
        assert!(search.is_new(&n.to_string(), stamp(n), Some(stamp(n))));
    }
    let oldest = search.start(Read::Last).expect("a start");
    assert_eq!(oldest, stamp(REMEMBERED / 2 + 1));
    assert!(!search.is_new(&(REMEMBERED / 2 + 1).to_string(), oldest, Some(oldest)), "the oldest one of a read");
}
