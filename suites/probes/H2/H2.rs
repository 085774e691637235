// SPDX-License-Identifier: Apache-2.0
//! H2: variable arguments from Rust to the target's C library: integers, long long, doubles, more than there are registers.
#[path = "../probe.rs"]
mod probe;
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int, c_long, c_longlong};

extern "C" {
    fn sprintf(into: *mut c_char, text: *const c_char, ...) -> c_int;
    fn sscanf(text: *const c_char, format: *const c_char, ...) -> c_int;
}

macro_rules! prints {
    ($key:expr, $expected:expr, $text:expr $(, $value:expr)*) => {{
        let mut into = [0 as c_char; 512];
        let text = CString::new($text).unwrap();
        let length = unsafe { sprintf(into.as_mut_ptr(), text.as_ptr() $(, $value)*) };
        let got = unsafe { CStr::from_ptr(into.as_ptr()) }.to_string_lossy().into_owned();
        probe::check(got == $expected && length as usize == got.len(), $key, || {
            format!("sprintf of {:?} made {got:?} ({length}), expected {:?}", $text, $expected)
        });
    }};
}

fn main() {
    let name = CString::new("seven").unwrap();
    prints!("integers", "-1 4000000000 x -5", "%d %u %c %ld", -1 as c_int, 4_000_000_000u32, 'x' as c_int, -5 as c_long);
    prints!("long-long", "1 1099511627776 3 -2199023255552", "%d %lld %d %lld", 1 as c_int, 1i64 << 40, 3 as c_int, -(1i64 << 41) as c_longlong);
    prints!("doubles", "1.500 -2.250 0.125", "%.3f %.3f %.3f", 1.5f64, -2.25f64, 0.125f64);
    prints!("mixed", "1 2.5 3 4.5 seven 5 6.5", "%d %.1f %d %.1f %s %d %.1f", 1 as c_int, 2.5f64, 3 as c_int, 4.5f64, name.as_ptr(), 5 as c_int, 6.5f64);
    prints!("many", "1 2 3 4 5 6 7 8 9 10 11 12", "%d %d %d %d %d %d %d %d %d %d %d %d", 1 as c_int, 2 as c_int, 3 as c_int, 4 as c_int, 5 as c_int,
            6 as c_int, 7 as c_int, 8 as c_int, 9 as c_int, 10 as c_int, 11 as c_int, 12 as c_int);
    prints!("many", "1 2 3 4 5 6 7 8 9 10 11", "%.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f", 1f64, 2f64, 3f64, 4f64, 5f64, 6f64, 7f64, 8f64, 9f64, 10f64, 11f64);
    let (mut int, mut double, mut long_long) = (0 as c_int, 0f64, 0i64);
    let (text, format) = (CString::new("-12 2.5 1099511627776").unwrap(), CString::new("%d %lf %lld").unwrap());
    let got = unsafe { sscanf(text.as_ptr(), format.as_ptr(), &mut int as *mut c_int, &mut double as *mut f64, &mut long_long as *mut i64) };
    probe::check(got == 3 && int == -12 && double == 2.5 && long_long == 1 << 40, "pointers", || {
        format!("sscanf gave {got} values: {int}, {double}, {long_long}")
    });
    probe::end()
}
