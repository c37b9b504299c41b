//! What selectors mean: sides of the logs, and saved ones.

use std::collections::BTreeSet;
use std::io::Write;
use std::iter;
use std::path::Path;
use std::thread;

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::error::Error;
use super::load::{Common, Kept, Loaded};
use super::progress::Working;
use super::saved::{self, BaselineError};
use super::selector::Selector;
use crate::comparison::{Comparison, Identity, Path as WholePath, SavedBaseline, Side, compare_sides};
use crate::dataset::{Columns, Condition, Dataset, ModelSource, Selection, Window};
use crate::invocation::Span;
use crate::parse::TimingKeys;
use crate::summary::Warning;
use crate::vocab::counted;

/// The side that a selector means.
pub(super) fn side_of(
    selector: &Selector,
    common: &Common,
    loaded: &Loaded,
    (selected, common_selection): (&Dataset, &Selection),
) -> Result<Side, Error> {
    let resolved = selector.resolve(loaded, &common.inputs)?;
    let any_model = Selection {
        model: None,
        ..resolved.selection.clone()
    };
    // A window of its own may tell other models.
    let of_any_model = match any_model.window.is_open() {
        true => selected.narrowed(&any_model)?,
        false => loaded.dataset.select(&[common_selection, &any_model])?,
    };
    let of_model = Selection {
        model: resolved.selection.model,
        ..Selection::default()
    };
    let rows = of_any_model.narrowed(&of_model)?;
    // The invocations that would be on the side if their model were known and were its model.
    let without_model = match of_model.model {
        Some(_) => of_any_model.without_model()?.rows()?,
        None => Columns::default(),
    };
    let identity = Identity {
        name: resolved.name,
        model_ids: resolved.model_ids,
        window: common_selection.window.and(resolved.selection.window),
        selected_by: resolved
            .selection
            .conditions
            .iter()
            .filter_map(Condition::key)
            .collect(),
        without_model,
    };
    let side = Side::of(identity, &rows, common.failures)?;
    let is_input = !selector.inputs().is_empty();
    side.ok_or_else(|| Error::EmptySide {
        selector: selector.text().to_owned(),
        duplicates: if is_input { loaded.ledger.duplicates } else { 0 },
    })
}

/// What selectors mean, and what it was taken from.
pub(super) struct Chosen {
    pub(super) loaded: Loaded,
    /// What the common options select, with the names of all sides.
    pub(super) selected: Dataset,
    /// What the common options mean.
    pub(super) selection: Selection,
    /// What each selector means.
    pub(super) sides: Vec<Side>,
}

/// Reads the logs, unless all that is meant is saved, and takes what each selector means.
pub(super) fn choose(
    common: &Common,
    selectors: &[&Selector],
    all_models: bool,
    baselines: &Path,
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<Chosen, Error> {
    take_part();
    let saved = |selector: &&Selector| selector.saved().map(|name| of_saved(baselines, name)).transpose();
    let mut saved: Vec<Option<SavedBaseline>> = selectors.iter().map(saved).collect::<Result<_, _>>()?;
    if saved.iter().any(Option::is_some) && !common.conditions.is_empty() {
        let reason = "--where would hold for the logs alone, not for what is saved; put it into the other selector, as in \
                      --candidate model=haiku,start=warm";
        return Err(Error::Usage(reason.to_owned()));
    }
    let is_all_saved = !all_models && saved.iter().all(Option::is_some);
    let (mut loaded, (mut selected, selection)) = match is_all_saved {
        true => nothing_to_read(common)?,
        false => read(common, selectors, keys, stderr)?,
    };
    let others = match (all_models, selectors.first()) {
        (true, Some(baseline)) => {
            let saved = saved.first().and_then(Option::as_ref);
            other_models(baseline, saved, &loaded, &selected)?
        }
        _ => Vec::new(),
    };
    let selectors: Vec<&Selector> = selectors.iter().copied().chain(&others).collect();
    saved.resize_with(selectors.len(), || None);
    let from_logs = |selector: &&Selector| match selector.saved() {
        None => side_of(selector, common, &loaded, (&selected, &selection)).map(Some),
        Some(_) => Ok(None),
    };
    let from_logs: Vec<Result<Option<Side>, Error>> = selectors.par_iter().map(from_logs).collect();
    let (mut sides, mut before) = (Vec::new(), 0);
    for ((side, saved), selector) in from_logs.into_iter().zip(saved).zip(&selectors) {
        if let (Some(saved), Some(name)) = (saved, selector.saved()) {
            let side = saved.into_side(selected.names_mut(), before, common.failures);
            let side = side.map_err(|error| BaselineError::damaged(baselines, name, error))?;
            before += u32::try_from(side.rows.len() + side.without_model.len()).unwrap_or(u32::MAX);
            sides.push(side);
        } else {
            sides.extend(side?);
        }
    }
    // Where no logs were read, what is looked at lies where the saved sides do.
    let spans = || sides.iter().filter_map(|side: &Side| side.span);
    loaded.span = loaded.span.or_else(|| {
        Some(Span {
            first: spans().map(|span| span.first).min()?,
            last: spans().map(|span| span.last).max()?,
        })
    });
    Ok(Chosen {
        loaded,
        selected,
        selection,
        sides,
    })
}

/// Makes the program's own thread, which has read the logs, one of those that compare: else it waits for them, and what it
/// gives back meanwhile nobody can use. A thread that may end before the program does not take part.
fn take_part() {
    if thread::current().name() == Some("main") {
        // Where others have compared before, they go on as they did.
        let _ = ThreadPoolBuilder::new().use_current_thread().build_global();
    }
}

/// Every model of the selected invocations but the baseline's.
fn other_models(
    baseline: &Selector,
    saved: Option<&SavedBaseline>,
    loaded: &Loaded,
    selected: &Dataset,
) -> Result<Vec<Selector>, Error> {
    let names = loaded.dataset.names();
    let of_baseline = baseline.model_in(names)?;
    let is_saved = |model: u32| {
        let id = names.models[model as usize].id.to_string();
        saved.is_some_and(|saved| saved.model_ids.contains(&id))
    };
    let models: BTreeSet<u32> = selected
        .models()?
        .filter(|model| Some(*model) != of_baseline && !is_saved(*model))
        .collect();
    if models.is_empty() {
        return Err(Error::Usage(
            "--all-models: these logs hold no model but the baseline's".to_owned(),
        ));
    }
    Ok(models
        .into_iter()
        .map(|model| Selector::of_model(&names.models[model as usize].id.to_string()))
        .collect())
}

/// Which candidates are compared.
#[derive(Debug, Clone)]
pub enum Candidates {
    /// These, at least one.
    Selected(Vec<Selector>),
    /// Every other model of the logs.
    AllModels,
}

/// Candidates, each compared with the same baseline.
pub(super) struct ComparedAll {
    pub(super) loaded: Loaded,
    /// What the common options select, with the names of all sides.
    pub(super) selected: Dataset,
    /// What the common options mean.
    pub(super) selection: Selection,
    /// One for each candidate, in the order in which they are given; at least one.
    pub(super) comparisons: Vec<Comparison>,
}

/// How sides are compared.
pub(super) struct Comparing<'a> {
    pub(super) common: &'a Common,
    /// A change below it, a share, counts as none.
    pub(super) margin: f64,
    /// The folder of saved baselines.
    pub(super) baselines: &'a Path,
    /// Whether the invocations themselves are asked for afterwards, and not their ids alone.
    pub(super) keeps_invocations: bool,
}

/// Compares what two selectors mean, baseline first.
pub(super) fn compare(
    comparing: &Comparing<'_>,
    [baseline, candidate]: [&Selector; 2],
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<Comparison, Error> {
    let candidates = Candidates::Selected(vec![candidate.clone()]);
    let compared = compare_all(comparing, baseline, &candidates, keys, stderr)?;
    let [comparison] = <[Comparison; 1]>::try_from(compared.comparisons)
        .map_err(|all| Error::Internal(format!("{} comparisons of two sides", all.len())))?;
    Ok(comparison)
}

/// Compares each candidate with the baseline.
pub(super) fn compare_all(
    comparing: &Comparing<'_>,
    baseline: &Selector,
    candidates: &Candidates,
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<ComparedAll, Error> {
    let common = comparing.common;
    let given: Vec<&Selector> = match candidates {
        Candidates::Selected(candidates) => [baseline].into_iter().chain(candidates).collect(),
        Candidates::AllModels => vec![baseline],
    };
    let all_models = matches!(candidates, Candidates::AllModels);
    let Chosen {
        mut loaded,
        mut selected,
        selection,
        sides,
    } = choose(common, &given, all_models, comparing.baselines, keys, stderr)?;
    let _working = Working::on(selected.len(), "comparing", common);
    if !comparing.keeps_invocations {
        loaded.dataset.keep_ids(&mut selected)?;
    }
    let mut sides = sides.into_iter();
    let base = sides
        .next()
        .ok_or_else(|| Error::Internal("no side of a baseline".to_owned()))?;
    let mut comparisons: Vec<Comparison> = Vec::new();
    // The last candidate has the baseline itself.
    let bases = iter::repeat_n(base, sides.len());
    for ((at, candidate), base) in sides.enumerate().zip(bases) {
        let same = comparisons.iter().zip(&given[1..]).find(|(earlier, selector)| {
            let earlier = &earlier.candidate;
            let is_of_logs = !earlier.is_saved && !candidate.is_saved;
            (is_of_logs && earlier.rows.row == candidate.rows.row) || given.get(at + 1) == Some(selector)
        });
        if let Some((_, selector)) = same {
            return Err(Error::Usage(format!(
                "two candidates are the same {}: --candidate {} and --candidate {}; give each once",
                counted(candidate.group.invocations as u64, "invocation"),
                selector.text(),
                given.get(at + 1).map_or("", |other| other.text()),
            )));
        }
        // Of all models each is another one.
        let selector = given.get(at + 1);
        let is_same =
            match [Some(baseline), selector.copied()].map(|selector| selector.and_then(Selector::saved)) {
                [None, None] => base.rows.row == candidate.rows.row,
                [one, other] => one == other,
            };
        if is_same {
            return Err(Error::SameSides {
                invocations: base.group.invocations,
            });
        }
        let windows = [selection.window, base.window, candidate.window];
        let mut comparison = compare_sides(
            base,
            candidate,
            common.failures,
            comparing.margin,
            &selected,
            &loaded.ledger,
        );
        let sides = [&comparison.baseline, &comparison.candidate];
        let path = WholePath::of(
            sides,
            &loaded.requests,
            &loaded.runs,
            &loaded.dataset,
            &selection.conditions,
        );
        comparison = comparison.with_path(path);
        comparison.warnings.splice(0..0, loaded.warnings.iter().cloned());
        let both: Vec<&Selector> = [baseline].into_iter().chain(selector.copied()).collect();
        let warnings = selector_warnings(&both, &loaded, &selected, &windows)?;
        comparison.warnings.extend(warnings);
        comparisons.push(comparison);
    }
    Ok(ComparedAll {
        loaded,
        selected,
        selection,
        comparisons,
    })
}

fn of_saved(baselines: &Path, name: &str) -> Result<SavedBaseline, BaselineError> {
    let mut baseline = saved::read(baselines, name)?;
    baseline.name = format!("{}, saved={name}", baseline.name);
    Ok(baseline)
}

/// Reads the logs, and selects what the common options mean.
fn read(
    common: &Common,
    selectors: &[&Selector],
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<(Loaded, (Dataset, Selection)), Error> {
    let windows: Vec<_> = selectors
        .iter()
        .filter_map(|selector| selector.window())
        .collect();
    let loaded = Loaded::read(common, keys, &windows, Kept::Everything, stderr)?;
    loaded.must_have_invocations()?;
    let selected = loaded.select(common)?;
    Ok((loaded, selected))
}

/// All that is meant is saved: options that mean logs would do nothing.
fn nothing_to_read(common: &Common) -> Result<(Loaded, (Dataset, Selection)), Error> {
    if !common.inputs.is_empty() || common.since.is_some() || common.until.is_some() {
        let reason =
            "all that is meant is saved, so no logs are read: --input, --since and --until mean nothing";
        return Err(Error::Usage(reason.to_owned()));
    }
    let loaded = Loaded::without_logs()?;
    let selected = loaded.nothing(Window::default())?;
    Ok((loaded, selected))
}

/// What speaks against how sides were selected.
pub(super) fn selector_warnings(
    selectors: &[&Selector],
    loaded: &Loaded,
    selected: &Dataset,
    windows: &[Window],
) -> Result<Vec<Warning>, Error> {
    let mut warnings: Vec<Warning> = loaded.untimed(windows).into_iter().collect();
    if loaded.ledger.duplicates > 0 && selectors.iter().any(|selector| !selector.inputs().is_empty()) {
        warnings.push(Warning::RepeatedAcrossInputs(loaded.ledger.duplicates));
    }
    let sources = selected.model_sources()?;
    let several = sources.filter(|source| *source == ModelSource::Several).count();
    if several > 0 && selectors.iter().any(|selector| selector.names_a_model()) {
        warnings.push(Warning::SeveralModels(several));
    }
    Ok(warnings)
}
