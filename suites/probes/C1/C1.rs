// SPDX-License-Identifier: Apache-2.0
//! C1: std reports an overflow of the main thread's stack by name and aborts; it is neither a bare SIGSEGV nor a hang.
#[path = "../probe.rs"]
mod probe;

#[inline(never)]
fn dig(depth: u64) -> u64 {
    let mut frame = [0u8; 512];
    unsafe { std::ptr::write_volatile(&mut frame[0], depth as u8) };
    if depth == u64::MAX {
        return 0;
    }
    dig(depth + 1) + unsafe { std::ptr::read_volatile(&frame[0]) } as u64
}

fn main() {
    if probe::role().is_some() {
        std::process::exit((dig(0) & 1) as i32);
    }
    let child = probe::child("overflow");
    let text = probe::stderr_of(&child);
    let said = text.contains("thread 'main'") && text.contains("has overflowed its stack");
    probe::check(said, "guard-missed", || format!("the child does not say that its stack overflowed ({})", probe::tail_of(&child)));
    if cfg!(unix) {
        let aborted = probe::fatal_code(&child) == Some(6);
        probe::check(!said || aborted, "abort-status", || format!("after reporting the overflow the child ended with {}", child.status));
    }
    probe::end()
}
