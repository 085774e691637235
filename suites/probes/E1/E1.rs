// SPDX-License-Identifier: Apache-2.0
//! E1: thread_local! values with constant and with computed initialisers, large and aligned ones, fresh in each thread.
#[path = "../probe.rs"]
mod probe;
use std::cell::{Cell, RefCell};

#[repr(align(4096))]
struct Page(Cell<u32>);

thread_local! {
    static IMAGE: Cell<u64> = const { Cell::new(0x1234_5678_9abc_def0) };
    static ZERO: Cell<u32> = const { Cell::new(0) };
    static LARGE: RefCell<[u8; 70_000]> = const { RefCell::new([7; 70_000]) };
    static PAGE: Page = const { Page(Cell::new(0x7061_6765)) };
    static COMPUTED: RefCell<String> = RefCell::new("c".repeat(3));
}

struct View {
    image: u64,
    rest: bool,
    misaligned: usize,
    computed: String,
    address: usize,
}

fn look() -> View {
    let view = View {
        image: IMAGE.with(|v| v.replace(99)),
        rest: ZERO.with(|v| v.replace(99)) == 0
            && LARGE.with(|v| v.borrow().iter().all(|byte| *byte == 7))
            && PAGE.with(|v| v.0.replace(99)) == 0x7061_6765,
        misaligned: PAGE.with(|v| v as *const Page as usize) & 4095,
        computed: COMPUTED.with(|v| v.replace("changed".into())),
        address: IMAGE.with(|v| v as *const Cell<u64> as usize),
    };
    LARGE.with(|v| v.borrow_mut().fill(0));
    view
}

fn judge(who: &str, view: &View) {
    probe::check(view.image == 0x1234_5678_9abc_def0, "tls-image", || format!("{who} found {:#x} instead of 0x123456789abcdef0", view.image));
    probe::check(view.rest, "tls-image", || format!("{who} found a zero, large or aligned variable not as its image says"));
    probe::check(view.misaligned == 0, "tls-align", || format!("in {who} a variable aligned to 4096 is off by {}", view.misaligned));
    probe::check(view.computed == "ccc", "tls-ctor", || format!("{who} found {:?} where its own initialiser gives \"ccc\"", view.computed));
}

fn main() {
    let here = look();
    judge("the main thread", &here);
    for who in ["a first thread", "a second thread"] {
        match std::thread::Builder::new().spawn(look).map(|thread| thread.join()) {
            Ok(Ok(view)) => {
                judge(who, &view);
                probe::check(view.address != here.address, "tls-shared", || format!("{who} uses the main thread's variable"));
            }
            other => {
                probe::check(false, "thread", || format!("{who} could not run: {:?}", other.map(|_| "panic")));
            }
        }
    }
    probe::check(IMAGE.with(Cell::get) == 99, "tls-shared", || "another thread changed the main thread's variable".into());
    probe::end()
}
