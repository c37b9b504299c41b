#!/usr/bin/env python3
"""Measures how long this project takes to build, how large what comes of it is, and which crates cost most.

    python3 benches/building.py            prints the tables, after about half an hour on two processors
    python3 benches/building.py --write    puts them into docs/performance.md too

Each command builds into a temporary folder of its own: first with nothing there, then after `src/lib.rs` has a new time, then
with nothing changed. What is downloaded is downloaded before. A crate's seconds are those of all its units (build scripts,
their runs, the crate itself) as `cargo build --timings` tells; units run beside each other, so that they are more than the
time that passes.

Needs Python 3 and cargo, and a network once.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, conditions, say, write

COMMANDS = {
    "cargo build": (["build"], "debug/latscope"),
    "cargo build --release": (["build", "--release"], "release/latscope"),
    "cargo test --no-run": (["test", "--no-run"], None),
}
# The commands whose crates are shown, the costliest of the last one first.
CRATES_OF = ["cargo build", "cargo build --release"]
CRATES = 12
NAME = "benches/building.py"


def cargo(arguments, target):
    """Seconds, CPU seconds of all that it began, and what it says."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CARGO_BUILD_TARGET", "RUSTC_WRAPPER")}
    environment |= {"CARGO_TARGET_DIR": str(target), "CARGO_TERM_COLOR": "never"}
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(["cargo", *arguments, "--locked"], cwd=ROOT, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode != 0:
            sys.exit(f"cargo {' '.join(arguments)} ends with {process.returncode}\n{said.read()[-4000:]}")
    return seconds, usage.ru_utime + usage.ru_stime


def units(page):
    """The units of a page of --timings."""
    text = page.read_text()
    begin = text.index("[", text.index("const UNIT_DATA"))
    return json.JSONDecoder().raw_decode(text, begin)[0]


def crates(found):
    """Seconds of every crate of these units."""
    seconds = collections.Counter()
    for unit in found:
        seconds[f"{unit['name']} {unit['version']}"] += unit["duration"]
    return seconds


def touch(path):
    """Gives a file a new time, so that cargo takes it for changed."""
    os.utime(path)


def size(folder):
    """Megabytes of all files, those with several names once."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            found[status.st_ino] = status.st_size
    return sum(found.values()) / 1e6


def measured(name, folder):
    """The row of a command, and the seconds of its crates, if it tells."""
    arguments, program = COMMANDS[name]
    target, timed = folder / name.replace(" ", "-"), name in CRATES_OF
    say(f"{name}, with nothing there")
    cold, processors = cargo([*arguments, *(["--timings"] if timed else [])], target)
    found = crates(units(target / "cargo-timings/cargo-timing.html")) if timed else collections.Counter()
    say(f"{name}, again")
    touch(ROOT / "src/lib.rs")
    changed, _ = cargo(arguments, target)
    nothing, _ = cargo(arguments, target)
    program = f"{(target / program).stat().st_size / 1e6:.1f}" if program else "–"
    row = f"| `{name}` | {cold:.0f} | {processors:.0f} | {changed:.1f} | {nothing:.2f} | {size(target):,.0f} | {program} |"
    return row, found


def table_of_crates(seconds):
    """The costliest crates of each of these commands."""
    last = seconds[CRATES_OF[-1]]
    sums = {name: sum(found.values()) for name, found in seconds.items()}
    lines = [
        f"The {CRATES} crates that cost most, of {len(last)}: own seconds, and their share of all.",
        "",
        "| crate | " + " | ".join(f"`{name}`" for name in CRATES_OF) + " |",
        "|---|" + "--:|" * len(CRATES_OF),
    ]
    cell = lambda name, crate: f"{seconds[name][crate]:.1f} ({seconds[name][crate] / sums[name]:.0%})"
    lines += [f"| {crate} | " + " | ".join(cell(name, crate) for name in CRATES_OF) + " |" for crate, _ in last.most_common(CRATES)]
    return lines + ["| all | " + " | ".join(f"{sums[name]:.1f}" for name in CRATES_OF) + " |"]


def main():
    """Measures every command once, in a folder that is gone afterwards."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=ROOT, check=True)
    version = lambda program: subprocess.check_output([program, "--version"], cwd=ROOT, text=True).strip()
    lines = [
        f"{conditions()}; {version('cargo')}, {version('rustc')}; each once.",
        "",
        "| command | s, nothing there | CPU s | s, a change | s, no change | folder, MB | program, MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    seconds = {}
    for name in COMMANDS:
        # One at a time: they are large.
        with tempfile.TemporaryDirectory(prefix="building-") as folder:
            row, found = measured(name, Path(folder))
        lines.append(row)
        if found:
            seconds[name] = found
    shown = "\n".join([*lines, "", *table_of_crates(seconds)])
    print(shown)
    if given.write:
        write(NAME, shown)


if __name__ == "__main__":
    main()
