//! Choices that the fuzzer's bytes make.

use latscope_schema::CallStatus;
use libfuzzer_sys::arbitrary::Unstructured;

/// Hands out choices until the bytes are used up, then the first of everything.
#[derive(Debug)]
pub struct Choices<'a>(Unstructured<'a>);

impl<'a> Choices<'a> {
    /// Choices from these bytes.
    pub fn new(data: &'a [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    /// Whether no choice is left.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// A number from 0 to `max`.
    pub fn up_to(&mut self, max: u64) -> u64 {
        self.0.int_in_range(0..=max).unwrap_or(0)
    }

    /// A number of any size up to `max`, small ones as likely as large ones.
    pub fn of_any_size(&mut self, max: u64) -> u64 {
        let bits = u64::from(64 - max.leading_zeros());
        let limit = 1_u64
            .checked_shl(self.up_to(bits) as u32)
            .map_or(max, |limit| limit.min(max));
        self.up_to(limit)
    }

    /// A position in a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        self.up_to(length.saturating_sub(1) as u64) as usize
    }

    /// One time in `n`; never once the bytes are used up.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.up_to(n - 1) == n - 1
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.once_in(2)
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.index(all.len())]
    }

    /// How a model call ended.
    pub fn call_status(&mut self) -> CallStatus {
        self.pick(&[
            CallStatus::Ok,
            CallStatus::Error,
            CallStatus::Throttled,
            CallStatus::Timeout,
        ])
    }

    /// `value`, or nothing.
    pub fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| value(self))
    }

    /// Any order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.index(last + 1);
            list.swap(last, other);
        }
    }

    /// A UUID, one of a few or any.
    pub fn uuid(&mut self) -> String {
        let value = if self.once_in(4) {
            u128::from(self.up_to(u64::MAX)) << 64 | u128::from(self.up_to(u64::MAX))
        } else {
            0x5a1c_0f7e_3b2d_4e6f_8a90_1b2c_3d4e_5f60 + u128::from(self.up_to(3))
        };
        let hex = format!("{value:032x}");
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Text of up to `parts` pieces.
    pub fn text(&mut self, pieces: &[&str], parts: u64) -> String {
        let count = self.up_to(parts);
        (0..count).map(|_| self.pick(pieces)).collect()
    }
}
