//! The X-Ray trace of a request.

/// The id of a trace, by which records of one request may be found in several logs: `1-` with 8 and 24 hexadecimal digits
/// (the AWS X-Ray guide, "Tracing header"). A trace may hold several requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// Reads an id, or a tracing header of which it is the `Root`.
    pub fn parse(text: &str) -> Option<Self> {
        let root = text.split(';').find_map(|part| part.trim().strip_prefix("Root="));
        let (seconds, rest) = root
            .unwrap_or(text)
            .trim()
            .strip_prefix("1-")?
            .split_at_checked(8)?;
        let unique = rest.strip_prefix('-')?;
        let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if unique.len() != 24 || !is_hex(seconds) || !is_hex(unique) {
            return None;
        }
        let seconds = u128::from_str_radix(seconds, 16).ok()?;
        let unique = u128::from_str_radix(unique, 16).ok()?;
        Some(Self(seconds << 96 | unique))
    }
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1-{:08x}-{:024x}", self.0 >> 96, self.0 & (u128::MAX >> 32))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_trace_is_read_from_a_header_or_alone() {
        let id = "1-643eb81e-7b15c13c3bff33247638ad8d";
        let read = TraceId::parse(id).unwrap();
        assert_eq!(read.to_string(), id);
        for text in [
            "Root=1-643eb81e-7b15c13c3bff33247638ad8d;Parent=53995c3f42cd8ad8;Sampled=1",
            "Self=1-00000000-000000000000000000000000; Root=1-643eb81e-7b15c13c3bff33247638ad8d",
            " 1-643EB81E-7B15C13C3BFF33247638AD8D ",
        ] {
            assert_eq!(TraceId::parse(text), Some(read), "{text}");
        }
        for text in [
            "",
            "-",
            "1-643eb81e",
            "2-643eb81e-7b15c13c3bff33247638ad8d",
            "1-643eb81e-7b15c13c3bff33247638ad8",
            "1-+43eb81e-7b15c13c3bff33247638ad8d",
            "1-é43eb8e-7b15c13c3bff33247638ad8d",
        ] {
            assert_eq!(TraceId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(value: u128) {
            let id = TraceId(value);
            prop_assert_eq!(TraceId::parse(&id.to_string()), Some(id));
        }
    }
}
