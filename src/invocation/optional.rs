//! Columns of whole numbers in no more bytes than they take.

use std::ops::Range;

/// A whole number that a column can hold.
pub trait Whole: Copy + Eq + From<u32> + TryInto<u32> {
    /// What stands for none in a column of whole ones.
    const NONE: Self;

    /// The spare list of such numbers.
    fn spare(spare: &mut Spare) -> &mut Vec<Self>;

    /// The base from which numbers near this one are counted: the same for most of them.
    fn base(self) -> Self;

    /// The number so far from a base.
    fn from_base(base: Self, distance: u32) -> Self;

    /// How far a number is from a base, if it is not before it and not too far.
    fn distance(self, base: Self) -> Option<u32>;
}

impl Whole for u32 {
    const NONE: Self = Self::MAX;

    fn spare(spare: &mut Spare) -> &mut Vec<Self> {
        &mut spare.narrow
    }

    fn base(self) -> Self {
        0
    }

    fn from_base(_: Self, distance: u32) -> Self {
        distance
    }

    fn distance(self, _: Self) -> Option<u32> {
        Some(self)
    }
}

impl Whole for u64 {
    const NONE: Self = Self::MAX;

    fn spare(spare: &mut Spare) -> &mut Vec<Self> {
        &mut spare.wide
    }

    fn base(self) -> Self {
        // A quarter or more of what can be told lies before this number, and half or more behind it.
        self.saturating_sub(1 << BASE_BITS) >> BASE_BITS << BASE_BITS
    }

    #[inline]
    fn from_base(base: Self, distance: u32) -> Self {
        base + u64::from(distance)
    }

    #[inline]
    fn distance(self, base: Self) -> Option<u32> {
        u32::try_from(self.checked_sub(base)?).ok()
    }
}

/// Bases are multiples of two to the power of this, so that columns of one time have the same.
const BASE_BITS: u32 = 30;

/// Memory that the next column is put into an order in: that of the one before it, which has its pages already.
#[derive(Debug, Default)]
pub struct Spare {
    tiny: Vec<u8>,
    small: Vec<u16>,
    narrow: Vec<u32>,
    wide: Vec<u64>,
}

/// A column of whole numbers, of which rows may have none. It takes no room where all rows are alike, one byte a row
/// where all numbers are below 255, two where all are below 65,535, four where all are below 2³² − 1 or as near to each other, and
/// else as many as the number itself.
#[derive(Debug, Clone)]
pub struct Optional<T>(Kept<T>);

#[derive(Debug, Clone)]
enum Kept<T> {
    /// So many rows of this.
    Alike(Option<T>, usize),
    /// [`TINY_NONE`] stands for none.
    Tiny(Vec<u8>),
    /// [`SMALL_NONE`] stands for none.
    Small(Vec<u16>),
    /// [`NONE`] stands for none.
    Narrow(Vec<u32>),
    /// How far each is from a base; [`NONE`] stands for none.
    Near(T, Vec<u32>),
    /// [`Whole::NONE`] stands for none.
    Wide(Vec<T>),
    /// A row has the number that stands for none elsewhere.
    Any(Vec<Option<T>>),
}

const TINY_NONE: u8 = u8::MAX;
const SMALL_NONE: u16 = u16::MAX;
const NONE: u32 = u32::MAX;

/// The number of a row of fewer bytes, of which one value stands for none.
#[inline]
fn of_fewer<T: Whole, V: Into<u32> + Copy + Eq>(value: V, none: V) -> Option<T> {
    (value != none).then(|| T::from(value.into()))
}

#[inline]
fn of_tiny<T: Whole>(value: u8) -> Option<T> {
    of_fewer(value, TINY_NONE)
}

#[inline]
fn of_small<T: Whole>(value: u16) -> Option<T> {
    of_fewer(value, SMALL_NONE)
}

#[inline]
fn widened<T: Whole>(value: u32) -> Option<T> {
    of_fewer(value, NONE)
}

#[inline]
fn of_near<T: Whole>(base: T, value: u32) -> Option<T> {
    (value != NONE).then(|| T::from_base(base, value))
}

#[inline]
fn of_wide<T: Whole>(value: T) -> Option<T> {
    (value != T::NONE).then_some(value)
}

/// A number in fewer bytes, of which one value stands for none. `None` if it takes more room.
#[inline]
fn fewer<T: Whole, V: TryFrom<u32> + Copy + Eq>(value: Option<T>, none: V) -> Option<V> {
    let Some(value) = value else { return Some(none) };
    let value: u32 = value.try_into().ok()?;
    V::try_from(value).ok().filter(|value| *value != none)
}

#[inline]
fn tiny<T: Whole>(value: Option<T>) -> Option<u8> {
    fewer(value, TINY_NONE)
}

#[inline]
fn small<T: Whole>(value: Option<T>) -> Option<u16> {
    fewer(value, SMALL_NONE)
}

#[inline]
fn narrowed<T: Whole>(value: Option<T>) -> Option<u32> {
    fewer(value, NONE)
}

/// `None` if it is not near.
#[inline]
fn near<T: Whole>(base: T, value: Option<T>) -> Option<u32> {
    match value {
        None => Some(NONE),
        Some(value) => value.distance(base).filter(|distance| *distance != NONE),
    }
}

/// `None` if it takes more room.
#[inline]
fn wide<T: Whole>(value: Option<T>) -> Option<T> {
    match value {
        None => Some(T::NONE),
        Some(value) => (value != T::NONE).then_some(value),
    }
}

/// Adds values, with room for so many in all that are still to come.
fn extend<V: Copy>(values: &mut Vec<V>, others: &[V], more: usize) {
    values.reserve_exact(more.max(others.len()));
    values.extend_from_slice(others);
}

/// Adds values up to the first that does not fit, which is returned.
#[inline]
fn fill<T: Copy, V>(
    kept: &mut Vec<V>,
    values: &mut impl Iterator<Item = Option<T>>,
    fits: impl Fn(Option<T>) -> Option<V>,
) -> Option<Option<T>> {
    kept.reserve(values.size_hint().0);
    values.find(|value| match fits(*value) {
        Some(value) => {
            kept.push(value);
            false
        }
        None => true,
    })
}

/// Puts another value in the place of each, up to the first whose new one does not fit; how many these are.
fn changed_in_place<V: Copy>(values: &mut [V], change: impl Fn(V) -> Option<V>) -> usize {
    let fits = values.iter_mut().position(|value| match change(*value) {
        Some(changed) => {
            *value = changed;
            false
        }
        None => true,
    });
    fits.unwrap_or(values.len())
}

impl<T: Whole> Optional<T> {
    /// A column of so many rows that have none.
    pub fn none(len: usize) -> Self {
        Self(Kept::Alike(None, len))
    }

    /// A column of so many rows that have all the same.
    pub(super) fn alike(value: Option<T>, len: usize) -> Self {
        Self(Kept::Alike(value, len))
    }

    /// The number of a row, if it has one.
    #[inline]
    pub fn get(&self, row: usize) -> Option<T> {
        match &self.0 {
            Kept::Narrow(values) => widened(*values.get(row)?),
            Kept::Alike(value, len) => value.filter(|_| row < *len),
            Kept::Tiny(values) => of_tiny(*values.get(row)?),
            Kept::Small(values) => of_small(*values.get(row)?),
            Kept::Near(base, values) => of_near(*base, *values.get(row)?),
            Kept::Wide(values) => of_wide(*values.get(row)?),
            Kept::Any(values) => values.get(row).copied().flatten(),
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Alike(_, len) => *len,
            Kept::Tiny(values) => values.len(),
            Kept::Small(values) => values.len(),
            Kept::Narrow(values) => values.len(),
            Kept::Near(_, values) => values.len(),
            Kept::Wide(values) => values.len(),
            Kept::Any(values) => values.len(),
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

    /// Does something with the number of each of these rows, of those that there are: many rows in less time than one by one.
    pub(crate) fn each(&self, rows: Range<usize>, mut then: impl FnMut(usize, Option<T>)) {
        fn of<V: Copy>(values: &[V], rows: Range<usize>) -> impl Iterator<Item = (usize, V)> {
            let end = rows.end.min(values.len());
            let start = rows.start.min(end);
            (start..end).zip(values[start..end].iter().copied())
        }
        match &self.0 {
            Kept::Alike(value, len) => (rows.start..rows.end.min(*len)).for_each(|row| then(row, *value)),
            Kept::Tiny(values) => of(values, rows).for_each(|(row, value)| then(row, of_tiny(value))),
            Kept::Small(values) => of(values, rows).for_each(|(row, value)| then(row, of_small(value))),
            Kept::Narrow(values) => of(values, rows).for_each(|(row, value)| then(row, widened(value))),
            Kept::Near(base, values) => {
                of(values, rows).for_each(|(row, value)| then(row, of_near(*base, value)));
            }
            Kept::Wide(values) => of(values, rows).for_each(|(row, value)| then(row, of_wide(value))),
            Kept::Any(values) => of(values, rows).for_each(|(row, value)| then(row, value)),
        }
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
                _ => {
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
    pub fn pick(&self, rows: &[u32]) -> Self {
        fn picked<V: Copy>(values: &[V], rows: &[u32]) -> Vec<V> {
            let mut picked = Vec::with_capacity(rows.len());
            picked.extend(rows.iter().filter_map(|row| values.get(*row as usize).copied()));
            picked
        }
        Self(match &self.0 {
            Kept::Alike(value, len) => {
                let count = rows.iter().filter(|row| (**row as usize) < *len).count();
                Kept::Alike(*value, count)
            }
            Kept::Tiny(values) => Kept::Tiny(picked(values, rows)),
            Kept::Small(values) => Kept::Small(picked(values, rows)),
            Kept::Narrow(values) => Kept::Narrow(picked(values, rows)),
            Kept::Near(base, values) => Kept::Near(*base, picked(values, rows)),
            Kept::Wide(values) => Kept::Wide(picked(values, rows)),
            Kept::Any(values) => Kept::Any(picked(values, rows)),
        })
    }

    /// Puts the rows into this order, which has each of them once.
    pub(super) fn reorder(&mut self, order: &[u32], spare: &mut Spare) {
        fn put<V: Copy>(values: &mut Vec<V>, order: &[u32], spare: &mut Vec<V>) {
            spare.clear();
            spare.extend(order.iter().map(|row| values[*row as usize]));
            std::mem::swap(values, spare);
        }
        match &mut self.0 {
            Kept::Alike(..) => {}
            Kept::Tiny(values) => put(values, order, &mut spare.tiny),
            Kept::Small(values) => put(values, order, &mut spare.small),
            Kept::Narrow(values) | Kept::Near(_, values) => put(values, order, &mut spare.narrow),
            Kept::Wide(values) => put(values, order, T::spare(spare)),
            Kept::Any(_) => *self = self.pick(order),
        }
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, value: Option<T>) {
        match &mut self.0 {
            Kept::Alike(known, len) if *known == value => *len += 1,
            Kept::Narrow(values) if let Some(value) = narrowed(value) => values.push(value),
            Kept::Tiny(values) if let Some(value) = tiny(value) => values.push(value),
            Kept::Small(values) if let Some(value) = small(value) => values.push(value),
            Kept::Near(base, values) if let Some(value) = near(*base, value) => values.push(value),
            Kept::Wide(values) if let Some(value) = wide(value) => values.push(value),
            Kept::Any(values) => values.push(value),
            Kept::Alike(known, len @ 0) => (*known, *len) = (value, 1),
            _ => {
                self.make_room_for(value, 1);
                self.push(value);
            }
        }
    }

    /// Adds rows.
    #[inline]
    pub(super) fn extend_with(&mut self, mut values: impl Iterator<Item = Option<T>>) {
        loop {
            // What does not fit chooses another kind, of which there are few.
            let other = match &mut self.0 {
                Kept::Alike(known, len) => values.find(|value| {
                    let is_alike = value == known;
                    *len += usize::from(is_alike);
                    !is_alike
                }),
                Kept::Tiny(kept) => fill(kept, &mut values, tiny),
                Kept::Small(kept) => fill(kept, &mut values, small),
                Kept::Narrow(kept) => fill(kept, &mut values, narrowed),
                Kept::Near(base, kept) => fill(kept, &mut values, |value| near(*base, value)),
                Kept::Wide(kept) => fill(kept, &mut values, wide),
                Kept::Any(kept) => {
                    kept.extend(values.by_ref());
                    None
                }
            };
            match other {
                Some(other) => self.push(other),
                None => return,
            }
        }
    }

    /// Takes the number of a row out, in whose place the last row comes.
    pub(super) fn swap_remove(&mut self, row: usize) -> Option<T> {
        let value = self.get(row);
        if row >= self.len() {
            return value;
        }
        match &mut self.0 {
            Kept::Alike(_, len) => *len -= 1,
            Kept::Tiny(values) => _ = values.swap_remove(row),
            Kept::Small(values) => _ = values.swap_remove(row),
            Kept::Narrow(values) => _ = values.swap_remove(row),
            Kept::Near(_, values) => _ = values.swap_remove(row),
            Kept::Wide(values) => _ = values.swap_remove(row),
            Kept::Any(values) => _ = values.swap_remove(row),
        }
        value
    }

    /// Chooses a kind that holds this value beside all that are there.
    #[cold]
    fn make_room_for(&mut self, value: Option<T>, more: usize) {
        fn changed<T: Whole, V>(
            of: &Optional<T>,
            more: usize,
            fits: impl Fn(Option<T>) -> Option<V>,
        ) -> Option<Vec<V>> {
            let mut values = Vec::with_capacity(of.len() + more);
            match &of.0 {
                Kept::Alike(value, len) => {
                    for _ in 0..*len {
                        values.push(fits(*value)?);
                    }
                }
                _ => {
                    for value in of.iter() {
                        values.push(fits(value)?);
                    }
                }
            }
            Some(values)
        }
        let kept = if tiny(value).is_some()
            && let Some(values) = changed(self, more, tiny)
        {
            Kept::Tiny(values)
        } else if small(value).is_some()
            && let Some(values) = changed(self, more, small)
        {
            Kept::Small(values)
        } else if narrowed(value).is_some()
            && let Some(values) = changed(self, more, narrowed)
        {
            Kept::Narrow(values)
        } else if let Some(base) = value.or_else(|| self.told().next()).map(T::base)
            && let Some(values) = changed(self, more, |value| near(base, value))
        {
            Kept::Near(base, values)
        } else if wide(value).is_some()
            && let Some(values) = changed(self, more, wide)
        {
            Kept::Wide(values)
        } else {
            let mut values = Vec::with_capacity(self.len() + more);
            values.extend(self.iter());
            Kept::Any(values)
        };
        self.0 = kept;
    }

    /// One column of several, one behind the other; each is given back as soon as it was read.
    pub fn concat(parts: impl Iterator<Item = Self>, len: usize) -> Self {
        let mut whole = Self::default();
        for part in parts {
            match whole.is_empty() {
                true => whole = part,
                false => whole.extend_from(&part, len),
            }
        }
        whole
    }

    /// Adds the rows of another column; there will be `len` in all, or more.
    pub(super) fn extend_from(&mut self, part: &Self, len: usize) {
        let more = len.saturating_sub(self.len());
        match (&mut self.0, &part.0) {
            (_, Kept::Alike(_, 0)) => {}
            (Kept::Alike(value, known), Kept::Alike(other, count)) if value == other || *known == 0 => {
                (*value, *known) = (*other, *known + count);
            }
            (Kept::Tiny(values), Kept::Tiny(others)) => extend(values, others, more),
            (Kept::Small(values), Kept::Small(others)) => extend(values, others, more),
            (Kept::Narrow(values), Kept::Narrow(others)) => extend(values, others, more),
            (Kept::Near(base, values), Kept::Near(other, others)) if base == other => {
                extend(values, others, more);
            }
            (Kept::Wide(values), Kept::Wide(others)) => extend(values, others, more),
            _ => {
                let mut rows = part.iter();
                // The first that does not fit chooses a kind; with room for all that come.
                for value in rows.by_ref() {
                    let fits = match &self.0 {
                        Kept::Alike(..) => false,
                        Kept::Tiny(_) => tiny(value).is_some(),
                        Kept::Small(_) => small(value).is_some(),
                        Kept::Narrow(_) => narrowed(value).is_some(),
                        Kept::Near(base, _) => near(*base, value).is_some(),
                        Kept::Wide(_) => wide(value).is_some(),
                        Kept::Any(_) => true,
                    };
                    if !fits {
                        self.make_room_for(value, more);
                    }
                    self.push(value);
                }
            }
        }
    }

    /// The numbers with another in the place of each.
    pub fn map(&mut self, change: impl Fn(T) -> Option<T>) {
        let change = |value: Option<T>| value.and_then(&change);
        let done = match &mut self.0 {
            Kept::Alike(value, _) => return *value = change(*value),
            Kept::Tiny(values) => changed_in_place(values, |value| tiny(change(of_tiny(value)))),
            Kept::Small(values) => changed_in_place(values, |value| small(change(of_small(value)))),
            Kept::Narrow(values) => changed_in_place(values, |value| narrowed(change(widened(value)))),
            Kept::Near(base, values) => {
                let base = *base;
                changed_in_place(values, |value| near(base, change(of_near(base, value))))
            }
            Kept::Wide(values) => changed_in_place(values, |value| wide(change(of_wide(value)))),
            Kept::Any(values) => changed_in_place(values, |value| Some(change(value))),
        };
        if done < self.len() {
            let rows = self.iter().enumerate();
            *self = rows
                .map(|(row, value)| if row < done { value } else { change(value) })
                .collect();
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
        let mut column = Self::default();
        column.extend_with(values.into_iter());
        column
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
        assert!(matches!(kept(&[Some(254), None]), Kept::Tiny(_)));
        assert!(matches!(kept(&[Some(255), None]), Kept::Small(_)));
        assert!(matches!(kept(&[Some(65_534), None]), Kept::Small(_)));
        assert!(matches!(kept(&[Some(65_535), None]), Kept::Narrow(_)));
        assert!(matches!(kept(&[Some(large - 1), None]), Kept::Narrow(_)));
        let times = [
            Some(1_795_165_200_125),
            None,
            Some(1_795_165_200_125 - (1 << 30)),
            Some(1_795_165_200_125 + (1 << 31)),
        ];
        assert!(matches!(kept(&times), Kept::Near(_, _)));
        assert!(matches!(kept(&[Some(1 << 40), Some(1 << 41)]), Kept::Wide(_)));
        assert!(matches!(kept(&[Some(u64::MAX), None]), Kept::Near(_, _)));
        assert!(matches!(
            kept(&[Some(u64::MAX), None, Some(1 << 40)]),
            Kept::Any(_)
        ));
    }

    const NEAR: u64 = 1_795_165_200_125;

    proptest! {
        /// Whatever a column is counted from.
        #[test]
        fn what_is_near_stays_what_it_is(values in vec(option::weighted(0.9, prop_oneof![NEAR..NEAR + 3, NEAR - (1 << 31)..NEAR + (1 << 33)]), 0..9), at in 0_usize..9) {
            let column = Optional::from(values.clone());
            prop_assert_eq!(&column.iter().collect::<Vec<_>>(), &values);
            let parts = values.chunks(at.max(1)).map(|part| Optional::from(part.to_vec()));
            prop_assert_eq!(&Optional::concat(parts, values.len()), &column);
            let mut mapped = column;
            mapped.map(|value| value.checked_sub(NEAR));
            let expected: Vec<_> = values.iter().map(|value| value.and_then(|value| value.checked_sub(NEAR))).collect();
            prop_assert_eq!(mapped, Optional::from(expected));
        }

        #[test]
        fn nothing_is_lost(values in vec(option::of(prop_oneof![0_u64..3, 254_u64..256, 65_534_u64..65_536, NEAR..NEAR + 2, NEAR - (1 << 30)..NEAR + (1 << 31), u64::from(NONE) - 1..=u64::from(NONE), u64::MAX - 1..=u64::MAX]), 0..9), row in 0_usize..9) {
            let mut column = Optional::from(values.clone());
            prop_assert_eq!(&column.iter().collect::<Vec<_>>(), &values);
            let mut some = Vec::new();
            column.each(row..row + 4, |row, value| some.push((row, value)));
            let expected: Vec<_> = values.iter().copied().enumerate().skip(row).take(4).collect();
            prop_assert_eq!(some, expected);
            prop_assert_eq!(column.told().collect::<Vec<_>>(), values.iter().flatten().copied().collect::<Vec<_>>());
            prop_assert_eq!(column.is_told(), values.iter().any(Option::is_some));
            let runs: Vec<_> = column.runs().collect();
            prop_assert_eq!(runs, values.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect::<Vec<_>>());
            prop_assert_eq!(column.get(values.len()), None);
            let rows = [row as u32, 0, row as u32];
            let picked: Vec<_> = rows.iter().filter_map(|row| values.get(*row as usize).copied()).collect();
            prop_assert_eq!(column.pick(&rows), Optional::from(picked));
            let parts = values.chunks(row.max(1)).map(|part| Optional::from(part.to_vec()));
            prop_assert_eq!(&Optional::concat(parts, values.len()), &column);
            let mut extended = Optional::default();
            values.chunks(row.max(1)).for_each(|part| extended.extend_with(part.iter().copied()));
            prop_assert_eq!(&extended, &column);
            if row < values.len() {
                let (mut column, mut values) = (column.clone(), values.clone());
                prop_assert_eq!(column.swap_remove(row), values.swap_remove(row));
                prop_assert_eq!(column, Optional::from(values));
            }
            let mut mapped = column.clone();
            mapped.map(|value| value.checked_add(1));
            let expected: Vec<_> = values.iter().map(|value| value.and_then(|value| value.checked_add(1))).collect();
            prop_assert_eq!(mapped, Optional::from(expected));
            if row < values.len() {
                column.set(row, Some(7));
                prop_assert_eq!(column.get(row), Some(7));
            }
        }
    }
}
