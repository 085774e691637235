// SPDX-License-Identifier: Apache-2.0
//! D6: the backtrace of a panic names the functions of a known chain of calls, innermost first.
#[path = "../probe.rs"]
mod probe;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

static ONE: AtomicU64 = AtomicU64::new(1);

#[inline(never)]
fn xtest_innermost(n: u64) -> u64 {
    if n > 1 {
        panic!("wanted");
    }
    n
}

#[inline(never)]
fn xtest_middle(n: u64) -> u64 {
    xtest_innermost(n + ONE.load(SeqCst)) + ONE.load(SeqCst)
}

#[inline(never)]
fn xtest_outermost(n: u64) -> u64 {
    xtest_middle(n) + ONE.load(SeqCst)
}

fn main() {
    if probe::role().is_some() {
        std::process::exit(xtest_outermost(ONE.load(SeqCst)) as i32);
    }
    let child = probe::child("panic");
    let text = probe::stderr_of(&child);
    let at: Vec<_> = ["xtest_innermost", "xtest_middle", "xtest_outermost"].iter().map(|name| text.find(name)).collect();
    let frames = text.lines().filter(|line| line.trim_start().split(':').next().map_or(false, |n| n.parse::<u32>().is_ok())).count();
    probe::check(child.status.code() == Some(101), "panic", || format!("the child ended with {}, expected 101", child.status));
    if probe::check(frames >= 4, "frames", || format!("the backtrace of a panic has {frames} frames ({})", probe::tail_of(&child))) {
        probe::check(at.iter().all(|place| place.is_some()) && at.windows(2).all(|pair| pair[0] < pair[1]), "names", || {
            format!("{} of 3 functions are named in the backtrace of {frames} frames, or in the wrong order", at.iter().flatten().count())
        });
    }
    probe::end()
}
