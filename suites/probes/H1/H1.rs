// SPDX-License-Identifier: Apache-2.0
//! H1: structures by value between Rust and the target's C library (div, ldiv, lldiv, inet_ntoa), and between two
//! `extern "C"` functions of Rust that cannot be inlined into each other.
#[path = "../probe.rs"]
mod probe;
use std::os::raw::{c_char, c_int, c_long, c_longlong};

macro_rules! pair {
    ($name:ident, $number:ty) => {
        #[repr(C)]
        #[derive(Clone, Copy, PartialEq, Debug)]
        struct $name {
            quotient: $number,
            remainder: $number,
        }
    };
}
pair!(Div, c_int);
pair!(LongDiv, c_long);
pair!(LongLongDiv, c_longlong);

#[repr(C)]
#[derive(Clone, Copy)]
struct Address([u8; 4]);

extern "C" {
    fn div(a: c_int, b: c_int) -> Div;
    fn ldiv(a: c_long, b: c_long) -> LongDiv;
    fn lldiv(a: c_longlong, b: c_longlong) -> LongLongDiv;
}
#[cfg_attr(windows, link(name = "ws2_32"))]
extern "system" {
    fn inet_ntoa(address: Address) -> *const c_char;
}

macro_rules! shapes {
    ($($name:ident { $($member:ident : $kind:ty = $value:expr),+ })+) => {$(
        #[repr(C)]
        #[derive(Clone, Copy, PartialEq, Debug)]
        struct $name { $($member: $kind),+ }
        impl $name {
            const SENT: $name = $name { $($member: $value),+ };
            #[inline(never)]
            extern "C" fn take(before: c_int, value: $name, between: f64, after: c_longlong) -> $name {
                let scalars = before == 123 && between == 2.5 && after == 456;
                probe::check(scalars, "scalars", || format!("beside {value:?} the scalars arrived as {before}, {between}, {after}"));
                probe::check(value == Self::SENT, "struct-arg", || format!("{:?} arrived as {value:?}", Self::SENT));
                value
            }
            fn judge() {
                let take: extern "C" fn(c_int, $name, f64, c_longlong) -> $name = Self::take;
                let take = unsafe { std::ptr::read_volatile(&take) };
                let back = take(123, Self::SENT, 2.5, 456);
                probe::check(back == Self::SENT, "struct-return", || format!("{:?} came back as {back:?}", Self::SENT));
            }
        }
    )+
    fn judge_shapes() { $($name::judge();)+ }};
}
shapes! {
    OneByte { a: u8 = 11 }
    ThreeBytes { a: [u8; 3] = [1, 2, 3] }
    TwoFloats { a: f32 = 1.5, b: f32 = 2.25 }
    FourDoubles { a: [f64; 4] = [1.0, 2.0, 3.0, 4.5] }
    IntDouble { a: i32 = 5, b: f64 = 2.5 }
    DoubleInt { a: f64 = 2.5, b: i32 = 5 }
    Large { a: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, -8] }
}

fn main() {
    let (int, long, long_long) = unsafe { (div(-17, 5), ldiv(-17, 5), lldiv(-17_000_000_000_000, 5_000_000_000_000)) };
    probe::check(int == Div { quotient: -3, remainder: -2 }, "libc-return", || format!("div(-17, 5) of the C library came back as {int:?}"));
    probe::check(long == LongDiv { quotient: -3, remainder: -2 }, "libc-return", || format!("ldiv(-17, 5) came back as {long:?}"));
    let expected = LongLongDiv { quotient: -3, remainder: -2_000_000_000_000 };
    probe::check(long_long == expected, "libc-return", || format!("lldiv came back as {long_long:?}, expected {expected:?}"));
    let text = unsafe { std::ffi::CStr::from_ptr(inet_ntoa(Address([192, 0, 2, 33]))) }.to_string_lossy().into_owned();
    probe::check(text == "192.0.2.33", "libc-arg", || format!("inet_ntoa of the C library took 192.0.2.33 for {text}"));
    judge_shapes();
    probe::end()
}
