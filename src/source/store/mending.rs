//! What is done about damaged lines of a manifest when somebody may write.

use std::path::Path;

use super::error::StoreError;
use super::files;
use super::layout::MANIFEST_DAMAGED;
use super::manifest::Manifest;

/// Puts damaged lines aside, for somebody to look at, and writes the manifest without them. After a crash between the
/// two they are put aside twice.
///
/// A line may have said that segments are no longer there. So those whose file is gone go with it.
pub(super) fn mend(dir: &Path, manifest: &mut Manifest) -> Result<(), StoreError> {
    let gone = manifest.take_segments(|segment| {
        segment.events > 0 && matches!(dir.join(&segment.file).try_exists(), Ok(false))
    });
    let aside = manifest.take_damaged(gone);
    files::append(&dir.join(MANIFEST_DAMAGED), &aside)?;
    manifest.rewrite(dir)
}
