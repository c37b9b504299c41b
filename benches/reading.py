#!/usr/bin/env python3
"""Measures how fast saved logs are read: `latscope summary` beside floors and other programs on the same question.

    python3 benches/reading.py                     1 GiB of each form, seven rounds; prints the table
    python3 benches/reading.py --mib 100 --rounds 3
    python3 benches/reading.py --write             puts it into docs/performance.md too
    python3 benches/reading.py --forms --mib 100   other forms instead

The question: of every model, cold and warm apart, how many invocations there are and the mean of their Duration, each REPORT
joined to its timing record by request id. latscope answers it with everything else that its summary shows. Every program
reads the file once before its time counts; all run in turn in each round, and a row shows the median over the rounds of
its time and of its ratio to `wc -l` in the same round. Answers must be the same, or nothing is shown.

Needs Python 3, cargo and a network once; DuckDB is installed into the target folder, ripgrep is used where there is one.
"""

import argparse
import collections
import datetime
import gzip
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
PROGRAM = TARGET / "release/latscope"
CORPUS = TARGET / "release/latscope-corpus"
FOLDER = TARGET / "bench/reading"
VENV = TARGET / "bench/reading-venv"
PACKAGES = ["duckdb==1.4.2"]
PAGE = ROOT / "docs/performance.md"
MARKS = ("<!-- benches/reading.py writes from here -->", "<!-- benches/reading.py writes to here -->")
# Of the generator's preset with its noise.
BYTES_PER_REQUEST = {"ndjson": 3150, "text": 1650}
PARTS = 16


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare():
    """Builds and installs what is measured."""
    cargo = ["cargo", "build", "--release", "--locked", "-p", "latscope", "-p", "latscope-corpus", "--bins"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    mark = VENV / "installed"
    if not mark.exists() or mark.read_text() != "\n".join(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        mark.write_text("\n".join(PACKAGES))


def floor_of_gzip():
    """The program that inflates and does nothing else."""
    cargo = ["cargo", "bench", "--locked", "--no-run", "--bench", "inflate", "--message-format", "json"]
    made = subprocess.run(cargo, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    found = [json.loads(line).get("executable") for line in made.splitlines()]
    return next(path for path in reversed(found) if path)


def corpus(form, mib):
    """A file of about so many MiB, made once."""
    path = FOLDER / f"{mib}.{form}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        requests = mib * 1024 * 1024 // BYTES_PER_REQUEST[form]
        say(f"making {path.name}: {requests:,} requests")
        made = path.with_suffix(".part")
        arguments = ["--preset", "haiku-vs-nova-lite", "--requests", str(requests), "--format", form, "--out", made]
        subprocess.run([CORPUS, *arguments], check=True, stderr=subprocess.DEVNULL)
        made.rename(path)
    return path


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
                    packed.writelines(lines.readlines(size))
        made.rename(parts)
    return one, parts


# The question in SQL, of messages; and in plain Python.

SQL = r"""
WITH events AS ({events}),
reports AS (
  SELECT regexp_extract(message, 'RequestId: ([0-9a-f-]+)', 1) AS id,
         CAST(regexp_extract(message, '\tDuration: ([0-9.]+) ms', 1) AS DOUBLE) AS duration,
         message LIKE '%Init Duration:%' AS cold, message LIKE '%Status: timeout%' AS stopped
  FROM events WHERE message LIKE 'REPORT RequestId:%'),
timings AS (
  SELECT t ->> 'request_id' AS id, any_value(t ->> '$."gen_ai.request.model"') AS model,
         bool_and((t ->> 'status') = 'ok') AS fine
  FROM (SELECT message::JSON AS t FROM events WHERE message LIKE '{{"schema":"latscope.timing/v1"%') GROUP BY 1)
SELECT model, cold, count(*), avg(duration) FROM (
  SELECT DISTINCT r.id, model, cold, duration FROM reports r JOIN timings USING (id) WHERE fine AND NOT stopped) GROUP BY 1, 2
"""
EVENTS = {
    "ndjson": "SELECT message FROM read_json('{path}', format='newline_delimited', columns={{message: 'VARCHAR'}})",
    "text": "SELECT substr(line, 26) AS message FROM read_csv('{path}', columns={{line: 'VARCHAR'}}, delim='\\x01', quote='', "
    "escape='', header=false, auto_detect=false, strict_mode=false, max_line_size=10000000)",
}
DUCKDB = """
import duckdb, json, sys
connection = duckdb.connect(config={"threads": int(sys.argv[2])})
connection.execute("SET enable_progress_bar = false")
rows = connection.execute(sys.argv[1]).fetchall()
print(json.dumps([[m, bool(c), n, a] for m, c, n, a in rows]))
"""
PYTHON = r"""
import collections, json, re, sys
report = re.compile(r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms")
seen, reports, timings = set(), {}, {}
for line in open(sys.argv[1], "rb"):
    if b"REPORT RequestId: " not in line and b"latscope.timing/v1" not in line:
        continue
    message = json.loads(line)["message"] if sys.argv[2] == "ndjson" else line[25:].decode()
    if found := report.match(message):
        reports[found[1]] = (float(found[2]), "Init Duration:" in message, "Status: timeout" in message)
    elif message.startswith('{"schema":"latscope.timing/v1"'):
        timing = json.loads(message)
        fine = timings.get(timing["request_id"], (None, True))[1]
        timings[timing["request_id"]] = (timing["gen_ai.request.model"], fine and timing["status"] == "ok")
groups = collections.defaultdict(list)
for id, (duration, cold, stopped) in reports.items():
    model, fine = timings.get(id, (None, False))
    if fine and not stopped:
        groups[model, cold].append(duration)
print(json.dumps([[m, c, len(v), sum(v) / len(v)] for (m, c), v in groups.items()]))
"""


def answer_of_latscope(text):
    return [
        [group["model_id"], group["start"] == "cold", group["duration_ms"]["count"], group["duration_ms"]["mean"]]
        for group in json.loads(text)["groups"]
        if group["model_id"]
    ]


def run(command, keeps=False):
    """Seconds, peak in MB, and what was written, where that is kept."""
    output = subprocess.PIPE if keeps else subprocess.DEVNULL
    begun = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.DEVNULL)
    text = process.stdout.read().decode() if keeps else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ends with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, text


def warm(path):
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as bytes_:
                while bytes_.read(1 << 22):
                    pass


def programs(path, form):
    """Name, command, and how its answer is read."""
    summary = [PROGRAM, "summary", "--format", "json", "--quiet", "--input", path]
    rows = [("`wc -l`", ["wc", "-l", path], None)] if form != "gz" else []
    if form != "gz":
        if shutil.which("rg"):
            rows.append(("`rg -c REPORT`", ["rg", "-c", "REPORT", path], None))
        sql = SQL.format(events=EVENTS[form].format(path=path))
        python = VENV / "bin/python"
        rows.append(("DuckDB, 2 threads", [python, "-c", DUCKDB, sql, "2"], json.loads))
        rows.append(("Python, lines chosen by bytes", [python, "-c", PYTHON, path, form], json.loads))
    elif path.is_file():
        rows.append(("inflating alone", [floor_of_gzip(), path], None))
    rows.append(("**latscope**", summary, answer_of_latscope))
    rows.append(("**latscope, one processor**", ["taskset", "-c", "0", *summary], answer_of_latscope))
    return rows


def agree(answers):
    """Whether all give the same counts, and means to a millionth."""
    keyed = [{(model, cold): (count, mean) for model, cold, count, mean in answer} for answer in answers.values()]
    first = keyed[0]
    same = lambda a, b: a[0] == b[0] and abs(a[1] - b[1]) < 1e-6 * a[1]
    return all(other.keys() == first.keys() and all(same(first[key], other[key]) for key in first) for other in keyed)


def measured(path, form, rounds):
    rows = programs(path, form)
    times, peaks, answers = collections.defaultdict(list), collections.defaultdict(float), {}
    for number in range(rounds):
        for name, command, read in rows:
            warm(path)
            seconds, peak, _ = run(command)
            times[name].append(seconds)
            peaks[name] = max(peaks[name], peak)
            if read is not None and number == 0:
                # Timeouts are in latscope's figures, as lower bounds, and not in the question.
                more = ["--where", "status=success"] if read is answer_of_latscope else []
                answers[name] = read(run([*command, *more], True)[2])
        say(f"{path.name}: round {number + 1} of {rounds}")
    if not agree(answers):
        for name, answer in answers.items():
            say(f"{name}: {sorted(map(str, answer))}")
        sys.exit(f"{path.name}: the answers differ")
    floor = times.get("`wc -l`")
    if form == "gz":
        floor = times.get("inflating alone")
    lines = []
    for name, *_ in rows:
        ratio = statistics.median(a / b for a, b in zip(times[name], floor)) if floor else None
        shown = f"{ratio:.1f}" if ratio else "–"
        # A process counts the memory of the one that began it, so less than that cannot be told.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        peak = f"{peaks[name]:.0f}" if peaks[name] > own + 1 else f"≤ {own:.0f}"
        lines.append(f"| {path.name} | {name} | {statistics.median(times[name]):.2f} | {shown} | {peak} |")
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
        path = FOLDER / f"form-{form}"
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


def processor():
    with open("/proc/cpuinfo") as lines:
        names = [re.sub(r"\s+", " ", line.split(":")[1]).strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} of them" if names else platform.processor()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mib", type=int, default=1024)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--forms", action="store_true")
    given = arguments.parse_args()
    prepare()
    if given.forms:
        print("\n".join(forms(given.mib * 1024 * 1024 // BYTES_PER_REQUEST["ndjson"], given.rounds)))
        return
    ndjson, text = corpus("ndjson", given.mib), corpus("text", given.mib)
    one, parts = compressed(ndjson)
    table = [
        f"{given.mib} MiB, {datetime.date.today()}, {processor()}, Linux {platform.release()}; medians of {given.rounds} rounds.",
        "",
        "| file | program | s | over the first row | peak MB |",
        "|---|---|--:|--:|--:|",
    ]
    for path, form in [(ndjson, "ndjson"), (text, "text"), (one, "gz"), (parts, "gz")]:
        table += measured(path, form, given.rounds)
    shown = "\n".join(table)
    print(shown)
    if given.write:
        page = PAGE.read_text()
        begin, end = (page.index(mark) for mark in MARKS)
        PAGE.write_text(page[: begin + len(MARKS[0])] + f"\n{shown}\n" + page[end:])


if __name__ == "__main__":
    main()
