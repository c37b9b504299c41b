//! Columns of whole numbers in no more bytes than they take.

/// A whole number that a column can hold.
pub trait Whole: Copy + Eq + From<u32> + TryInto<u32> {}
impl Whole for u32 {}
impl Whole for u64 {}

/// A column of whole numbers, of which rows may have none. It takes no room where all rows are alike, four bytes a row
/// where all numbers are below 2³² − 1, and else as many as a list of them.
#[derive(Debug, Clone)]
pub struct Optional<T>(Kept<T>);

#[derive(Debug, Clone)]
enum Kept<T> {
    /// So many rows of this.
    Alike(Option<T>, usize),
    /// [`NONE`] stands for none.
    Narrow(Vec<u32>),
    Wide(Vec<Option<T>>),
}

const NONE: u32 = u32::MAX;

#[inline]
fn widened<T: Whole>(value: u32) -> Option<T> {
    (value != NONE).then(|| T::from(value))
}

/// `None` if it takes more room.
#[inline]
fn narrowed<T: Whole>(value: Option<T>) -> Option<u32> {
    match value {
        None => Some(NONE),
        Some(value) => value.try_into().ok().filter(|value| *value != NONE),
    }
}

impl<T: Whole> Optional<T> {
    /// A column of so many rows that have none.
    pub fn none(len: usize) -> Self {
        Self(Kept::Alike(None, len))
    }

    /// The number of a row, if it has one.
    #[inline]
    pub fn get(&self, row: usize) -> Option<T> {
        match &self.0 {
            Kept::Narrow(values) => widened(*values.get(row)?),
            Kept::Alike(value, len) => value.filter(|_| row < *len),
            Kept::Wide(values) => values.get(row).copied().flatten(),
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Alike(_, len) => *len,
            Kept::Narrow(values) => values.len(),
            Kept::Wide(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each row's number.
    pub fn iter(&self) -> impl Iterator<Item = Option<T>> + Clone + '_ {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The numbers of the rows that have one.
    pub fn told(&self) -> impl Iterator<Item = T> + Clone + '_ {
        // Where no row has one there is nothing to look through.
        let rows = match &self.0 {
            Kept::Alike(None, _) => 0,
            _ => self.len(),
        };
        (0..rows).filter_map(|row| self.get(row))
    }

    /// What rows that follow each other have alike, and how many these are.
    pub fn runs(&self) -> impl Iterator<Item = (Option<T>, usize)> + '_ {
        let mut end = 0;
        std::iter::from_fn(move || {
            let start = end;
            let value = (start < self.len()).then(|| self.get(start))?;
            end = match &self.0 {
                Kept::Alike(_, len) => *len,
                Kept::Narrow(_) | Kept::Wide(_) => {
                    let alike = (start + 1..self.len()).take_while(|row| self.get(*row) == value);
                    start + 1 + alike.count()
                }
            };
            Some((value, end - start))
        })
    }

    /// Whether any row has one.
    pub fn is_told(&self) -> bool {
        self.told().next().is_some()
    }

    /// These rows, in this order; those that there are.
    pub(super) fn pick(&self, rows: &[u32]) -> Self {
        match &self.0 {
            Kept::Alike(value, len) => {
                let count = rows.iter().filter(|row| (**row as usize) < *len).count();
                Self(Kept::Alike(*value, count))
            }
            Kept::Narrow(values) => {
                let picked = rows.iter().filter_map(|row| values.get(*row as usize).copied());
                Self(Kept::Narrow(picked.collect()))
            }
            Kept::Wide(values) => {
                let picked = rows.iter().filter_map(|row| values.get(*row as usize).copied());
                Self(Kept::Wide(picked.collect()))
            }
        }
    }

    /// Another number for a row, for tests.
    #[cfg(test)]
    pub(crate) fn set(&mut self, row: usize, value: Option<T>) {
        let change = |(at, old)| if at == row { value } else { old };
        *self = self.iter().enumerate().map(change).collect();
    }
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(Kept::Alike(None, 0))
    }
}

impl<T: Whole> PartialEq for Optional<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Whole> Eq for Optional<T> {}

impl<T: Whole> FromIterator<Option<T>> for Optional<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(values: I) -> Self {
        let mut values = values.into_iter();
        let Some(first) = values.next() else {
            return Self::default();
        };
        let all = values.size_hint().0 + 1;
        let mut alike = 1;
        let other = values.by_ref().find(|value| {
            let is_other = *value != first;
            alike += usize::from(!is_other);
            is_other
        });
        let Some(other) = other else {
            return Self(Kept::Alike(first, alike));
        };
        let mut narrow = Vec::with_capacity(all);
        let head = std::iter::repeat_n(first, alike).chain([other]);
        let mut rest = head.chain(values);
        let too_large = rest.find(|value| match narrowed(*value) {
            Some(value) => {
                narrow.push(value);
                false
            }
            None => true,
        });
        let Some(too_large) = too_large else {
            return Self(Kept::Narrow(narrow));
        };
        let mut wide = Vec::with_capacity(all);
        wide.extend(narrow.into_iter().map(widened));
        wide.push(too_large);
        wide.extend(rest);
        Self(Kept::Wide(wide))
    }
}

impl<T: Whole> From<Vec<Option<T>>> for Optional<T> {
    fn from(values: Vec<Option<T>>) -> Self {
        values.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    #[test]
    fn it_takes_no_more_room_than_needed() {
        let kept = |values: &[Option<u64>]| values.iter().copied().collect::<Optional<u64>>().0;
        let large = u64::from(NONE);
        assert!(matches!(kept(&[None; 9]), Kept::Alike(None, 9)));
        assert!(matches!(kept(&[Some(large); 9]), Kept::Alike(Some(_), 9)));
        assert!(matches!(kept(&[Some(large - 1), None]), Kept::Narrow(_)));
        assert!(matches!(kept(&[Some(large), None]), Kept::Wide(_)));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(values in vec(option::of(prop_oneof![0_u64..3, u64::from(NONE) - 1..=u64::from(NONE), Just(u64::MAX)]), 0..9), row in 0_usize..9) {
            let mut column = Optional::from(values.clone());
            prop_assert_eq!(&column.iter().collect::<Vec<_>>(), &values);
            prop_assert_eq!(column.told().collect::<Vec<_>>(), values.iter().flatten().copied().collect::<Vec<_>>());
            prop_assert_eq!(column.is_told(), values.iter().any(Option::is_some));
            let runs: Vec<_> = column.runs().collect();
            prop_assert_eq!(runs, values.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect::<Vec<_>>());
            prop_assert_eq!(column.get(values.len()), None);
            let rows = [row as u32, 0, row as u32];
            let picked: Vec<_> = rows.iter().filter_map(|row| values.get(*row as usize).copied()).collect();
            prop_assert_eq!(column.pick(&rows), Optional::from(picked));
            if row < values.len() {
                column.set(row, Some(7));
                prop_assert_eq!(column.get(row), Some(7));
            }
        }
    }
}
