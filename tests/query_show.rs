//! `latscope query list` and `latscope query show`.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;

use common::Run;
use latscope::fetch::Query;

#[test]
fn queries_are_listed_and_shown() {
    let list = Run::new("query list").done().code(0).stderr_is("").stdout();
    for query in Query::all() {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{} ", query.name)))
            .unwrap();
        assert!(
            line.contains(query.kind()) && line.ends_with(query.question()),
            "{line}"
        );
        let shown = Run::new(&format!("query show {}", query.name))
            .done()
            .code(0)
            .stderr_is("")
            .stdout();
        assert_eq!(shown, query.file);
    }
    Run::new("query show coldstarts")
        .done()
        .code(2)
        .stderr_has("did you mean cold-starts");
    Run::new("query show latency --log-group")
        .arg("a\nb")
        .done()
        .code(2)
        .stderr_has("--log-group");
}

/// The printed command, run by a shell in which `aws` prints its arguments, gives the query back to the letter.
#[cfg(unix)]
#[test]
fn the_shown_command_can_be_copied_into_a_shell() {
    for query in Query::all() {
        let group = "/aws/it's \"$HOME\" `x`";
        let shown = Run::new(&format!("query show {} --log-group", query.name))
            .arg(group)
            .arg("--log-group")
            .arg("/b");
        let shown = shown.done().code(0).stdout();
        let script = format!("aws() {{ printf '%s\\0' \"$@\" >&2; echo q-1; }}\n{shown}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let arguments: Vec<&str> = stderr.split('\0').collect();
        let after =
            |name: &str| arguments[arguments.iter().position(|argument| *argument == name).unwrap() + 1];
        assert_eq!(after("--log-group-names"), group);
        assert_eq!(after(group), "/b");
        assert_eq!(after("--query-string"), query.text(None));
        let time = |name: &str| after(name).parse::<i64>().unwrap();
        // The shell asks for the time twice, and a second may pass between.
        let window = time("--end-time") - time("--start-time");
        assert!((3600..=3605).contains(&window), "{window}");
        assert_eq!(after("--query-id"), "q-1");
    }
}

#[test]
fn the_region_of_an_arn_is_given_to_both_commands() {
    let arn = |region: &str| format!("arn:aws:logs:{region}:123456789012:log-group:/a:*");
    let show = |groups: &[String]| {
        let args = groups.iter().map(|group| format!(" --log-group {group}"));
        Run::new(&format!("query show latency{}", args.collect::<String>())).done()
    };
    let shown = show(&[arn("eu-west-1"), "/b".to_owned()]).code(0).stdout();
    assert_eq!(shown.matches(" --region 'eu-west-1' ").count(), 2, "{shown}");
    assert!(!show(&["/b".to_owned()]).code(0).stdout().contains("--region"));
    show(&[arn("eu-west-1"), arn("us-east-1")])
        .code(2)
        .stderr_has("these are in eu-west-1, us-east-1");
    let many: Vec<String> = (0..51).map(|n| format!("/g/{n}")).collect();
    show(&many).code(2).stderr_has("50 log groups at most");
}
