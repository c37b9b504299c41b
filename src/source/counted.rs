//! Bytes that are counted while they are read.

use std::io::{self, Read, Seek, SeekFrom};

/// A reader that tells how many bytes each read brought. Whoever reads takes whole blocks, so that counting costs nothing
/// that can be measured.
pub struct Counted<'a, R> {
    reader: R,
    tell: &'a (dyn Fn(u64) + Sync),
}

impl<'a, R> Counted<'a, R> {
    /// The same bytes; after each read `tell` is given their number.
    pub fn new(reader: R, tell: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { reader, tell }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        (self.tell)(length as u64);
        Ok(length)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
