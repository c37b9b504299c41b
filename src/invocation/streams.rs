//! Log streams, and what they and their events tell of the function.

use xxhash_rust::xxh3::xxh3_64;

use super::names::Interner;
use crate::source::RawEvent;

/// What is known of each log stream.
#[derive(Debug, Default)]
pub(super) struct Streams {
    keys: Interner,
    known: Vec<Stream>,
    recent: Recent,
    pub(super) versions: Interner,
    pub(super) runtimes: Interner,
}

/// One log stream, or all of a file whose events keep no stream name.
#[derive(Debug, Default, Clone)]
pub(super) struct Stream {
    pub(super) function: Option<Box<str>>,
    pub(super) version: Option<Box<str>>,
    pub(super) region: Option<Box<str>>,
    /// Position of its runtime's ARN, which many share.
    pub(super) runtime: Option<u32>,
    pub(super) initialization: Option<Box<str>>,
    /// Of its name.
    hash: u64,
    has_name: bool,
}

/// Streams of late, each at a place that the end of its name tells: records of few streams alternate.
#[derive(Debug)]
struct Recent([u32; 64]);

impl Default for Recent {
    fn default() -> Self {
        Self([u32::MAX; 64])
    }
}

impl Recent {
    /// The place for a name, and what stands there, whose name may be another.
    fn of(&mut self, name: Option<&str>) -> &mut u32 {
        let end = name.and_then(|name| name.as_bytes().last_chunk::<8>());
        let end = end.map_or(0, |end| u64::from_le_bytes(*end));
        &mut self.0[(end.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize]
    }
}

/// The key of a stream without a name. No stream name begins with a control character.
const UNNAMED: &str = "\0";

impl Stream {
    /// Takes over what only the other knows, but for its runtime.
    fn complete(&mut self, other: &Self) {
        let fill = |own: &mut Option<Box<str>>, other: &Option<Box<str>>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        fill(&mut self.function, &other.function);
        fill(&mut self.version, &other.version);
        fill(&mut self.region, &other.region);
        fill(&mut self.initialization, &other.initialization);
    }
}

impl Streams {
    /// The position of an event's stream in a part of one file.
    pub(super) fn of(&mut self, event: &RawEvent<'_>) -> u32 {
        let name = event.log_stream.as_deref();
        let recent = *self.recent.of(name);
        let position = match self.known.get(recent as usize) {
            Some(_) if self.name(recent) == name => recent,
            _ => {
                let position = self.named(name, name.unwrap_or(UNNAMED));
                *self.recent.of(name) = position;
                position
            }
        };
        if let Some(group) = event.log_group.as_deref() {
            self.learn(position, |known| {
                known.function = known
                    .function
                    .take()
                    .or_else(|| function_of_group(group).map(Into::into));
                known.region = known
                    .region
                    .take()
                    .or_else(|| region_of_arn(group).map(Into::into));
            });
        }
        position
    }

    /// Takes the streams of a part in, which may be those of a file. For each its position here. Stream names hold 32
    /// random digits, so equal names in two files are one stream.
    pub(super) fn absorb(&mut self, part: &Self, file: u32) -> Vec<u32> {
        let mut positions = Vec::with_capacity(part.known.len());
        for (stream, at) in part.known.iter().zip(0..) {
            let position = match part.name(at) {
                Some(name) => self.named(Some(name), name),
                None => self.named(None, &format!("{UNNAMED}{file}")),
            };
            let runtime = stream.runtime.map(|arn| part.runtimes.text(arn));
            let runtime = runtime.map(|arn| self.runtimes.position(arn));
            self.learn(position, |known| {
                known.complete(stream);
                known.runtime = known.runtime.or(runtime);
            });
            positions.push(position);
        }
        positions
    }

    /// The position of the stream of this name, which is known under a key of its own.
    fn named(&mut self, name: Option<&str>, key: &str) -> u32 {
        let position = self.keys.position(key);
        if position as usize == self.known.len() {
            let (function, version) = name.map_or((None, None), parts_of_stream_name);
            self.known.push(Stream {
                function: function.map(Into::into),
                version: version.map(Into::into),
                has_name: name.is_some(),
                hash: xxh3_64(name.unwrap_or_default().as_bytes()),
                ..Stream::default()
            });
        }
        position
    }

    pub(super) fn learn(&mut self, position: u32, what: impl FnOnce(&mut Stream)) {
        if let Some(known) = self.known.get_mut(position as usize) {
            what(known);
        }
    }

    pub(super) fn learn_function_arn(&mut self, position: u32, arn: &str) {
        let function = arn.split(':').nth(6).filter(|name| !name.is_empty());
        let region = region_of_arn(arn);
        self.learn(position, |known| {
            known.function = known.function.take().or_else(|| function.map(Into::into));
            known.region = known.region.take().or_else(|| region.map(Into::into));
        });
    }

    /// What tells a stream by its name, in every part of the input.
    pub(super) fn hash(&self, position: u32) -> u64 {
        self.known[position as usize].hash
    }

    /// The streams, in the order of their positions.
    pub(super) fn all(&self) -> impl Iterator<Item = &Stream> {
        self.known.iter()
    }

    /// The name of a stream; none if the container keeps none.
    pub(super) fn name(&self, position: u32) -> Option<&str> {
        let stream = &self.known[position as usize];
        stream.has_name.then(|| self.keys.text(position))
    }

    /// How many streams.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// The function of a log group `/aws/lambda/<function>`, given by name or ARN.
fn function_of_group(group: &str) -> Option<&str> {
    let (_, function) = group.split_once("/aws/lambda/")?;
    let function = function.split(':').next()?;
    (!function.is_empty()).then_some(function)
}

/// Function and version in a stream name: `YYYY/MM/DD/[version]<hex>`, or with a log group shared
/// by several functions `YYYY/MM/DD/<function>[version]<hex>`.
fn parts_of_stream_name(name: &str) -> (Option<&str>, Option<&str>) {
    let Some((before, after)) = name.split_once('[') else {
        return (None, None);
    };
    let version = after.split_once(']').map(|(version, _)| version);
    let function = before.rsplit('/').next().filter(|function| !function.is_empty());
    (function, version.filter(|version| !version.is_empty()))
}

/// The region in an ARN.
pub(super) fn region_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let is_arn = parts.next() == Some("arn");
    parts.nth(2).filter(|region| is_arn && !region.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_names_tell_function_and_version() {
        let hex = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            parts_of_stream_name(&format!("2026/11/20/[12]{hex}")),
            (None, Some("12"))
        );
        assert_eq!(
            parts_of_stream_name(&format!("2026/11/20/chat-api[$LATEST]{hex}")),
            (Some("chat-api"), Some("$LATEST"))
        );
        assert_eq!(parts_of_stream_name("my-stream"), (None, None));
    }

    #[test]
    fn groups_and_arns_tell_function_and_region() {
        assert_eq!(function_of_group("/aws/lambda/chat"), Some("chat"));
        assert_eq!(
            function_of_group("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/chat:*"),
            Some("chat")
        );
        assert_eq!(function_of_group("/my/group"), None);
        assert_eq!(
            region_of_arn("arn:aws:lambda:eu-west-1::runtime:0a"),
            Some("eu-west-1")
        );
        assert_eq!(region_of_arn("nothing"), None);
    }
}
