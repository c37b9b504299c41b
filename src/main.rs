//! The `latscope` program.

fn main() {}
