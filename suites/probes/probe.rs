// SPDX-License-Identifier: Apache-2.0
//! The protocol of a probe program for Rust (see probe.h): Rust 2021, rustc 1.63, std only, included by
//! `#[path = "../probe.rs"] mod probe;`. Every line is written and flushed at once, in any thread.
#![allow(dead_code)]
use std::io::Write;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static CHECKS: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

fn say(text: &str) {
    let nonce = std::env::var("XTEST_NONCE").unwrap_or_else(|_| "-".into());
    let line = format!("@xtest {} {}\n", nonce, text.replace(&['\n', '\r'][..], " "));
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes());
    let _ = out.flush();
}

pub fn note(text: &str) {
    say(&format!("note {text}"));
}

pub fn check(good: bool, key: &str, detail: impl FnOnce() -> String) -> bool {
    CHECKS.fetch_add(1, SeqCst);
    if !good {
        FAILED.fetch_add(1, SeqCst);
        say(&format!("fail {} {}", key, detail()));
    }
    good
}

/// Writes the trailer and ends the process.
pub fn end() -> ! {
    if CHECKS.load(SeqCst) == 0 {
        check(false, "no-checks", || "the probe ended without a single check".into());
    }
    let (checks, failed) = (CHECKS.load(SeqCst), FAILED.load(SeqCst));
    say(&format!("end {} {checks} {failed}", if failed > 0 { "bad" } else { "ok" }));
    std::process::exit((failed > 0) as i32)
}

/// Ends the process as "cannot be asked here".
pub fn skip(reason: &str) -> ! {
    say(&format!("skip {reason}"));
    say("end skip 0 0");
    std::process::exit(0)
}

/// What this process is asked to do as a child of itself, or None in the parent. It travels in the environment: where a
/// port loses the arguments, every child would take itself for a parent and start another one.
pub fn role() -> Option<String> {
    std::env::var("XTEST_ROLE").ok()
}

/// Runs this very program with a role; ends the probe when that cannot be done.
pub fn child(role: &str) -> Output {
    let run = std::env::current_exe().and_then(|me| Command::new(me).env("XTEST_ROLE", role).env("RUST_BACKTRACE", "1").output());
    match run {
        Ok(output) => output,
        Err(error) => {
            check(false, "reexec", || format!("the program could not start itself: {error}"));
            end()
        }
    }
}

pub fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The last 160 bytes of what the child wrote to stderr, for a detail.
pub fn tail_of(output: &Output) -> String {
    let text = stderr_of(output);
    let from = (text.len().saturating_sub(160)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}: ...{}", output.status, &text[from..])
}

/// The signal, or on Windows the exception code, that ended the child.
pub fn fatal_code(output: &Output) -> Option<u32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&output.status).map(|signal| signal as u32);
    #[cfg(windows)]
    return output.status.code().map(|code| code as u32).filter(|code| *code >= 0xC000_0000);
}
