//! How the program is linked.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|of_target| of_target == value);
    // At a fixed address nothing must be relocated when it starts: 1.5 ms instead of 3 (docs/architecture.md).
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bin=latscope=-no-pie");
    }
}
