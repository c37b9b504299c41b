//! `latscope render`: the forms of a report, of its `report.json` alone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::report::write_files;
use crate::render::{Figures, StoredReport};
use crate::vocab::visible;

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportForm {
    /// `report.md`.
    Markdown,
    /// `report.html`.
    Html,
    /// The figures.
    Svg,
}

/// What `latscope render` was asked for.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// The `report.json`.
    pub file: PathBuf,
    /// The forms, at least one.
    pub forms: Vec<ReportForm>,
    /// Whether Markdown has its short form.
    pub is_brief: bool,
    /// Where the files are written; by default beside the `report.json`. A single hyphen is standard output.
    pub out: Option<PathBuf>,
}

/// Writes forms of a report.
///
/// # Errors
/// If the file cannot be read or is no report of this version, or the forms cannot be written.
pub fn render(options: &RenderOptions, stdout: &mut dyn Write) -> Result<(), Error> {
    let file = &options.file;
    let json = fs::read_to_string(file).map_err(|source| Error::Read {
        path: file.clone(),
        source,
    })?;
    let report = StoredReport::read(&json).map_err(|error| Error::NoReport {
        path: file.clone(),
        reason: error.to_string(),
    })?;
    if options.is_brief && !options.forms.contains(&ReportForm::Markdown) {
        let reason = "--brief is a form of Markdown; add md to --format";
        return Err(Error::Usage(reason.to_owned()));
    }
    // Markdown names its figures and holds none.
    let needs_figures = options.forms.iter().any(|form| *form != ReportForm::Markdown);
    let figures = match needs_figures {
        true => report
            .figures()
            .map_err(|error| Error::Figure(error.to_string()))?,
        false => Figures::default(),
    };
    let text = |form: &ReportForm| match form {
        ReportForm::Markdown => Some(("report.md", report.markdown(options.is_brief))),
        ReportForm::Html => Some(("report.html", report.html(&figures))),
        ReportForm::Svg => None,
    };
    let texts: Vec<(&str, String)> = options.forms.iter().filter_map(text).collect();
    if options.out.as_deref() == Some(Path::new("-")) {
        let ([(_, text)], 1) = (&texts[..], options.forms.len()) else {
            let reason =
                "standard output takes one form, md or html: give one --format, or a folder as --out";
            return Err(Error::Usage(reason.to_owned()));
        };
        return stdout.write_all(text.as_bytes()).map_err(Error::Output);
    }
    let beside = file.parent().unwrap_or(Path::new("")).to_owned();
    let out = options.out.clone().unwrap_or(beside);
    let has_figures = options.forms.contains(&ReportForm::Svg);
    let drawn = figures.all().filter(|_| has_figures);
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .chain(drawn.map(|figure| (figure.file, figure.svg.as_str())))
        .collect();
    write_files(&out, files.iter().copied())?;
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let folder = match out.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => visible(&out.to_string_lossy()),
    };
    let line = format!("Wrote {} into {folder}\n", names.join(", "));
    stdout.write_all(line.as_bytes()).map_err(Error::Output)
}
