//! What the tests of the handler share.

// Each test uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod analyser;
pub mod bedrock;
pub mod gateway;
pub mod http;
pub mod measured;
#[path = "../../../tests/common/peers.rs"]
pub mod peers;
pub mod rie;
pub mod stack;
