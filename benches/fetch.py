#!/usr/bin/env python3
"""Measures `latscope fetch`: beside other programs against moto, and alone against a server that does no work.

    python3 benches/fetch.py            prints the tables, after about a quarter of an hour
    python3 benches/fetch.py --write    puts them into docs/performance.md too

Needs Python 3, cargo and a network once; what it measures against is installed into the target folder. Holds little
in memory itself: Linux counts what a process held when it started another as that one's.
"""

import argparse
import datetime
import http.client
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
PROGRAM = TARGET / "release/latscope"
ZERO_SERVER = TARGET / "release/examples/zero_server"
VENV = TARGET / "bench/venv"
PACKAGES = ["moto[server]==5.2.5", "awscli==1.46.3", "awslogs==0.15.0", "microburst==0.10.0"]
PAGE = ROOT / "docs/performance.md"
MARKS = ("<!-- benches/fetch.py writes from here -->", "<!-- to here -->")

GROUP = "/aws/lambda/chat"
REGION = "eu-west-1"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MOTO_EVENTS = 50_000
MOTO_STREAMS = 10
ZERO_EVENTS = [100_000, 1_000_000, 4_000_000]
RATES = [5, 10, 25]
# The most that latscope takes, and more than is reached here.
UNLIMITED = 1000
# About how many milliseconds a page of the server without work holds, which has an event in each.
PAGE_MS = 2_600


def say(text):
    print(text, file=sys.stderr, flush=True)


# What is run.


def prepare():
    """Builds and installs what is measured."""
    cargo = ["cargo", "build", "--release", "--locked", "--bin", "latscope", "--example", "zero_server"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    mark = VENV.parent / "installed"
    wanted = "\n".join(PACKAGES)
    if not mark.exists() or mark.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(pip, check=True)
        mark.write_text(wanted)


def environment():
    """This one without what names other servers and accounts."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LATSCOPE_")) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "none",
        "AWS_SHARED_CREDENTIALS_FILE": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


class Peer:
    """A server from PyPI on a port of its own."""

    def __init__(self, program, health, arguments):
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = chosen.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [VENV / "bin" / program, *arguments, "-p", str(self.port)]
        self.process = subprocess.Popen(command, env=environment(), **quiet)
        deadline = time.monotonic() + 60
        while not self.is_up(health):
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{program} does not start")
            time.sleep(0.05)

    def is_up(self, health):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", health)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class ZeroServer:
    """The server that does no work. It ends when its input does."""

    def __init__(self, **options):
        arguments = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([ZERO_SERVER, *arguments], **pipes)
        address = self.process.stdout.readline().strip()
        self.url = f"http://{address}"
        self.port = int(address.rsplit(":", 1)[1])
        self.calls, self.throttled = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        seen = json.loads(self.process.communicate()[0])
        self.calls = sorted(moment / 1e6 for moment in seen["calls"])
        self.throttled = seen["throttled"]


class Run:
    """What a program took."""

    def __init__(self, command, output, errors):
        with open(output, "wb") as out, open(errors, "wb") as err:
            begun = time.monotonic()
            process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - begun
        # So that nobody waits for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime
        self.megabytes = usage.ru_maxrss * 1024 / 1e6
        if process.returncode != 0:
            sys.exit(f"{command}: {process.returncode}\n{Path(errors).read_text()[-2000:]}")


def iso(millis):
    moment = datetime.datetime.fromtimestamp(millis / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def latscope(url, folder, window, rate, *options):
    """Fetches into a fresh store. Gives what it took, the events that came and the pages."""
    store = Path(folder, "store")
    shutil.rmtree(store, ignore_errors=True)
    command = [PROGRAM, "fetch", "--log-group", GROUP, "--endpoint-url", url, "--store", store]
    command += ["--since", iso(window[0]), "--until", iso(window[1]), "--rate", str(rate), *options]
    errors = Path(folder, "errors")
    run = Run(command, os.devnull, errors)
    said = errors.read_text()
    found = re.search(r"([\d,]+) events kept of ([\d,]+) received in ([\d,]+) pages", said)
    if not found or "The window is complete." not in said:
        sys.exit(said)
    run.kept, run.received, run.pages = (int(number.replace(",", "")) for number in found.groups())
    run.is_throttled = "never throttled" not in said
    return run


def aws(url, folder, window):
    output = Path(folder, "events.json")
    command = [VENV / "bin/aws", "logs", "filter-log-events", "--log-group-name", GROUP, "--output", "json"]
    command += ["--start-time", str(window[0]), "--end-time", str(window[1] - 1), "--endpoint-url", url]
    run = Run(command, output, Path(folder, "errors"))
    with open(output, "rb") as lines:
        run.received = sum(b'"eventId"' in line for line in lines)
    return run


def awslogs(url, folder, window):
    output = Path(folder, "events.txt")
    command = [VENV / "bin/awslogs", "get", GROUP, "ALL", "--color", "never", "--timestamp"]
    command += ["--start", iso(window[0]), "--end", iso(window[1]), "--aws-region", REGION, "--aws-endpoint-url", url]
    run = Run(command, output, Path(folder, "errors"))
    with open(output, "rb") as lines:
        run.received = sum(1 for _ in lines)
    return run


class Logs:
    """The API without a client: what the server alone takes."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(self, action, body):
        scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/logs/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"Logs_20140328.{action}",
            "Authorization": f"{scope}, SignedHeaders=host, Signature=0",
        }
        self.connection.request("POST", "/", json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{action}: {text[:1000]}")
        return text

    def pages(self, window, pattern=None):
        """Reads all pages and looks at none. How many they were, and how many bytes."""
        asked = {"logGroupName": GROUP, "startTime": window[0], "endTime": window[1] - 1, "limit": 10_000}
        asked["interleaved"] = True
        if pattern:
            asked["filterPattern"] = pattern
        pages, size = 0, 0
        while True:
            text = self.call("FilterLogEvents", asked)
            pages, size = pages + 1, size + len(text)
            # Behind the events there are few streams.
            token = re.search(rb'"nextToken": ?"([^"]+)"', text[-4000:])
            if not token:
                return pages, size
            asked["nextToken"] = token[1].decode()


# What is measured.


def put_events(port, window):
    """Half of the events are records."""
    logs = Logs(port)
    logs.call("CreateLogGroup", {"logGroupName": GROUP})
    step = HOUR_MS * MOTO_STREAMS // MOTO_EVENTS
    for stream in range(MOTO_STREAMS):
        names = {"logGroupName": GROUP, "logStreamName": f"2026/11/20/[7]{stream:032x}"}
        logs.call("CreateLogStream", names)
        events = []
        for number in range(MOTO_EVENTS // MOTO_STREAMS):
            at = window[0] + number * step + stream
            events.append({"timestamp": at, "message": message(stream * MOTO_EVENTS + number)})
        logs.call("PutLogEvents", names | {"logEvents": events})


def message(number):
    """A line of an invocation, as `examples/zero_server.rs` has them."""
    invocation, kind = divmod(number, 4)
    request = f"7c0de5a1-90f3-4b1e-8a55-{invocation:012x}"
    part = f"{number * 7919 % 1000:03}"
    if kind == 1:
        record = {
            "schema": "latscope.timing/v1",
            "request_id": request,
            "call_index": 0,
            "start_offset_ms": float(f"2.{part}"),
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "aws.bedrock",
            "gen_ai.request.model": "amazon.nova-lite-v1:0",
            "inference_ms": float(f"812.{part}"),
            "status": "ok",
        }
        return json.dumps(record, separators=(",", ":"))
    if kind == 3:
        return (
            f"REPORT RequestId: {request}\tDuration: 912.{part} ms\tBilled Duration: 913 ms\t"
            "Memory Size: 512 MB\tMax Memory Used: 90 MB\t"
        )
    what = "calling the model with" if kind == 0 else "the model answered, writing"
    return f"[INFO]\t2026-11-20T09:00:00.{part}Z\t{request}\t{what} {part} tokens"


class Row:
    """The runs of one line of a table."""

    def __init__(self, name):
        self.name = name
        self.runs = []

    def cells(self, events):
        def of(what):
            return [getattr(run, what) for run in self.runs]

        seconds = of("seconds")
        is_bare = isinstance(self.runs[0], Bare)
        return [
            self.name,
            f"{statistics.median(of('pages')):,.0f}",
            f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
            f"{events / statistics.median(seconds):,.0f}",
            "" if is_bare else f"{statistics.median(of('cpu')):.2f}",
            "" if is_bare else f"{max(of('megabytes')):.0f}",
        ]


class Bare:
    """What a server alone took, one call after another."""

    def __init__(self, logs, windows, pattern=None):
        begun = time.monotonic()
        self.pages = sum(logs.pages(window, pattern)[0] for window in windows)
        self.seconds = time.monotonic() - begun


def table(heads, rows, texts=1):
    """A table in Markdown, whose first columns are texts."""
    marks = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, marks, *rows])


HEADS = ["", "pages", "seconds, median (range)", "events a second", "CPU seconds", "peak memory, MB"]


def beside_others(folder, rounds):
    now = int(time.time() * 1000)
    # A whole hour that is over, so that latscope cuts it into twelve slices.
    end = now - now % 300_000 - HOUR_MS
    window = (end - HOUR_MS, end)
    slices = [(start, start + 300_000) for start in range(*window, 300_000)]
    names = [
        "`latscope fetch --all-events`",
        "`latscope fetch --all-events` through microburst",
        "`latscope fetch`",
        "`aws logs filter-log-events`",
        "`awslogs get`",
        "moto alone: the whole hour",
        "moto alone: slices of 5 minutes",
        "moto alone: those slices, with latscope's pattern",
    ]
    rows = {name: Row(name) for name in names}
    with (
        Peer("moto_server", "/moto-api/", ["-H", "127.0.0.1"]) as moto,
        Peer("microburst", "/_microburst/health", ["-u", moto.url]) as proxy,
    ):
        put_events(moto.port, window)
        pattern = latscope_pattern(moto.url, folder, window)
        for number in range(rounds):
            say(f"against moto, round {number + 1} of {rounds}")
            runs = [
                latscope(moto.url, folder, window, UNLIMITED, "--all-events"),
                latscope(proxy.url, folder, window, UNLIMITED, "--all-events"),
                latscope(moto.url, folder, window, UNLIMITED),
                aws(moto.url, folder, window),
                awslogs(moto.url, folder, window),
            ]
            # What is compared must have done the same.
            for name, run in zip(names, runs):
                if run.received != MOTO_EVENTS:
                    sys.exit(f"{name}: {run.received} events instead of {MOTO_EVENTS}")
            kept = [run.kept for run in runs[:3]]
            if kept != [MOTO_EVENTS, MOTO_EVENTS, MOTO_EVENTS // 2]:
                sys.exit(f"latscope kept {kept}")
            logs = Logs(moto.port)
            runs += [Bare(logs, [window]), Bare(logs, slices), Bare(logs, slices, pattern)]
            # The other programs do not tell; they ask for the whole hour.
            runs[3].pages = runs[4].pages = runs[5].pages
            for name, run in zip(names, runs):
                rows[name].runs.append(run)
    return table(HEADS, [row.cells(MOTO_EVENTS) for row in rows.values()])


def latscope_pattern(url, folder, window):
    """The filter pattern that latscope sends."""
    command = [PROGRAM, "fetch", "--log-group", GROUP, "--endpoint-url", url, "--store", Path(folder, "none")]
    command += ["--since", iso(window[0]), "--until", iso(window[1]), "--dry-run"]
    plan = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout
    return re.search(r"^Filter: (.*)$", plan, re.MULTILINE)[1]


def alone(folder, rounds):
    # Any time that is over; at midnight all slices begin.
    now = int(time.time() * 1000)
    start = now - now % DAY_MS - DAY_MS
    rows = [Row(f"`latscope fetch`, {events:,} events") for events in ZERO_EVENTS]
    bare = Row(f"the server alone, {ZERO_EVENTS[1]:,} events")
    with ZeroServer() as server:
        for number in range(rounds):
            say(f"against the server without work, round {number + 1} of {rounds}")
            for row, events in zip(rows, ZERO_EVENTS):
                run = latscope(server.url, folder, (start, start + events), UNLIMITED)
                if run.kept * 2 != events:
                    sys.exit(f"{row.name}: kept {run.kept}")
                row.runs.append(run)
            bare.runs.append(Bare(Logs(server.port), [(start, start + ZERO_EVENTS[1])]))
    cells = [row.cells(events) for row, events in zip(rows, ZERO_EVENTS)]
    return table(HEADS, [*cells, bare.cells(ZERO_EVENTS[1])])


def limits(folder, seconds):
    now = int(time.time() * 1000)
    end = now - now % DAY_MS - DAY_MS
    cells = []
    for rate in RATES:
        calls = rate * seconds
        days, minutes = calls, -(-calls * PAGE_MS // 60_000)
        cases = [
            # Slices are never longer than a day: each is a call.
            ("sparse", (end - days * DAY_MS, end), {"every": DAY_MS}),
            ("dense", (end - minutes * 60_000, end), {}),
        ]
        if rate == RATES[-1]:
            cases.append(("dense, answers after 1 s", (end - minutes * 60_000, end), {"answer_after": 1000}))
        for name, window, options in cases:
            shown = []
            for quota in [{}, {"quota": rate}]:
                say(f"{rate} calls a second, {name}, {'with a quota' if quota else 'without a quota'}")
                with ZeroServer(**options, **quota) as server:
                    latscope(server.url, folder, window, rate)
                shown.append(server)
            times = shown[0].calls
            took = times[-1] - times[0]
            cells.append([
                str(rate),
                name,
                str(len(times)),
                f"{took:.1f}",
                f"{100 * (len(times) - 1) / (took * rate):.1f} %",
                str(most_in_a_second(times)),
                str(shown[1].throttled),
            ])
    heads = ["`--rate`", "window", "calls", "seconds", "used of the rate", "most calls in a second"]
    return table([*heads, "throttled by a quota of the same rate"], cells, texts=2)


def most_in_a_second(times):
    most, first = 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


# What is written.


def about():
    """The machine, the versions and the date."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE)
        processor = found[1] if found else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    version = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    commit = ["git", "rev-parse", "--short=10", "HEAD"]
    commit = subprocess.run(commit, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return "\n".join([
        f"- Machine: {processor}, {os.cpu_count()} processors, {memory:.0f} GB, {platform.system()} {platform.release()}",
        f"- Versions: {version} ({commit}), {', '.join(PACKAGES)}, Python {platform.python_version()}",
        f"- Date: {date}",
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run")
    parser.add_argument("--seconds", type=int, default=24, help="how long each run of the limiter is")
    parser.add_argument("--only", choices=["others", "alone", "limits"], help="one of the tables")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write needs all tables")
    prepare()
    parts = []
    with tempfile.TemporaryDirectory(dir=VENV.parent) as folder:
        if options.only in (None, "others"):
            title = f"## Beside others: {MOTO_EVENTS:,} events of an hour, from moto"
            parts.append(f"{title}\n\n{beside_others(folder, options.rounds)}")
        if options.only in (None, "alone"):
            parts.append(f"## Alone: a server without work\n\n{alone(folder, options.rounds)}")
        if options.only in (None, "limits"):
            parts.append(f"## The limiter\n\n{limits(folder, options.seconds)}")
    text = "\n\n".join([about(), *parts])
    print(text)
    if options.write:
        begin, end = MARKS
        page = PAGE.read_text()
        before, behind = page[: page.index(begin) + len(begin)], page[page.index(end) :]
        PAGE.write_text(f"{before}\n{text}\n{behind}")


if __name__ == "__main__":
    main()
