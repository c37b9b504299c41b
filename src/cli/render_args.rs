//! The arguments of `latscope render`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::command::{RenderOptions, ReportForm};

pub(super) const RENDER_EXAMPLES: &str = "\
Examples:
  latscope render reports/haiku-vs-nova-lite/report.json
  latscope render report.json --format html --out site/
  latscope render report.json --format md --brief --out - | gh pr comment 12 --body-file -";

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// The report.json of a report
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which forms, one or several
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = FormArg::value_variants().to_vec(), value_name = "FORM")]
    format: Vec<FormArg>,
    /// Write the short form of Markdown, the answer and the gates alone, which fits a comment of a pull request
    #[arg(long)]
    brief: bool,
    /// Where the files are written, or - for standard output, which takes one form [default: beside FILE]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormArg {
    /// report.md
    Md,
    /// report.html
    Html,
    /// The figures
    Svg,
}

impl RenderArgs {
    pub(super) fn into_options(self) -> RenderOptions {
        let form = |form: FormArg| match form {
            FormArg::Md => ReportForm::Markdown,
            FormArg::Html => ReportForm::Html,
            FormArg::Svg => ReportForm::Svg,
        };
        let mut forms: Vec<ReportForm> = Vec::new();
        for form in self.format.into_iter().map(form) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        RenderOptions {
            file: self.file,
            forms,
            is_brief: self.brief,
            out: self.out,
        }
    }
}
