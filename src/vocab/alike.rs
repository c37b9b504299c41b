//! Whether short texts are alike, told without a call.

/// Whether both are the same bytes.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    if one.len() != other.len() {
        return false;
    }
    let (Some(last), Some(last_of_other)) = (one.last_chunk(), other.last_chunk()) else {
        return one.iter().zip(other).all(|(a, b)| a == b);
    };
    let (words, _) = one.as_chunks();
    let (words_of_other, _) = other.as_chunks();
    // The last word covers what is left behind whole ones.
    words.iter().zip(words_of_other).all(|(a, b)| word(a) == word(b)) && word(last) == word(last_of_other)
}

/// What stands behind these bytes, if the text begins with them. For a few dozen of them, which are not known when latscope is
/// built.
#[inline]
pub(crate) fn behind<'t>(text: &'t [u8], begin: &[u8]) -> Option<&'t [u8]> {
    let (first, rest) = text.split_at_checked(begin.len())?;
    is_same(first, begin).then_some(rest)
}

/// What stands before these bytes, if the text ends with them.
#[inline]
pub(crate) fn before<'t>(text: &'t [u8], end: &[u8]) -> Option<&'t [u8]> {
    let (rest, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    is_same(last, end).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn they_are_told_as_the_library_tells(text in "[ab]{0,40}", from in 0_usize..40, to in 0_usize..40, other in "[ab]{0,20}") {
            let text = text.as_bytes();
            let own = text.get(from..).unwrap_or_default();
            let beginning = text.get(..to).unwrap_or(text);
            for part in [own, beginning, other.as_bytes()] {
                prop_assert_eq!(behind(text, part), text.strip_prefix(part));
                prop_assert_eq!(before(text, part), text.strip_suffix(part));
            }
        }

        #[test]
        fn one_byte_tells_them_apart(length in 1_usize..40, at in 0_usize..40) {
            let text = vec![b'a'; length];
            let mut other = text.clone();
            other[at % length] = b'b';
            prop_assert_eq!(behind(&text, &other), None);
            prop_assert_eq!(before(&text, &other), None);
        }
    }
}
