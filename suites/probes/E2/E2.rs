// SPDX-License-Identifier: Apache-2.0
//! E2: values in thread_local! are dropped before join returns, once, also those first used in another's drop.
#[path = "../probe.rs"]
mod probe;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

static MADE: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);
static DAMAGED: AtomicUsize = AtomicUsize::new(0);
static LATE: AtomicUsize = AtomicUsize::new(0);

struct Item(String);

impl Item {
    fn new() -> Item {
        MADE.fetch_add(1, SeqCst);
        Item("item".repeat(20))
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, SeqCst);
        if self.0 != "item".repeat(20) {
            DAMAGED.fetch_add(1, SeqCst);
        }
        let _ = SECOND_LEVEL.try_with(|late| late.borrow_mut().0.push('x'));
    }
}

struct Late(String);

impl Drop for Late {
    fn drop(&mut self) {
        LATE.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static FIRST: RefCell<Item> = RefCell::new(Item::new());
    static SECOND: RefCell<Item> = RefCell::new(Item::new());
    static SECOND_LEVEL: RefCell<Late> = RefCell::new(Late(String::new()));
}

fn main() {
    let threads = 8;
    for _ in 0..threads {
        let run = std::thread::Builder::new().spawn(|| {
            FIRST.with(|item| item.borrow_mut().0.truncate(80));
            SECOND.with(|item| item.borrow_mut().0.truncate(80));
        });
        let joined = run.map(|thread| thread.join().is_ok());
        probe::check(matches!(joined, Ok(true)), "thread", || format!("a thread could not run: {joined:?}"));
    }
    let (made, dropped, late) = (MADE.load(SeqCst), DROPPED.load(SeqCst), LATE.load(SeqCst));
    probe::check(made == 2 * threads, "tls-ctor", || format!("{made} values were made in {threads} threads, expected {}", 2 * threads));
    probe::check(dropped == made, "dtors-missing", || format!("{dropped} of {made} values were dropped when their threads had been joined"));
    probe::check(DAMAGED.load(SeqCst) == 0, "dtor-value", || format!("{} values were damaged when dropped", DAMAGED.load(SeqCst)));
    probe::check(dropped != made || late == threads, "dtor-reinit", || {
        format!("{late} of {threads} values first used in another's drop were dropped")
    });
    probe::end()
}
