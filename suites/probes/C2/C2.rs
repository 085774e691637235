// SPDX-License-Identifier: Apache-2.0
//! C2: std reports an overflow of a spawned thread's stack with the thread's name and aborts, also with large frames.
#[path = "../probe.rs"]
mod probe;
use std::mem::MaybeUninit;

/// Where the compiler makes stack probes (x86 since ever) the low end of a frame is touched first; elsewhere each page.
const STEP: usize = if cfg!(any(target_arch = "x86", target_arch = "x86_64")) { usize::MAX } else { 4096 };

#[inline(never)]
fn dig<const BYTES: usize>(depth: u64) -> u64 {
    let mut frame = MaybeUninit::<[u8; BYTES]>::uninit();
    let low = frame.as_mut_ptr() as *mut u8;
    let mut at = BYTES;
    while at >= STEP {
        unsafe { std::ptr::write_volatile(low.add(at - 1), 1) };
        at -= STEP;
    }
    unsafe { std::ptr::write_volatile(low, depth as u8) };
    if depth == u64::MAX {
        return 0;
    }
    dig::<BYTES>(depth + 1) + unsafe { std::ptr::read_volatile(low) } as u64
}

fn overflow(role: String) -> ! {
    let body = move || match role.as_str() {
        "256" => dig::<256>(0),
        "8192" => dig::<8192>(0),
        _ => dig::<65536>(0),
    };
    let thread = std::thread::Builder::new().name("digger".into()).stack_size(512 << 10).spawn(body);
    std::process::exit((thread.unwrap().join().unwrap() & 1) as i32)
}

fn main() {
    if let Some(role) = probe::role() {
        overflow(role);
    }
    for (bytes, key) in [("256", "guard-missed"), ("8192", "guard-jumped"), ("65536", "guard-jumped")] {
        let child = probe::child(bytes);
        let text = probe::stderr_of(&child);
        let said = text.contains("thread 'digger'") && text.contains("has overflowed its stack");
        probe::check(said, key, || {
            format!("frames of {bytes} bytes: the child does not say that its thread overflowed ({})", probe::tail_of(&child))
        });
        if cfg!(unix) {
            let aborted = probe::fatal_code(&child) == Some(6);
            probe::check(!said || aborted, "abort-status", || format!("after reporting the overflow the child ended with {}", child.status));
        }
    }
    probe::end()
}
