#!/usr/bin/env python3
"""Measures how fast saved logs are read: `latscope summary` beside floors and other programs on the same question.

    python3 benches/reading.py                     1 GiB of each form, seven rounds; prints the tables
    python3 benches/reading.py --mib 100 --rounds 3
    python3 benches/reading.py --write             puts them into docs/performance.md too
    python3 benches/reading.py --no-build          measures the programs that were built last
    python3 benches/reading.py --forms --mib 100   other forms instead
    python3 benches/reading.py --growth            how cost grows instead: sizes, models, streams, share of records
    python3 benches/reading.py --report            `latscope report` of a million stored invocations instead

The question: of every model, cold and warm apart, how many invocations there are, mean, p50, p95 and p99 of their Duration, and the
share of inference in it, each REPORT joined to its timing record by request id. latscope answers it with everything else that its
summary shows. All programs run in turn in each round, and before the time of each counts, its file is read once from end to end.
A row shows the median over the rounds of its time and of its ratio to the first row in the same round. Answers must be the same, or
nothing is shown.

Needs Python 3, cargo and a network once; DuckDB and polars are installed into the target folder. ripgrep, jq, mawk or gawk
(Debian: ripgrep, jq, mawk, gawk) and agrind (`cargo install ag`) are asked where they are on PATH. agrind cannot join, so its
row is of a simpler question: of all REPORT lines, count and mean.
"""

import argparse
import collections
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from functools import cache

import reading_peers
from measuring import BYTES_PER_REQUEST, CORPUS, FOLDER, MIB, PROGRAM, ROOT, TARGET, VENV
from measuring import conditions, corpus, run, say, shown_peak, warm, write

PARTS = 16
# In MiB and runs: what the start of the program is measured with.
SMALL, STARTS = 0.8, 100


def prepare(builds):
    """Builds, unless told not to, and installs what is measured."""
    if builds:
        cargo = ["cargo", "build", "--release", "--locked", "-p", "latscope", "-p", "latscope-corpus", "--bins"]
        subprocess.run(cargo, cwd=ROOT, check=True)
        subprocess.run(["cargo", "bench", "--locked", "--no-run", "--bench", "inflate"], cwd=ROOT, check=True)
    mark, packages = VENV / "installed", reading_peers.PACKAGES
    if not mark.exists() or mark.read_text() != "\n".join(packages):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        mark.write_text("\n".join(packages))


@cache
def floor_of_gzip():
    """The program that inflates and does nothing else, or None."""
    made = [path for path in TARGET.glob("release/deps/inflate-*") if not path.suffix and os.access(path, os.X_OK)]
    if not made:
        say("skipped, since it is not built: benches/inflate.rs")
    return max(made, key=lambda path: path.stat().st_mtime, default=None)


def compressed(path):
    """The same file compressed, and as so many compressed parts."""
    one, parts = path.with_suffix(path.suffix + ".gz"), path.with_suffix(path.suffix + ".parts")
    if not one.exists():
        say(f"making {one.name}")
        with path.open("rb") as lines, gzip.open(one.with_suffix(".part"), "wb", compresslevel=6) as packed:
            shutil.copyfileobj(lines, packed, 1 << 20)
        one.with_suffix(".part").rename(one)
    if not parts.exists():
        say(f"making {parts.name}")
        made = parts.with_suffix(".part")
        made.mkdir(exist_ok=True)
        size = path.stat().st_size // PARTS + 1
        with path.open("rb") as lines:
            for number in range(PARTS):
                with gzip.open(made / f"{number:02}.ndjson.gz", "wb", compresslevel=6) as packed:
                    left = size
                    while left > 0 and (line := lines.readline()):
                        left -= packed.write(line)
        made.rename(parts)
    return one, parts


def answer_of_latscope(text):
    """The rows of a summary that the question asks for."""
    rows = []
    for group in json.loads(text)["groups"]:
        if group["model_id"]:
            durations = [group["duration_ms"][name] for name in ("count", "mean", "p50", "p95", "p99")]
            rows.append([group["model_id"], group["start"] == "cold", *durations, group["inference_share"]["ratio_of_sums"]])
    return rows


def programs(path, form):
    """Name, command, and how its answer is read."""
    summary = [PROGRAM, "summary", "--format", "json", "--quiet", "--input", path]
    rows = []
    if form != "gz":
        rows += reading_peers.floors(path) + reading_peers.peers(path, form)
    elif path.is_file() and floor_of_gzip():
        rows.append(("inflating alone", [floor_of_gzip(), path], None))
    rows.append(("**latscope**", summary, answer_of_latscope))
    rows.append(("**latscope, one processor**", ["taskset", "-c", "0", *summary], answer_of_latscope))
    return rows


def agree(answers):
    """Whether all give the same groups, and the same numbers to a millionth."""
    close = lambda one, other: all(abs(a - b) <= 1e-6 * a for a, b in zip(one, other, strict=True))
    by_group = [{(model, cold): numbers for model, cold, *numbers in rows} for rows in answers]
    alike = lambda one, other: one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    return all(alike(one, other) for one, other in zip(by_group, by_group[1:]))


def check(path, rows, simpler, form):
    """Asks every program once, and ends where answers differ."""
    answers, of_latscope, of_others = {}, [], []
    for name, command, read in rows:
        if read is not None:
            # Timeouts are in latscope's figures, as lower bounds, and not in the question.
            more = ["--where", "status=success"] if read is answer_of_latscope else []
            answers[name] = read(run([*command, *more], True)[2])
            (of_latscope if more else of_others).append(answers[name])
    if of_others:
        # Its quantiles are of another type than those of the others.
        of_latscope.append(reading_peers.with_quantiles_of_type_8(path, form))
    if not (agree(of_latscope) and agree(of_others)):
        for name, answer in answers.items():
            say(f"{name}: {sorted(map(str, answer))}")
        sys.exit(f"{path.name}: the answers differ")
    for name, command, read in simpler:
        right, answer = reading_peers.all_reports(path, form), read(run(command, True)[2])
        # It may print no more than two decimals.
        if answer[0] != right[0] or abs(answer[1] - right[1]) > 0.01:
            sys.exit(f"{path.name}: {name}: {answer} instead of {right}")


def measured(path, form, rounds):
    """The rows of the table for one file."""
    rows = programs(path, form)
    simpler = reading_peers.simpler(path, form) if form != "gz" else []
    check(path, rows, simpler, form)
    rows = rows[:-2] + simpler + rows[-2:]
    times, peaks = collections.defaultdict(list), collections.defaultdict(float)
    for number in range(rounds):
        for name, command, _ in rows:
            warm(path)
            seconds, peak, _ = run(command)
            times[name].append(seconds)
            peaks[name] = max(peaks[name], peak)
        say(f"{path.name}: round {number + 1} of {rounds}")
    floor = times[rows[0][0]] if rows[0][2] is None else None
    lines = []
    for name, *_ in rows:
        ratio = f"{statistics.median(a / b for a, b in zip(times[name], floor)):.1f}" if floor else "–"
        lines.append(f"| {path.name} | {name} | {statistics.median(times[name]):.2f} | {ratio} | {shown_peak(peaks[name])} |")
    return lines


def started(command):
    """Milliseconds from the moment at which a program is begun, without a shell, to its end."""
    nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    command = [str(part) for part in command]
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
    _, status = os.waitpid(process, 0)
    milliseconds = (time.perf_counter() - begun) * 1000
    if status:
        sys.exit(f"{command[0]} ends with {os.waitstatus_to_exitcode(status)}")
    return milliseconds


def starts():
    """How long the program takes where there is little to do, in turn with one that does nothing."""
    path = corpus("ndjson", SMALL)
    commands = {
        "`true`": [shutil.which("true")],
        "`latscope --version`": [PROGRAM, "--version"],
        f"`latscope summary` of {SMALL} MiB": [PROGRAM, "summary", "--quiet", "--input", path],
    }
    times = collections.defaultdict(list)
    warm(path)
    for _ in range(STARTS):
        for name, command in commands.items():
            times[name].append(started(command))
    lines = [f"| start, {STARTS} runs each | mean ms | median ms |", "|---|--:|--:|"]
    for name, found in times.items():
        lines.append(f"| {name} | {statistics.mean(found):.1f} | {statistics.median(found):.1f} |")
    return lines


# Forms of one file each, and the folder of an export.
FORMS = {
    "filter-log-events": "document of `filter-log-events`",
    "filter-log-events-pretty": "the same, indented",
    "console-csv": "CSV of the console",
    "insights-results": "Logs Insights, JSON",
    "insights-console-csv": "Logs Insights, CSV",
    "subscription": "subscription envelopes",
    "tail-detailed": "`aws logs tail`",
    "tail-json": "`aws logs tail`, indented JSON",
    "s3-export": "export to S3, a folder of .gz",
}


def forms(requests, rounds):
    """How fast every other form is read."""
    say("making the forms")
    FOLDER.mkdir(parents=True, exist_ok=True)
    base = ["--preset", "haiku-vs-nova-lite", "--requests", str(requests)]
    paths = {}
    for form in ["ndjson", *FORMS]:
        path = FOLDER / f"form-{requests}-{form}"
        if not path.exists():
            where = ["--out-dir"] if form == "s3-export" else ["--out"]
            subprocess.run([CORPUS, *base, "--format", form, *where, path], check=True, stderr=subprocess.DEVNULL)
        paths[form] = path
    files = lambda path: [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    unpacked = lambda file: gzip.open(file).read() if file.suffix == ".gz" else None
    sizes = {form: sum(len(unpacked(f) or b"") or f.stat().st_size for f in files(path)) for form, path in paths.items()}
    times = collections.defaultdict(list)
    for _ in range(rounds):
        for form, path in paths.items():
            warm(path)
            times[form].append(run([PROGRAM, "summary", "--format", "json", "--quiet", "--input", path])[0])
    rate = {form: sizes[form] / statistics.median(times[form]) for form in paths}
    lines = ["| form | MB | s | MB/s | of NDJSON's |", "|---|--:|--:|--:|--:|"]
    for form in paths:
        of = rate[form] / rate["ndjson"]
        seconds, name = statistics.median(times[form]), FORMS.get(form, "NDJSON")
        lines.append(f"| {name} | {sizes[form] / 1e6:.0f} | {seconds:.2f} | {rate[form] / 1e6:,.0f} | {of:.2f} |")
    return lines


def table(mib, rounds):
    """Everything that is measured where nothing else is asked for."""
    ndjson, text = corpus("ndjson", mib), corpus("text", mib)
    one, parts = compressed(ndjson)
    lines = [
        f"{mib} MiB, {conditions()}; medians of {rounds} rounds.",
        "",
        "| file | program | s | over the first row | peak MB |",
        "|---|---|--:|--:|--:|",
    ]
    for path, form in [(ndjson, "ndjson"), (text, "text"), (one, "gz"), (parts, "gz")]:
        lines += measured(path, form, rounds)
    version = run([PROGRAM, "--version"], True)[2].strip()
    return [*lines, "", f"Versions: {version}, {reading_peers.versions()}.", "", *starts()]


def main():
    """Loads what is asked for alone: memory below that of this process cannot be told of others."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mib", type=int, default=1024)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--no-build", action="store_true")
    instead = arguments.add_mutually_exclusive_group()
    instead.add_argument("--forms", action="store_true")
    instead.add_argument("--growth", action="store_true")
    instead.add_argument("--report", action="store_true")
    sizes = lambda text: [int(size) for size in text.split(",")]
    arguments.add_argument("--sizes", type=sizes, default=[100, 1024, 8192], help="MiB, of --growth; its other variants have --mib")
    arguments.add_argument("--invocations", type=int, default=1_000_000, help="of --report")
    given = arguments.parse_args()
    prepare(not given.no_build)
    name = "benches/reading.py"
    if given.forms:
        name, lines = None, forms(given.mib * MIB // BYTES_PER_REQUEST["ndjson"], given.rounds)
    elif given.growth:
        import growth

        name, lines = "benches/growth.py", growth.table(given.sizes, given.mib, given.rounds)
    elif given.report:
        import reporting

        name, lines = "benches/reporting.py", reporting.table(given.invocations, given.rounds)
    else:
        lines = table(given.mib, given.rounds)
    shown = "\n".join(lines)
    print(shown)
    if given.write and name:
        write(name, shown)


if __name__ == "__main__":
    main()
