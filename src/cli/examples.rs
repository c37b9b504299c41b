//! Every help ends with examples, and every example is a command line that is understood.

use clap::{Command, CommandFactory, Parser};

use super::args::{Cli, Command as Parsed};
use super::man::{EXAMPLES, pages};
use crate::command::Surroundings;
use crate::vocab::Timestamp;

/// Every command with how it is called, `latscope store export`, but for clap's own `help`.
fn commands() -> Vec<(String, Command)> {
    fn add(command: &Command, before: &str, found: &mut Vec<(String, Command)>) {
        let name = format!("{before}{}", command.get_name());
        for subcommand in command.get_subcommands() {
            if subcommand.get_name() != "help" {
                add(subcommand, &format!("{name} "), found);
            }
        }
        found.push((name, command.clone()));
    }
    let mut all = Cli::command();
    all.build();
    let mut found = Vec::new();
    add(&all, "", &mut found);
    found
}

/// The example lines of a help, each continued one as a whole.
fn examples(help: &str) -> Vec<String> {
    let Some((_, examples)) = help.split_once(EXAMPLES) else {
        return Vec::new();
    };
    let whole = examples.replace("\\\n", " ");
    whole.lines().map(|line| line.trim().to_owned()).collect()
}

/// The words of a line as a shell reads them, command by command; what is written to a file is left out.
fn shell_words(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut word, mut quote) = (vec![Vec::new()], None::<String>, None);
    let end = |commands: &mut Vec<Vec<String>>, word: &mut Option<String>| {
        commands.last_mut().unwrap().extend(word.take());
    };
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('|', None) => {
                end(&mut commands, &mut word);
                commands.push(Vec::new());
            }
            (c, None) if c.is_whitespace() => end(&mut commands, &mut word),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    end(&mut commands, &mut word);
    assert_eq!(quote, None, "an open quote in {line}");
    for command in &mut commands {
        if let Some(at) = command.iter().position(|word| word == ">") {
            command.truncate(at);
        }
    }
    commands
}

/// Whether what was typed means something, beyond what clap itself looks at.
fn meant(command: Parsed) -> Result<(), String> {
    let surroundings = Surroundings {
        wants_colour: false,
        is_plain: true,
        is_stderr_terminal: false,
        columns: None,
        store: None,
        region: None,
        step_summary: None,
        variable: |_| None,
        now: || Timestamp::from_epoch_millis(0),
    };
    match command {
        Parsed::Report(args) => args.into_options(&surroundings).map(drop),
        Parsed::Check(args) => args.into_options(&surroundings).map(drop),
        Parsed::Baseline(args) => args.into_options(&surroundings).map(drop),
        Parsed::Plan(args) => args.into_options(&surroundings).map(drop),
        Parsed::Summary(args) => args.into_options(&surroundings).map(drop),
        Parsed::Fetch(args) => args.into_options().map(drop),
        Parsed::Drive(args) => args.into_options().map(drop),
        Parsed::Query(args) => args.into_action().map(drop),
        Parsed::Store(args) => args.into_options().map(drop),
        Parsed::Render(_)
        | Parsed::Inspect(_)
        | Parsed::Dashboard(_)
        | Parsed::Explain(_)
        | Parsed::Init(_)
        | Parsed::Completions(_)
        | Parsed::Man(_) => Ok(()),
    }
}

#[test]
fn every_help_ends_with_examples_of_its_own_command() {
    for (name, command) in commands() {
        let help = command.clone().render_long_help().to_string();
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{name} --help has no examples");
        let own = examples.iter().filter(|example| example.contains(&name));
        assert!(own.count() > 0, "{name} --help has no example of {name}");
        let (_, end) = help.split_once(EXAMPLES).unwrap();
        for line in end.trim_end().lines() {
            assert!(
                line.starts_with("  "),
                "{name} --help does not end with examples: {line}"
            );
        }
        let short = command.clone().render_help().to_string();
        assert!(short.contains(EXAMPLES), "{name} -h has no examples");
    }
}

#[test]
fn every_example_is_understood() {
    let mut tried = 0;
    for (name, command) in commands() {
        let help = command.clone().render_long_help().to_string();
        for example in examples(&help) {
            for words in shell_words(&example) {
                if words.first().is_none_or(|word| word != "latscope") {
                    continue;
                }
                let cli =
                    Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
                meant(cli.command).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried} examples were found");
}

#[test]
fn lines_are_read_as_a_shell_reads_them() {
    let words = shell_words("aws logs | latscope check --fail-on 'p95 > +10%' > a.txt | latscope x");
    assert_eq!(words.len(), 3);
    assert_eq!(words[1], ["latscope", "check", "--fail-on", "p95 > +10%"]);
    assert_eq!(words[2], ["latscope", "x"]);
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let pages = pages(Cli::command()).unwrap();
    let mut names: Vec<String> = pages.iter().map(|page| page.name.clone()).collect();
    let mut expected: Vec<String> = commands()
        .iter()
        .map(|(name, _)| format!("{}.1", name.replace(' ', "-")))
        .collect();
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(pages.last().unwrap().name, "latscope.1");
}
