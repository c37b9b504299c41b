//! `latscope baseline`: what a later comparison can be made with.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::load::{Common, Kept, Loaded, note};
use super::saved;
use super::selector::Selector;
use super::sides::{selector_warnings, side_of};
use crate::comparison::{SavedBaseline, Side};
use crate::invocation::Names;
use crate::parse::TimingKeys;
use crate::render::{SavedRow, baselines_table, saved_line};
use crate::vocab::visible;

/// What `latscope baseline` was asked for.
#[derive(Debug, Clone)]
pub struct BaselineOptions {
    /// The folder of baselines.
    pub dir: PathBuf,
    /// What is done.
    pub action: BaselineAction,
}

/// What is done with baselines.
#[derive(Debug, Clone)]
pub enum BaselineAction {
    /// Save one.
    Save(Box<SaveOptions>),
    /// Say what is saved.
    List,
}

/// What is saved, and how.
#[derive(Debug, Clone)]
pub struct SaveOptions {
    /// Options that commands share.
    pub common: Common,
    /// The name.
    pub name: String,
    /// Which invocations.
    pub selector: Selector,
    /// Up to how many invocations each is kept.
    pub exact_up_to: usize,
    /// Whether one of that name is replaced.
    pub replaces: bool,
}

/// Saves a baseline, or lists what is saved.
///
/// # Errors
/// If nothing can be read or selected, or a baseline cannot be read or written.
pub fn baseline(
    options: &BaselineOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let text = match &options.action {
        BaselineAction::Save(save) => saved_text(&options.dir, save, keys, stderr)?,
        BaselineAction::List => listed(&options.dir)?,
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)
}

fn saved_text(
    dir: &Path,
    options: &SaveOptions,
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<String, Error> {
    let common = &options.common;
    let windows: Vec<_> = options.selector.window().into_iter().collect();
    let loaded = Loaded::read(common, keys, &windows, Kept::Everything, stderr)?;
    loaded.must_have_invocations()?;
    let (selected, selection) = loaded.select(common)?;
    let side = side_of(&options.selector, common, &loaded, (&selected, &selection))?;
    let windows = [selection.window, side.window];
    let warnings = selector_warnings(&[&options.selector], &loaded, &selected, &windows)?;
    for warning in loaded
        .warnings
        .iter()
        .chain(&warnings)
        .filter(|_| !common.is_quiet)
    {
        note(stderr, &format!("warning: {}", visible(&warning.to_string())));
    }
    let saved = SavedBaseline::of(
        &side,
        what_of(&options.selector, &side, loaded.dataset.names()),
        loaded.dataset.names(),
        common.failures,
        options.exact_up_to,
    );
    let path = saved::write(dir, &options.name, &saved, options.replaces).map_err(Error::Baseline)?;
    Ok(match common.is_quiet {
        true => String::new(),
        false => saved_line(&path.to_string_lossy(), &options.name, &saved),
    })
}

/// What a side is of, without what a selector may name: streams, paths and accounts are nobody else's business.
fn what_of(selector: &Selector, side: &Side, names: &Names) -> String {
    let model = side.rows.model.told().next();
    match model.filter(|_| selector.names_a_model()) {
        Some(model) => names.model_label(model),
        None => "invocations".to_owned(),
    }
}

fn listed(dir: &Path) -> Result<String, Error> {
    let names = saved::list(dir);
    let rows = names.into_iter().map(|name| {
        let baseline = saved::read(dir, &name).map_err(|error| error.to_string());
        SavedRow { name, baseline }
    });
    Ok(baselines_table(&dir.to_string_lossy(), &rows.collect::<Vec<_>>()))
}
