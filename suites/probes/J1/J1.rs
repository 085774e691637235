// SPDX-License-Identifier: Apache-2.0
//! J1: the System allocator aligns small and over-aligned blocks, zeroes on request, keeps the bytes when it reallocates.
#[path = "../probe.rs"]
mod probe;
use std::alloc::{GlobalAlloc, Layout, System};

unsafe fn holds(at: *const u8, size: usize, value: u8) -> bool {
    std::slice::from_raw_parts(at, size).iter().all(|byte| *byte == value)
}

unsafe fn one(size: usize, align: usize) -> bool {
    let layout = Layout::from_size_align(size, align).unwrap();
    let block = System.alloc_zeroed(layout);
    if !probe::check(!block.is_null() && block as usize % align == 0, "alignment", || {
        format!("alloc_zeroed of {size} bytes aligned to {align} returned {block:p}")
    }) {
        return false;
    }
    probe::check(holds(block, size, 0), "zeroed", || format!("alloc_zeroed of {size} bytes aligned to {align} is not zero"));
    block.write_bytes(0x5a, size);
    for new_size in [size * 3 + 1000, size / 2 + 1] {
        let grown = System.realloc(System.alloc(layout).also(|b| block.copy_to_nonoverlapping(*b, size)), layout, new_size);
        let good = !grown.is_null() && grown as usize % align == 0;
        probe::check(good, "alignment", || format!("realloc from {size} to {new_size} bytes aligned to {align} returned {grown:p}"));
        if good {
            probe::check(holds(grown, size.min(new_size), 0x5a), "realloc", || {
                format!("realloc from {size} to {new_size} bytes aligned to {align} lost bytes")
            });
            System.dealloc(grown, Layout::from_size_align(new_size, align).unwrap());
        }
    }
    System.dealloc(block, layout);
    true
}

trait Also: Sized {
    fn also(self, act: impl FnOnce(&Self)) -> Self {
        act(&self);
        self
    }
}
impl Also for *mut u8 {}

fn main() {
    'all: for shift in 0..=16 {
        for size in [1, 8, 24, 100, 1000, 70_000] {
            if !unsafe { one(size, 1 << shift) } {
                break 'all;
            }
        }
    }
    let texts: Vec<String> = (0..500usize).map(|i| "x".repeat(i * i % 3000)).collect();
    let intact = texts.iter().enumerate().filter(|(i, text)| text.len() == i * i % 3000 && text.bytes().all(|b| b == b'x')).count();
    probe::check(intact == 500, "overlap", || format!("{} of 500 strings were overwritten", 500 - intact));
    if cfg!(target_pointer_width = "64") {
        let refused = Vec::<u8>::new().try_reserve(isize::MAX as usize).is_err();
        probe::check(refused, "impossible", || "half the address space could be allocated".into());
    }
    probe::end()
}
