//! A local stack that the tests of one file share. It is up as long as one of them runs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::stack::Stack;

/// Place for a stack that several tests use, in a `static` of their file.
///
/// Tests that run at the same time get the same stack; the last one that drops it takes it down. A later test starts another.
pub struct Shared {
    stack: Mutex<Weak<Stack>>,
    /// Stacks started so far.
    count: AtomicUsize,
    turn: tokio::sync::Mutex<()>,
}

impl Shared {
    pub const fn new() -> Self {
        Self { stack: Mutex::new(Weak::new()), count: AtomicUsize::new(0), turn: tokio::sync::Mutex::const_new(()) }
    }

    /// Returns the stack, started as `test` and prepared where none is up.
    pub fn up(&self, test: &str, prepare: impl FnOnce(&Stack)) -> Arc<Stack> {
        // A preparation that failed has left no stack: the next test tries again.
        let mut slot = self.stack.lock();
        if let Some(stack) = slot.upgrade() {
            return stack;
        }
        // A name of its own: the stack before it may still be stopping.
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let stack = Arc::new(Stack::up(&format!("{test}-{count}")));
        prepare(&stack);
        *slot = Arc::downgrade(&stack);
        stack
    }

    /// Waits until no other test holds a turn, for tests that would disturb each other on the same stack.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}
