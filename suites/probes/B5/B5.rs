// SPDX-License-Identifier: Apache-2.0
//! B5: a child's exit code arrives unchanged, a panic is 101, abort is SIGABRT, exit in a thread ends the process.
#[path = "../probe.rs"]
mod probe;
use std::process::{abort, exit};

fn act(role: &str) -> ! {
    match role {
        "thread" => {
            let _ = std::thread::spawn(|| exit(6)).join();
            exit(99)
        }
        "panic" => panic!("wanted"),
        "abort" => abort(),
        code => exit(code.parse().unwrap()),
    }
}

fn main() {
    if let Some(role) = probe::role() {
        act(&role);
    }
    let table = [("0", 0, "exit-code"), ("1", 1, "exit-code"), ("101", 101, "exit-code"), ("255", 255, "exit-code"),
                 ("panic", 101, "panic"), ("thread", 6, "exit-in-thread")];
    for (role, expected, key) in table {
        let child = probe::child(role);
        probe::check(child.status.code() == Some(expected), key, || {
            format!("the child \"{role}\" ended with {}, expected {expected}", child.status)
        });
    }
    let child = probe::child("abort");
    let aborted = if cfg!(windows) { !child.status.success() } else { probe::fatal_code(&child) == Some(6) };
    probe::check(aborted, "abort", || format!("the child \"abort\" ended with {}", child.status));
    probe::end()
}
