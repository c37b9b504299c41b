"""How the cost of `latscope summary` grows: with size, models, log streams, and the share of lines that are records.

The option --growth of `benches/reading.py`. Every variant is made of one log of the generator: again and again, with other
ids and later times, until it has its size; models and streams are dealt out by request id, and lines that are no records are
left out or repeated. A variant's file is deleted when it is measured.
"""

import collections
import contextlib
import json
import multiprocessing
import os
import re
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from measuring import FOLDER, MIB, PROGRAM, conditions, corpus, run, say, shown_peak, warm

MODELS = [1, 2, 8, 64]
STREAMS = [1, 100, 10_000]
SHARES = [0.001, 0.01, 0.1, 0.5, 1.0]
# MiB of the log that all variants are made of, at most.
BASE = 64
# Lines that are no records and take turns where they are repeated.
POOL = 5_000

LINE = re.compile(
    rb'\{"eventId":"(\d{56})","ingestionTime":(\d{13}),"logStreamName":"([^"]+)","message":"(.*)","timestamp":(\d{13})\}\n'
)
RECORD = (b"START RequestId: ", b"END RequestId: ", b"REPORT RequestId: ", b"INIT_START ", rb"{\"schema\":\"latscope.timing/v1\"")
REPORT, TIMING = RECORD[2], RECORD[4]
# What of an id is changed, and one whole.
ID_HEAD = re.compile(rb"(?<![0-9a-f-])[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-)")
MODEL = re.compile(rb'(gen_ai\.re(?:quest|sponse)\.model\\":\\")[^\\]+')


class Variant(NamedTuple):
    """What is to be made. Where nothing is said, it is as in the generator's log."""

    name: str
    size: int = sys.maxsize
    reports: int = sys.maxsize
    models: int | None = None
    streams: int | None = None
    share: float | None = None


class Event(NamedTuple):
    """A line of the log, taken apart."""

    number: int
    ingested: int
    stream: bytes
    message: bytes
    time: int

    def line(self):
        return b'{"eventId":"%056d","ingestionTime":%d,"logStreamName":"%b","message":"%b","timestamp":%d}\n' % self


def events(path):
    """The events of a log, each once."""
    seen = set()
    with path.open("rb") as lines:
        for line in lines:
            number, ingested, stream, message, time = LINE.fullmatch(line).groups()
            # Of which the last digits count all events.
            if (key := int(number[-10:])) not in seen:
                seen.add(key)
                yield Event(int(number), int(ingested), stream, message, int(time))


def copies(path, begin):
    """The events of a log without end: in each copy other ids and streams, and later times. `begin` moves all of them."""
    base, copy = [], 0
    for event in events(path):
        # What comes before ids, and what they begin with.
        text, ids = ID_HEAD.sub(b"%08x", event.message.replace(b"%", b"%%")), ID_HEAD.findall(event.message)
        base.append((event, event.stream[:-8] + b"%08x", int(event.stream[-8:], 16), text, [int(one, 16) for one in ids]))
    times = [event.time for event, *_ in base]
    span = max(times) - min(times) + 1000
    while True:
        # Odd, so that no two copies have the same.
        mask, shift, after = copy * 0x9E3779B1 & 0xFFFFFFFF, begin + copy * span, copy * 10**10
        for (number, ingested, _, _, time), stream, name, text, ids in base:
            message = text % tuple([one ^ mask for one in ids])
            yield Event(number + after, ingested + shift, stream % (name ^ mask), message, time + shift)
        copy += 1


def dealt(event, variant):
    """The event with the model and the stream that its request id gives it."""
    found = ID_HEAD.search(event.message)
    chosen = int(found[0] if found else event.stream[-8:], 16)
    if variant.models and event.message.startswith(TIMING):
        name = rb"\g<1>amazon.model-%02d-v1:0" % (chosen % variant.models)
        event = event._replace(message=MODEL.sub(name, event.message))
    if variant.streams:
        # Spread over all digits, as names of streams are.
        name = chosen % variant.streams * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128
        event = event._replace(stream=b"2026/11/20/[7]%032x" % name)
    return event


def padded(all_events, share, pool):
    """Records, and after each so many other lines, in its place and time, that the share of records is right."""
    due, count = 0.0, 0
    for event in all_events:
        if not event.message.startswith(RECORD):
            continue
        yield event
        due += (1 - share) / share
        while due >= 1:
            due, count = due - 1, count + 1
            yield event._replace(number=10**55 + count, message=pool[count % len(pool)])


def make(base, path, variant, begin=0):
    """Writes a variant. Counts its lines, reports, timing records, models and streams."""
    counts, models, streams = collections.Counter(), set(), set()
    all_events = copies(base, begin)
    if variant.share:
        pool = [event.message for event in events(base) if not event.message.startswith(RECORD)][:POOL]
        all_events = padded(all_events, variant.share, pool)
    with path.open("wb", buffering=MIB) as file:
        while counts["bytes"] < variant.size and counts["reports"] < variant.reports:
            event = next(all_events)
            if variant.models or variant.streams:
                event = dealt(event, variant)
            line = event.line()
            file.write(line)
            counts["bytes"] += len(line)
            counts["lines"] += 1
            counts["reports"] += event.message.startswith(REPORT)
            if event.message.startswith(TIMING):
                counts["timings"] += 1
                models.add(MODEL.search(event.message)[0])
            streams.add(event.stream)
        file.flush()
        # So that nothing is still being written while something is measured.
        os.fsync(file.fileno())
    # A timing record names the model that is asked and, mostly, the one that answers.
    names = {name.rpartition(b'"')[2] for name in models}
    return dict(counts) | {"models": len(names), "streams": len(streams)}


def in_a_process(function, *arguments):
    """Calls it in a process of its own: what this one holds would count as memory of what it begins."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        return pool.submit(function, *arguments).result()


def check(variant, made, summary):
    """Ends where latscope did not find what was written."""
    ledger = summary["ledger"]
    found = {
        "lines": ledger["events"],
        "reports": ledger["report_records"],
        "timings": ledger["timing_records"],
        "models": len({group["model_id"] for group in summary["groups"]} - {None}),
    }
    wanted = {name: made[name] for name in found}
    if found != wanted:
        sys.exit(f"{variant.name}: {found} instead of {wanted}")
    return ledger["invocations"]


def measured(variant, base, rounds):
    """The row of a variant."""
    path = FOLDER / "growth.ndjson"
    say(f"making {variant.name}")
    try:
        made = in_a_process(make, base, path, variant)
        command = [PROGRAM, "summary", "--format", "json", "--quiet", "--input", path]
        invocations = check(variant, made, json.loads(run(command, True)[2]))
        times, floor, highest = [], [], 0.0
        for _ in range(rounds):
            warm(path)
            floor.append(run(["wc", "-l", path])[0])
            warm(path)
            seconds, peak, _ = run(command)
            times.append(seconds)
            highest = max(highest, peak)
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    seconds, megabytes = statistics.median(times), made["bytes"] / 1e6
    ratio = statistics.median(a / b for a, b in zip(times, floor))
    shape = f"{made['models']} | {made['streams']:,} | {megabytes:,.0f} | {invocations:,}"
    return f"| {variant.name} | {shape} | {seconds:.2f} | {megabytes / seconds:,.0f} | {ratio:.1f} | {shown_peak(highest)} |"


def variants(sizes, mib):
    """All that is measured: sizes first, then each property by itself at one size."""
    plural = lambda count, word: f"{count:,} {word}" + ("s" if count != 1 else "")
    yield from (Variant(f"{size:,} MiB", size * MIB) for size in sizes)
    yield from (Variant(plural(count, "model"), mib * MIB, models=count) for count in MODELS)
    yield from (Variant(plural(count, "stream"), mib * MIB, streams=count) for count in STREAMS)
    yield from (Variant(f"{share * 100:g} % records", mib * MIB, share=share) for share in SHARES)


def table(sizes, mib, rounds):
    """Everything that --growth shows."""
    base = corpus("ndjson", min(BASE, mib, *sizes))
    lines = [
        f"{conditions()}; medians of {rounds} rounds. Models, streams and records vary at {mib:,} MiB.",
        "",
        "| log | models | streams | MB | invocations | s | MB/s | over `wc -l` | peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return lines + [measured(variant, base, rounds) for variant in variants(sizes, mib)]
