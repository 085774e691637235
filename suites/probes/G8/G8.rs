// SPDX-License-Identifier: Apache-2.0
//! G8: getrandom by its system call number and through the C library, and what std's own hash keys are made of.
#[path = "../probe.rs"]
mod probe;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Whole buffers, nothing beyond them, and not all the same bytes. `get` returns the length or a negative error number.
fn short_buffers(name: &str, get: &dyn Fn(&mut [u8], u32) -> isize) {
    for length in [0usize, 1, 7, 16, 33, 256] {
        let mut buffer = [0u8; 260];
        buffer[length] = 0xa5;
        let got = get(&mut buffer[..length], 0);
        if !probe::check(got == length as isize, "failed", || format!("{name} of {length} bytes returned {got}")) {
            return;
        }
        probe::check(buffer[length] == 0xa5, "overrun", || format!("{name} of {length} bytes wrote behind its buffer"));
        let distinct = buffer[..length].iter().collect::<std::collections::BTreeSet<_>>().len();
        probe::check(length < 33 || distinct > length / 4, "not-random", || format!("{name} of {length} bytes gave {distinct} different values"));
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "dragonfly", target_os = "illumos", target_os = "solaris"))]
fn ask() {
    extern "C" {
        fn getrandom(into: *mut u8, length: usize, flags: u32) -> isize;
    }
    let signed = |got: isize| if got < 0 { -(std::io::Error::last_os_error().raw_os_error().unwrap_or(0) as isize) } else { got };
    let libc = move |into: &mut [u8], flags: u32| signed(unsafe { getrandom(into.as_mut_ptr(), into.len(), flags) });
    short_buffers("getrandom", &libc);
    let flags = libc(&mut [0; 16], u32::MAX);
    probe::check(flags == -22, "flags-errno", || format!("getrandom with unknown flags returned {flags}, expected -22 (EINVAL)"));
    #[cfg(target_os = "linux")]
    {
        extern "C" {
            fn syscall(number: std::os::raw::c_long, ...) -> std::os::raw::c_long;
        }
        let number = match std::env::consts::ARCH {
            "x86_64" => 318,
            "x86" => 355,
            "arm" => 384,
            "powerpc" | "powerpc64" => 359,
            "s390x" => 349,
            _ => 278, // aarch64, riscv, loongarch: the common table
        };
        let raw = move |into: &mut [u8], flags: u32| signed(unsafe { syscall(number, into.as_mut_ptr(), into.len(), flags) } as isize);
        short_buffers("the system call getrandom", &raw);
        let raw_flags = raw(&mut [0; 16], u32::MAX);
        probe::check(raw_flags == flags, "disagree", || format!("with unknown flags the system call returns {raw_flags}, the C library {flags}"));
    }
}

#[cfg(windows)]
fn ask() {
    #[link(name = "advapi32")]
    extern "system" {
        #[link_name = "SystemFunction036"]
        fn rtl_gen_random(into: *mut u8, length: u32) -> u8;
    }
    short_buffers("RtlGenRandom", &|into, _| match unsafe { rtl_gen_random(into.as_mut_ptr(), into.len() as u32) } {
        0 => -1,
        _ => into.len() as isize,
    });
}

fn main() {
    ask();
    let keys = || std::thread::spawn(|| RandomState::new().build_hasher().finish()).join();
    let (one, two) = (keys(), keys());
    probe::check(matches!((&one, &two), (Ok(a), Ok(b)) if a != b), "not-random", || format!("two threads have the hash keys {one:?} and {two:?}"));
    probe::end()
}
