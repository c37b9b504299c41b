"""What `latscope report` takes of many invocations that are in the store already.

The option --report of `benches/reading.py`. Nothing but `latscope fetch` fills a store, so it fetches, once and not measured,
from a CloudWatch Logs that stands here: it has the records of a log made by `benches/growth.py`, and answers with them page
by page.
"""

import bisect
import collections
import datetime
import http.server
import json
import mmap
import shutil
import statistics
import subprocess
import sys
import threading
from array import array

import growth
from fetch import GROUP, environment
from measuring import FOLDER, PROGRAM, conditions, corpus, run, say, shown_peak, warm

PAGE_EVENTS, PAGE_BYTES = 10_000, 1_000_000
# So that all of it has happened: the generator's log begins in November 2026.
BEGIN_MS = -400 * 24 * 3_600_000
SIDES = ["--baseline", "haiku", "--candidate", "nova-lite"]


class Events:
    """The lines of a log by their time."""

    def __init__(self, path):
        self.times, self.begins = array("q"), array("q", [0])
        with path.open("rb") as file:
            for line in file:
                self.times.append(int(line[-15:-2]))
                self.begins.append(self.begins[-1] + len(line))
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if any(self.times[at - 1] > self.times[at] for at in range(1, len(self.times))):
            sys.exit(f"{path.name} is not in order")

    def page(self, asked):
        """The answer to a call of FilterLogEvents."""
        first = int(asked.get("nextToken") or bisect.bisect_left(self.times, asked["startTime"]))
        end = bisect.bisect_right(self.times, asked["endTime"])
        last = min(end, first + PAGE_EVENTS, max(first + 1, bisect.bisect_right(self.begins, self.begins[first] + PAGE_BYTES) - 1))
        lines = self.bytes[self.begins[first] : self.begins[last]] if first < last else b""
        token = b',"nextToken":"%d"' % last if last < end else b""
        return b'{"events":[' + lines.rstrip(b"\n").replace(b"\n", b",") + b'],"searchedLogStreams":[]' + token + b"}"


def groups(asked):
    """The answer to a call of DescribeLogGroups."""
    arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*"
    return json.dumps({"logGroups": [{"logGroupName": GROUP, "arn": arn, "logGroupClass": "STANDARD"}]}).encode()


def server(events):
    """A server of these events on a port of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_filter = self.headers["X-Amz-Target"].endswith(".FilterLogEvents")
            answer = events.page(asked) if is_filter else groups(asked)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


def iso(milliseconds):
    """A moment as --since takes it."""
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fill(base, store, invocations):
    """Makes the log, and fetches it into the store."""
    path = FOLDER / "report.ndjson"
    try:
        growth.make(base, path, growth.Variant("", reports=invocations, share=1.0), BEGIN_MS)
        events = Events(path)
        say(f"fetching {len(events.times):,} events")
        made = server(events)
        window = ["--since", iso(events.times[0]), "--until", iso(events.times[-1] + 1)]
        command = [PROGRAM, "fetch", "--log-group", GROUP, "--endpoint-url", f"http://127.0.0.1:{made.server_port}", *window]
        subprocess.run([*command, "--store", store, "--rate", "1000", "--quiet"], env=environment(), check=True)
        made.shutdown()
    finally:
        path.unlink(missing_ok=True)


def filled(invocations):
    """A store with so many invocations, made once."""
    store = FOLDER / f"store-{invocations}"
    if not store.exists():
        say(f"making a store of {invocations:,} invocations")
        part = store.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        growth.in_a_process(fill, corpus("ndjson", 20), part, invocations)
        part.rename(store)
    summary = json.loads(run([PROGRAM, "summary", "--store", store, "--format", "json", "--quiet"], True)[2])
    if summary["ledger"]["invocations"] != invocations:
        sys.exit(f"{store.name} holds {summary['ledger']['invocations']:,} invocations")
    return store


def size(folder):
    """Megabytes of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def table(invocations, rounds):
    """Everything that --report shows."""
    store, out = filled(invocations), FOLDER / "report"
    commands = {
        "`latscope summary`": ["summary", "--format", "json"],
        "`latscope report`": ["report", *SIDES, "--out", out],
        "`latscope report`, one processor": ["report", *SIDES, "--out", out],
    }
    times, peaks = collections.defaultdict(list), collections.defaultdict(float)
    for number in range(rounds):
        for name, command in commands.items():
            first = ["taskset", "-c", "0"] if "one processor" in name else []
            shutil.rmtree(out, ignore_errors=True)
            warm(store)
            seconds, peak, _ = run([*first, PROGRAM, *command, "--store", store, "--quiet"])
            times[name].append(seconds)
            peaks[name] = max(peaks[name], peak)
        say(f"round {number + 1} of {rounds}")
    files = sorted(str(file.relative_to(out)) for file in out.rglob("*") if file.is_file())
    figures = sum(name.endswith(".svg") for name in files)
    if "report.html" not in files or not figures:
        sys.exit(f"the report has only {files}")
    lines = [
        f"{invocations:,} invocations of two models in the store, {size(store):,.0f} MB, {conditions()}; medians of {rounds} "
        f"rounds. The report is {len(files)} files, {figures} of them figures, {size(out):.1f} MB.",
        "",
        "| command | s | peak MB |",
        "|---|--:|--:|",
    ]
    for name, found in times.items():
        lines.append(f"| {name} | {statistics.median(found):.2f} | {shown_peak(peaks[name])} |")
    return lines
