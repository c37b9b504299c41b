//! The pages of the manual, made of what the command line can say.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::command::Page;

/// What stands above the examples at the end of every help.
pub(super) const EXAMPLES: &str = "Examples:\n";

/// A page of every command, each after those of its subcommands; the last is the program's own. They bear no date.
pub(super) fn pages(command: Command) -> io::Result<Vec<Page>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let version = command.get_version().unwrap_or_default().to_owned();
    let mut pages = Vec::new();
    add(&command, &version, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, version: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    for subcommand in command.get_subcommands() {
        add(subcommand, version, pages)?;
    }
    let man = Man::new(command.clone());
    pages.push(Page {
        name: man.get_filename(),
        content: content(command, version, &man)?,
    });
    Ok(())
}

/// As `Man::render` has it, but for what stands behind the options: its lines stay lines.
fn content(command: &Command, version: &str, man: &Man) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // With the place of the date left empty: clap_mangen lets what follows move up into it.
    let title = man.get_filename();
    let title = title.trim_end_matches(".1");
    writeln!(page, ".TH {title} 1 \"\" \"latscope {version}\" \"\"")?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let (notes, examples) = after.split_once(EXAMPLES).unwrap_or((&after, ""));
    for (title, text) in [("NOTES", notes), ("EXAMPLES", examples)] {
        if !text.trim().is_empty() {
            as_typed(title, text).to_writer(&mut page)?;
        }
    }
    Ok(page)
}

/// A section whose lines are not filled up.
fn as_typed(title: &str, text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]).control("nf", []);
    for line in text.trim_end().lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}
