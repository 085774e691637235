// SPDX-License-Identifier: Apache-2.0
//! C4: a store through NULL or to a wild address kills the child by SIGSEGV, and std does not call it an overflow.
#[path = "../probe.rs"]
mod probe;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[inline(never)]
unsafe fn store_byte(at: *mut u8) {
    at.write_volatile(1)
}

fn store(role: &str) -> ! {
    static NULL: AtomicUsize = AtomicUsize::new(0);
    static WILD: AtomicUsize = AtomicUsize::new(16 << 10); // below what systems let be mapped, above the first page
    let address = if role == "null" { &NULL } else { &WILD }.load(SeqCst);
    unsafe { store_byte(address as *mut u8) };
    std::process::exit(0)
}

fn main() {
    if let Some(role) = probe::role() {
        store(&role);
    }
    for role in ["null", "wild"] {
        let child = probe::child(role);
        let code = probe::fatal_code(&child);
        let good = if cfg!(windows) { code == Some(0xC000_0005) } else { code == Some(11) || code == Some(10) };
        probe::check(!probe::stderr_of(&child).contains("overflowed its stack"), "misclassified", || {
            format!("a {role} store is reported as a stack overflow ({})", probe::tail_of(&child))
        });
        probe::check(good, "fatal-signal", || format!("a {role} store did not end in a fault ({})", probe::tail_of(&child)));
    }
    probe::end()
}
