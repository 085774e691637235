// SPDX-License-Identifier: Apache-2.0
//! B2: functions placed in the start-up section run before main, once and in order; they may allocate and read the environment.
#[path = "../probe.rs"]
mod probe;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};

static ORDER: AtomicU32 = AtomicU32::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

fn mark(number: u32) {
    ORDER.store(ORDER.load(SeqCst) * 10 + number, SeqCst);
}

extern "C" fn first() {
    mark(1);
    ALLOCATED.store(format!("{}-{}", 42, "ctor").len() + std::env::var("XTEST_NONCE").map_or(0, |_| 1000), SeqCst);
}

extern "C" fn second() {
    mark(2);
}

#[used]
#[cfg_attr(not(windows), link_section = ".init_array")]
#[cfg_attr(windows, link_section = ".CRT$XCV")]
static SECOND: extern "C" fn() = second;

#[used]
#[cfg_attr(not(windows), link_section = ".init_array.00201")]
#[cfg_attr(windows, link_section = ".CRT$XCU")]
static FIRST: extern "C" fn() = first;

fn main() {
    let order = ORDER.load(SeqCst);
    probe::check(order >= 10, "ctors-missing", || {
        format!("2 start-up functions expected before main, {} ran", order.to_string().trim_start_matches('0').len())
    });
    probe::check(order < 10 || order == 12, "ctor-order", || format!("the start-up functions 1 and 2 ran as {order}"));
    let with_nonce = if std::env::var_os("XTEST_NONCE").is_some() { 1007 } else { 7 };
    let got = ALLOCATED.load(SeqCst);
    probe::check(order < 10 || got == with_nonce, "ctor-libc", || {
        format!("allocation or the environment did not work before main ({got} instead of {with_nonce})")
    });
    probe::end()
}
