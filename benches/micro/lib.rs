//! Micro-benchmarks stand in `benches`.
