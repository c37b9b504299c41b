//! Compressed streams, told by their first bytes.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::found::Compression;

/// What an unpacked frame may hold in memory to refer back to. Files of `zstd --ultra --long` may
/// ask for more and are refused.
const ZSTD_WINDOW_LIMIT_BYTES: u64 = 128 << 20;

/// The compression that the first bytes tell.
pub(super) fn of(block: &[u8]) -> Option<Compression> {
    match block {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // A frame, or one to be skipped.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        // The digit is the block size; a block or the end of an empty stream follows.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Compression::Bzip2),
        // A member, or the end of an empty archive.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Compression::Zip),
        _ => None,
    }
}

/// Unpacks a stream. Zip archives are not streams and are given back as they are.
pub(super) fn unpack<R: BufRead>(compression: Compression, packed: R) -> Unpacked<R> {
    match compression {
        Compression::Gzip => Unpacked::Gzip(Box::new(MultiGzDecoder::new(packed))),
        Compression::Bzip2 => Unpacked::Bzip2(MultiBzDecoder::new(packed)),
        Compression::Zstd => Unpacked::Zstd(Box::new(ZstdReader::new(packed))),
        Compression::Zip => Unpacked::AsItIs(packed),
    }
}

/// Unpacks Zstandard four times as fast, where it is known to be undamaged: of what stands before damage this decoder may
/// hold back 128 KiB.
pub(super) fn unpack_verified<R: BufRead>(packed: R) -> io::Result<VerifiedZstd<R>> {
    let mut decoder = match IDLE.take() {
        Some(decoder) => decoder,
        None => Decoder::new()?,
    };
    decoder.reinit()?;
    Ok(VerifiedZstd {
        packed,
        decoder: Some(decoder),
        is_in_frame: false,
    })
}

thread_local! {
    /// What a file was unpacked with, for the next one: it holds more than a megabyte, which a store of many segments would
    /// take from the kernel for each of them.
    static IDLE: Cell<Option<Decoder<'static>>> = const { Cell::new(None) };
}

/// See [`unpack_verified`].
pub(super) struct VerifiedZstd<R> {
    packed: R,
    /// Always there, but while it is given back.
    decoder: Option<Decoder<'static>>,
    is_in_frame: bool,
}

impl<R> Drop for VerifiedZstd<R> {
    fn drop(&mut self) {
        IDLE.set(self.decoder.take());
    }
}

impl<R: BufRead> Read for VerifiedZstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(0);
        };
        loop {
            let packed = self.packed.fill_buf()?;
            let is_end = packed.is_empty();
            if is_end && !self.is_in_frame {
                return Ok(0);
            }
            let (mut input, mut output) = (InBuffer::around(packed), OutBuffer::around(buffer));
            self.is_in_frame = decoder.run(&mut input, &mut output)? > 0;
            let (used, written) = (input.pos(), output.pos());
            self.packed.consume(used);
            if written > 0 || buffer.is_empty() {
                return Ok(written);
            }
            if is_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// A stream that is unpacked while it is read.
pub(super) enum Unpacked<R> {
    Gzip(Box<MultiGzDecoder<R>>),
    Bzip2(MultiBzDecoder<R>),
    Zstd(Box<ZstdReader<R>>),
    AsItIs(R),
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(stream) => stream.read(buffer),
            Self::Bzip2(stream) => stream.read(buffer),
            Self::Zstd(stream) => stream.read(buffer),
            Self::AsItIs(stream) => stream.read(buffer),
        }
    }
}

/// All frames of a Zstandard stream, one after the other.
pub(super) struct ZstdReader<R> {
    packed: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: BufRead> ZstdReader<R> {
    fn new(packed: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_LIMIT_BYTES);
        Self {
            packed,
            decoder,
            is_in_frame: false,
        }
    }

    /// Begins the next frame that holds data. Whether there is one.
    fn begin_frame(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let skipped = io::copy(&mut (&mut self.packed).take(length), &mut io::sink())?;
                    if skipped < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.fault(error)),
            }
        }
        Ok(false)
    }

    /// Where nothing follows, the stream was cut off; else it is damaged.
    fn fault(&mut self, error: FrameDecoderError) -> io::Error {
        match self.packed.fill_buf() {
            Ok([]) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => io::Error::new(io::ErrorKind::InvalidData, error),
            Err(error) => error,
        }
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame {
                if !self.begin_frame()? {
                    return Ok(0);
                }
                self.is_in_frame = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                if let Err(error) = self.decoder.decode_blocks(&mut self.packed, one) {
                    return Err(self.fault(error));
                }
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.is_in_frame = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"START RequestId: a Version: 1\nEND RequestId: a\n";

    fn packed(compression: Compression) -> Vec<u8> {
        match compression {
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(TEXT).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(TEXT).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => {
                ruzstd::encoding::compress_to_vec(TEXT, ruzstd::encoding::CompressionLevel::Fastest)
            }
            Compression::Zip => unreachable!("an archive is no stream"),
        }
    }

    fn unpacked(bytes: &[u8]) -> (Vec<u8>, io::Result<usize>) {
        let mut text = Vec::new();
        let compression = of(bytes).unwrap();
        let read = unpack(compression, bytes).read_to_end(&mut text);
        (text, read)
    }

    #[test]
    fn streams_one_after_the_other_are_read_to_the_end() {
        for compression in [Compression::Gzip, Compression::Bzip2, Compression::Zstd] {
            let mut bytes = packed(compression);
            assert_eq!(of(&bytes), Some(compression));
            if compression == Compression::Zstd {
                bytes.extend_from_slice(&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
            }
            bytes.extend(packed(compression));
            let (text, read) = unpacked(&bytes);
            assert_eq!(
                (text, read.unwrap()),
                (TEXT.repeat(2), 2 * TEXT.len()),
                "{compression}"
            );
        }
    }

    fn unpacked_verified(bytes: &[u8]) -> (Vec<u8>, io::Result<usize>) {
        let mut text = Vec::new();
        let read = unpack_verified(bytes).unwrap().read_to_end(&mut text);
        (text, read)
    }

    #[test]
    fn both_decoders_of_zstandard_read_the_same() {
        let text: Vec<u8> = (0..90_000_u32).flat_map(u32::to_le_bytes).collect();
        let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        let bytes = [frame(&text), packed(Compression::Zstd), frame(b""), frame(TEXT)].concat();
        let expected = [&text, TEXT, TEXT].concat();
        assert_eq!(unpacked(&bytes).0, expected);
        assert_eq!(unpacked_verified(&bytes).0, expected);
        assert_eq!(unpacked_verified(b"").0, b"");
    }

    #[test]
    fn a_decoder_that_was_left_within_a_frame_reads_the_next_file_from_its_beginning() {
        let text: Vec<u8> = (0..90_000_u32).flat_map(u32::to_le_bytes).collect();
        let bytes = zstd::encode_all(text.as_slice(), 1).unwrap();
        let mut some = [0; 100];
        unpack_verified(bytes.as_slice())
            .unwrap()
            .read_exact(&mut some)
            .unwrap();
        assert_eq!(some, text[..100]);
        assert_eq!(unpacked_verified(&bytes).0, text);
        let (_, cut) = unpacked_verified(&bytes[..bytes.len() - 5]);
        assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(
            unpacked_verified(&[&bytes[..40], &[0xff; 40]].concat())
                .1
                .is_err()
        );
        assert_eq!(unpacked_verified(&bytes).0, text);
    }

    #[test]
    fn a_cut_stream_is_told_from_a_damaged_one() {
        for compression in [Compression::Gzip, Compression::Bzip2, Compression::Zstd] {
            let bytes = packed(compression);
            let (_, read) = unpacked(&bytes[..bytes.len() - 5]);
            assert_eq!(
                read.unwrap_err().kind(),
                io::ErrorKind::UnexpectedEof,
                "{compression}"
            );
        }
    }
}
