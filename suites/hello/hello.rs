// SPDX-License-Identifier: Apache-2.0
//! The plainest Rust program that says something; the last line is the trailer that a pass needs.

fn main() {
    let nonce = std::env::var("XTEST_NONCE").unwrap_or_else(|_| "-".into());
    println!("hello from rust: 6*7={}", 6 * 7);
    println!("@xtest {nonce} end ok 1 0");
}
