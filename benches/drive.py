#!/usr/bin/env python3
"""Measures `latscope drive` beside other load generators, against one server on loopback, at the same rate.

    python3 benches/drive.py            prints the tables, after about five minutes
    python3 benches/drive.py --write    puts them into docs/performance.md too

Needs Python 3 and cargo; measures those of `hey` (Debian), `autocannon` (npm) and `oha` (crates.io) that are on the PATH. The
server is a process of its own that answers each request by its number after 20 ms, every sixteenth after 120 ms, so the
distribution is known and no percentile that is shown lies where it jumps. Leave the machine alone meanwhile.
"""

import argparse
import asyncio
import datetime
import json
import multiprocessing
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
PAGE = ROOT / "docs/performance.md"
MARKS = ("<!-- benches/drive.py writes from here -->", "<!-- to here, of drive -->")

RATE = 200
REQUESTS = 4_000
RUNS = 3
IN_FLIGHT = 50
BODY = json.dumps({"prompt": "Say in three sentences what is special about the number 7.", "max_tokens": 256, "model": "a"})
HIGHER = (500, 1_000, 2_000, 4_000)


def serve(port):
    """Answers a POST by its number."""
    answer = json.dumps({"text": "x" * 200, "usage": {"input_tokens": 15, "output_tokens": 61}}).encode()
    whole = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer)
    count = 0

    class Api(asyncio.Protocol):
        """One connection, one request at a time."""

        def connection_made(self, transport):
            self.transport, self.got = transport, b""

        def data_received(self, data):
            nonlocal count
            self.got += data
            head, end, body = self.got.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            if not end or len(body) < int(length.group(1)):
                return
            self.got = b""
            count += 1
            wait = 0.12 if count % 16 == 0 else 0.02
            asyncio.get_running_loop().call_later(wait, self.answer)

        def answer(self):
            if not self.transport.is_closing():
                self.transport.write(whole)

    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Api, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    asyncio.run(run())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def measured(command, folder):
    """Standard output, exit code, CPU seconds and peak memory in MB of a command."""
    with open(folder / "out", "w+b") as out, open(folder / "err", "w+b") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    return text, process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def nearest_rank(values, p):
    return sorted(values)[max(0, -(-len(values) * p // 100) - 1)]


def of_latscope(url, rate, requests, folder, in_flight=IN_FLIGHT):
    """Percentiles in ms, CPU seconds, peak memory, and the last line of its file."""
    file = folder / "run.ndjson"
    file.unlink(missing_ok=True)
    command = [PROGRAM, "drive", "--url", url, "--model", "a", "--rate", f"{rate}/s", "--arrival", "uniform", "--quiet"]
    command += ["--requests", str(requests), "--max-requests", str(requests), "--max-in-flight", str(in_flight), "--out", file]
    text, code, cpu, memory = measured([str(word) for word in command], folder)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    if code not in (0, 8):
        sys.exit(f"latscope drive: {code}\n{text}")
    latencies = [line["latency_ms"] for line in lines if line.get("outcome") == "ok"]
    late = [line["late_ms"] for line in lines if "late_ms" in line]
    return [nearest_rank(latencies, p) for p in (50, 95, 99)], cpu, memory, lines[-1], late


def of_hey(url, folder):
    each = RATE / IN_FLIGHT
    command = ["hey", "-n", str(REQUESTS), "-c", str(IN_FLIGHT), "-q", str(each), "-m", "POST", "-T", "application/json"]
    text, _, cpu, memory = measured([*command, "-d", BODY, "-o", "csv", url], folder)
    times = [1000 * float(line.split(",")[0]) for line in text.splitlines()[1:]]
    return [nearest_rank(times, p) for p in (50, 95, 99)], cpu, memory, len(times)


def of_autocannon(url, folder):
    command = ["autocannon", "-c", str(IN_FLIGHT), "-a", str(REQUESTS), "-R", str(RATE), "-m", "POST", "-j", "-n"]
    text, _, cpu, memory = measured([*command, "-H", "content-type=application/json", "-b", BODY, url], folder)
    found = json.loads(text[text.index("{"):])
    latency = found["latency"]
    return [latency["p50"], None, latency["p99"]], cpu, memory, found["2xx"]


def of_oha(url, folder):
    command = ["oha", "-n", str(REQUESTS), "-c", str(IN_FLIGHT), "-q", str(RATE), "--latency-correction", "-m", "POST"]
    form = ["--no-tui", "--output-format", "json", "-T", "application/json", "-d", BODY, url]
    text, _, cpu, memory = measured([*command, *form], folder)
    found = json.loads(text)
    percentiles = found["latencyPercentiles"]
    done = sum(found["statusCodeDistribution"].values())
    return [1000 * percentiles[p] for p in ("p50", "p95", "p99")], cpu, memory, done


def middle(values):
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.1f}" if known else ""


def row(name, runs):
    percentiles = [middle([run[0][place] for run in runs]) for place in range(3)]
    cpu = statistics.median(1e6 * run[1] / run[3] for run in runs)
    memory = statistics.median(run[2] for run in runs)
    return f"| {name} | {' | '.join(percentiles)} | {cpu:.0f} | {memory:.0f} |"


def tables(url, folder):
    yield f"## latscope drive\n\n{REQUESTS:,} POST requests at {RATE} a second with even gaps, at most {IN_FLIGHT} at once, to a server"
    yield "that answers after 20 ms, every sixteenth after 120 ms. Medians of three runs each, taken in turns. `python3 benches/drive.py`.\n"
    others = {"hey": of_hey, "autocannon": of_autocannon, "oha": of_oha}
    there = {name: run for name, run in others.items() if shutil.which(name)}
    runs = {name: [] for name in ("latscope drive", *there)}
    for _ in range(RUNS):
        percentiles, cpu, memory, _, late = of_latscope(url, RATE, REQUESTS, folder)
        runs["latscope drive"].append((percentiles, cpu, memory, REQUESTS, late))
        for name, run in there.items():
            runs[name].append(run(url, folder))
    yield "|  | p50, ms | p95, ms | p99, ms | CPU, µs a request | peak memory, MB |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, found in runs.items():
        yield row(f"`{name}`", found)
    if "autocannon" in there:
        yield "\n`autocannon` adds values for requests that it thinks were missed, as its default has it, and so has percentiles below"
        yield "the time of service; `-C` turns that off."
    late = [value for run in runs["latscope drive"] for value in run[4]]
    yield f"\nThe requests of `latscope drive` began {nearest_rank(late, 50):.2f} ms (median) and {nearest_rank(late, 99):.2f} ms (p99) after their times.\n"
    yield "### How far it goes\n\nFive seconds at each rate, at most 1,000 at once, with the server on the same two cores.\n"
    yield "| a second | p50, ms | p99, ms | late | rate reached | valid | CPU, µs a request |\n| ---: | ---: | ---: | ---: | ---: | --- | ---: |"
    for rate in HIGHER:
        percentiles, cpu, _, end, _ = of_latscope(url, rate, 5 * rate, folder, 1_000)
        late, share = end["late_requests"], 100 * end["achieved_rate_share"]
        valid = "yes" if end["is_valid"] else "no"
        shown = [f"{percentiles[0]:.1f}", f"{percentiles[2]:.1f}", f"{late:,}", f"{share:.1f} %", valid, f"{1e6 * cpu / (5 * rate):.0f}"]
        yield f"| {rate:,} | {' | '.join(shown)} |"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    write = options.parse_args().write
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "latscope"], cwd=ROOT, check=True)
    port = free_port()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    time.sleep(1)
    with tempfile.TemporaryDirectory() as folder:
        text = "\n".join(tables(f"http://127.0.0.1:{port}/", Path(folder)))
    server.terminate()
    today = datetime.date.today().isoformat()
    text += f"\n\nMeasured {today} on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}."
    print(text)
    if write:
        page = PAGE.read_text()
        begin, end = MARKS
        kept = page.split(begin)[0].rstrip() + "\n" if begin in page else page.rstrip() + "\n"
        after = page.split(end)[1] if end in page else "\n"
        PAGE.write_text(f"{kept}\n{begin}\n{text}\n{end}{after}")


if __name__ == "__main__":
    main()
