// SPDX-License-Identifier: Apache-2.0
//! B1: std's output delivers all bytes through a file, and reports an error for a full device and a closed descriptor.
#[path = "../probe.rs"]
mod probe;
use std::io::{BufWriter, Write};

#[cfg(unix)]
mod unix {
    use crate::probe;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::unix::io::{AsRawFd, FromRawFd};

    extern "C" {
        fn pipe(ends: *mut i32) -> i32;
        fn dup(fd: i32) -> i32;
        fn close(fd: i32) -> i32;
    }

    pub fn through_a_pipe(text: &[u8]) {
        let mut ends = [0i32; 2];
        if !probe::check(unsafe { pipe(ends.as_mut_ptr()) } == 0, "pipe", || format!("no pipe: {}", std::io::Error::last_os_error())) {
            return;
        }
        let (mut from, mut to) = unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
        let wrote = to.write_all(text);
        drop(to);
        let mut got = Vec::new();
        let read = from.read_to_end(&mut got);
        probe::check(wrote.is_ok() && read.is_ok() && got == text, "bytes", || {
            format!("{} bytes were written to a pipe ({wrote:?}), {} came out ({read:?})", text.len(), got.len())
        });
    }

    fn must_fail(mut out: File, what: &str, expected: i32) -> File {
        let number = out.write_all(b"hello\n").err().map(|e| e.raw_os_error());
        probe::check(number.is_some(), "lost-write", || format!("a write to {what} was reported as done"));
        probe::check(number.is_none() || number == Some(Some(expected)), "errno", || {
            format!("a write to {what} gave the error {number:?} instead of {expected}")
        });
        out
    }

    pub fn errors() {
        if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
            must_fail(full, "/dev/full", 28);
        }
        let closed = unsafe { File::from_raw_fd(dup(1)) };
        unsafe { close(closed.as_raw_fd()) };
        std::mem::forget(must_fail(closed, "a closed descriptor", 9));
    }
}

fn main() {
    println!("hello from a probe");
    let mut out = BufWriter::new(Vec::new());
    for i in 0..400 {
        let _ = writeln!(out, "hello {i} world {i:x}");
    }
    let text = out.into_inner().unwrap_or_default();
    probe::check(text.len() == 7618 && text.ends_with(b"hello 399 world 18f\n"), "format", || {
        format!("400 formatted lines have {} bytes", text.len())
    });
    #[cfg(unix)]
    {
        unix::through_a_pipe(&text[..text.len().min(4000)]); // Linux may give a pipe no more than a page
        unix::errors();
    }
    probe::end()
}
