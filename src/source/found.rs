//! What was found out about a file while it was read.

use std::fmt;

/// How a saved file was packed, encoded and laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The compressions, the outermost first.
    pub compressions: Vec<Compression>,
    /// The encoding of the text.
    pub encoding: Encoding,
    /// The form of the log.
    pub form: Form,
}

/// How a file was compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
    /// Bzip2, any number of streams.
    Bzip2,
    /// A zip archive.
    Zip,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Zip => "zip",
        })
    }
}

/// How the text of a file was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// UTF-16, little end first, behind a byte order mark, as PowerShell 5 writes it.
    Utf16Le,
    /// UTF-16, big end first, behind a byte order mark.
    Utf16Be,
    /// UTF-8 with single bytes of Windows-1252 in it, as editors leave behind.
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with byte order mark",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Windows1252 => "UTF-8 with Windows-1252 bytes",
        })
    }
}

/// The form of a saved log, after decompression and decoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// JSON documents of log events, arrays, or objects one after the other.
    JsonDocument,
    /// Rows of a Logs Insights query as JSON.
    InsightsJson,
    /// Comma-separated values, of the console's log events or of Logs Insights.
    Csv,
    /// A table of Logs Insights as text or Markdown.
    Table,
    /// `--output text` of the AWS CLI.
    OutputText,
    /// Lines of text, each event behind the named words.
    Text(Vec<&'static str>),
    /// Base64 of the last 4 KB of an invocation's log.
    LogResult,
    /// The object with which CloudWatch tries an export's permissions.
    PermissionCheck,
    /// Not text at all.
    Binary,
    /// Nothing.
    Empty,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonLines => "one JSON object a line",
            Self::JsonDocument => "JSON document of log events",
            Self::InsightsJson => "Logs Insights rows as JSON",
            Self::Csv => "CSV",
            Self::Table => "Logs Insights table",
            Self::OutputText => "AWS CLI --output text",
            Self::Text(before) if before.is_empty() => "text without times",
            Self::Text(before) => return write!(f, "text, {} before each event", before.join(", ")),
            Self::LogResult => "base64 of log tails",
            Self::PermissionCheck => "permission check of an export",
            Self::Binary => "no log in a form that is known",
            Self::Empty => "empty",
        })
    }
}
