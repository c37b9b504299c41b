"""What the benchmarks of this folder share: where things lie, how a program is run, and the page that results go to."""

import datetime
import os
import platform
import re
import resource
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
PAGE = ROOT / "docs/performance.md"
# Of the generator's preset with its noise.
BYTES_PER_REQUEST = {"ndjson": 3150, "text": 1650}
MIB = 1024 * 1024


def say(text):
    """Tells how far it is, beside the results."""
    print(text, file=sys.stderr, flush=True)


def corpus(form, mib):
    """A file of about so many MiB, made once."""
    path = FOLDER / f"{mib}.{form}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        requests = int(mib * MIB / BYTES_PER_REQUEST[form])
        say(f"making {path.name}: {requests:,} requests")
        made = path.with_name(path.name + ".part")
        arguments = ["--preset", "haiku-vs-nova-lite", "--requests", str(requests), "--format", form, "--out", made]
        subprocess.run([CORPUS, *arguments], check=True, stderr=subprocess.DEVNULL)
        made.rename(path)
    return path


def warm(path):
    """Reads a file, or all of a folder, so that the system has it in memory."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb", buffering=0) as bytes_:
                while bytes_.read(MIB):
                    pass


def run(command, keeps=False, **options):
    """Seconds, peak in MB, and what was written, where that is kept. Of a pipeline, the peak is that of its largest program."""
    output = subprocess.PIPE if keeps else subprocess.DEVNULL
    begun = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.DEVNULL, **options)
    text = process.stdout.read().decode() if keeps else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ends with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, text


def shown_peak(peak):
    """A peak in MB. A process counts the memory of the one that began it, so less than that cannot be told."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{peak:.0f}" if peak > own + 1 else f"≤ {own:.0f}"


def processor():
    """Name and number of the processors."""
    with open("/proc/cpuinfo") as lines:
        names = [re.sub(r"\s+", " ", line.split(":")[1]).strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} of them" if names else platform.processor()


def conditions():
    """When and on what was measured."""
    return f"{datetime.date.today()}, {processor()}, Linux {platform.release()}"


def write(name, shown):
    """Puts text between the marks of this name."""
    begin, end = f"<!-- {name} writes from here -->", f"<!-- {name} writes to here -->"
    page = PAGE.read_text()
    before, after = page.index(begin) + len(begin), page.index(end)
    PAGE.write_text(f"{page[:before]}\n{shown}\n{page[after:]}")
