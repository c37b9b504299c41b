//! Inflates a gzip file and does nothing else: the floor below which no reader of it can be. Writes the seconds that it took.
//!
//!     cargo bench --bench inflate -- FILE

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read};
use std::time::Instant;

use flate2::bufread::MultiGzDecoder;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let path = path.ok_or("which file?")?;
    let begun = Instant::now();
    let mut stream = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, File::open(path)?));
    let mut block = vec![0; 1 << 20];
    while stream.read(&mut block)? > 0 {}
    println!("{:.4}", begun.elapsed().as_secs_f64());
    Ok(())
}
