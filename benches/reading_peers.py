"""The question of `benches/reading.py` as other programs ask it.

Each is asked as fast as its own means allow: records are found by the beginning of their message, and where a program has
both JSON and regular expressions, what proved faster stands here. Answers are rows of model, cold, count, mean, p50, p95, p99 and
the share of inference: quantiles of type 7, which most programs have.
"""

import json
import shutil
import subprocess
import sys
from functools import cache

from measuring import VENV, say

PACKAGES = ["duckdb==2.0.1", "polars==2.1.0"]

# The question in SQL, of messages.
SQL = r"""
WITH events AS ({events}),
reports AS (
  SELECT regexp_extract(message, 'RequestId: ([0-9a-f-]+)', 1) AS id,
         CAST(regexp_extract(message, '\tDuration: ([0-9.]+) ms', 1) AS DOUBLE) AS duration,
         message LIKE '%Init Duration:%' AS cold, message LIKE '%Status: timeout%' AS stopped
  FROM events WHERE message LIKE 'REPORT RequestId:%'),
timings AS (
  SELECT t ->> 'request_id' AS id, any_value(t ->> '$."gen_ai.request.model"') AS model,
         any_value(CAST(t ->> 'inference_ms' AS DOUBLE)) AS inference, bool_and((t ->> 'status') = 'ok') AS fine
  FROM (SELECT message::JSON AS t FROM events WHERE message LIKE '{{"schema":"latscope.timing/v1"%') GROUP BY 1)
SELECT model, cold, count(*), avg(duration), quantile_cont(duration, [0.5, 0.95, 0.99]), sum(inference) / sum(duration) FROM (
  SELECT DISTINCT r.id, model, cold, duration, inference FROM reports r JOIN timings USING (id) WHERE fine AND NOT stopped) GROUP BY 1, 2
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
print(json.dumps([[m, bool(c), n, mean, *quantiles, share] for m, c, n, mean, quantiles, share in rows]))
"""

# Of NDJSON either the messages, or the lines as they stand with quotes escaped.
POLARS = r"""
import json, polars as pl, sys
path, form, how = sys.argv[1:]
if how == "parsed":
    lines, begin = pl.scan_ndjson(path, schema={"message": pl.String}).select(line="message"), "^"
else:
    lines, begin = pl.scan_lines(path, name="line"), '"message":"' if form == "ndjson" else "^.{25}"
line, escaped = pl.col("line"), form == "ndjson" and how != "parsed"
quote, tab = (r'\\"', r"\\t") if escaped else ('"', "\t")
field = lambda name: line.str.extract(f'{quote}{name}{quote}:{quote}([^"\\\\]*)')
number = lambda name: line.str.extract(f"{quote}{name}{quote}:([0-9.]+)").cast(pl.Float64)
reports = lines.filter(line.str.contains(begin + "REPORT RequestId: ")).select(
    id=line.str.extract("RequestId: ([0-9a-f-]+)"),
    duration=line.str.extract(tab + "Duration: ([0-9.]+) ms").cast(pl.Float64),
    cold=line.str.contains("Init Duration:", literal=True),
    stopped=line.str.contains("Status: timeout", literal=True))
timings = lines.filter(line.str.contains(begin + r"\{" + quote + "schema" + quote + ":" + quote + "latscope.timing/v1")).select(
    id=field("request_id"), model=field(r"gen_ai\.request\.model"), inference=number("inference_ms"), fine=field("status") == "ok")
timings = timings.group_by("id").agg(pl.col("model", "inference").first(), pl.col("fine").all())
joined = reports.join(timings, on="id").filter(pl.col("fine") & ~pl.col("stopped")).unique("id")
duration = pl.col("duration")
quantiles = [duration.quantile(p, "linear").alias(str(p)) for p in (0.5, 0.95, 0.99)]
share = (pl.col("inference").sum() / duration.sum()).alias("share")
answer = joined.group_by("model", "cold").agg(pl.len(), duration.mean(), *quantiles, share)
print(json.dumps(answer.collect(engine="streaming").rows()))
"""

# Quantiles of type 7 where the last argument is 1, of type 8 where it is a third.
PYTHON = r"""
import collections, json, re, sys
path, form, how, shift = sys.argv[1:]
report = re.compile(r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms")
reports, timings = {}, {}
for line in open(path, "rb"):
    if how == "chosen" and b"REPORT RequestId: " not in line and b"latscope.timing/v1" not in line:
        continue
    message = json.loads(line)["message"] if form == "ndjson" else line[25:].decode()
    if found := report.match(message):
        reports[found[1]] = (float(found[2]), "Init Duration:" in message, "Status: timeout" in message)
    elif message.startswith("{" if how == "parsed" else '{"schema":"latscope.timing/v1"'):
        timing = json.loads(message)
        if timing.get("schema") == "latscope.timing/v1":
            fine = timings.get(timing["request_id"], (None, 0, True))[2] and timing["status"] == "ok"
            timings[timing["request_id"]] = (timing["gen_ai.request.model"], timing["inference_ms"], fine)
groups = collections.defaultdict(list)
inferences = collections.defaultdict(float)
for id, (duration, cold, stopped) in reports.items():
    model, inference, fine = timings.get(id, (None, 0, False))
    if fine and not stopped:
        groups[model, cold].append(duration)
        inferences[model, cold] += inference
def quantile(values, p):
    a, last = float(shift), len(values) - 1
    below, part = divmod(min(max(p * (last + 2 - 2 * a) + a - 1, 0), last), 1)
    above = values[min(int(below) + 1, last)]
    return values[int(below)] + part * (above - values[int(below)])
rows = []
for (model, cold), values in groups.items():
    values.sort()
    total = sum(values)
    quantiles = [quantile(values, p) for p in (0.5, 0.95, 0.99)]
    rows.append([model, cold, len(values), total / len(values), *quantiles, inferences[model, cold] / total])
print(json.dumps(rows))
"""

# Joins what a program before it has chosen: the lines as they stand, or cells between tabs.
AWK_LINES = r"""
/REPORT RequestId: / {
  match($0, /RequestId: [0-9a-f-]+/); id = substr($0, RSTART + 11, RLENGTH - 11)
  match($0, /Duration: [0-9.]+/); duration[id] = substr($0, RSTART + 10, RLENGTH - 10) + 0
  cold[id] = /Init Duration:/ ? 1 : 0; if (/Status: timeout/) bad[id] = 1
  next
}
function field(name) {
  if (!match($0, "\"" name "\\\\?\":\\\\?\"[^\"\\\\]*")) return ""
  text = substr($0, RSTART, RLENGTH); sub(/.*"/, "", text); return text
}
function number(name) {
  match($0, "\"" name "\\\\?\":[0-9.]+"); text = substr($0, RSTART, RLENGTH); sub(/.*:/, "", text); return text + 0
}
{ id = field("request_id"); model[id] = field("gen_ai[.]request[.]model"); inference[id] = number("inference_ms")
  if (field("status") != "ok") bad[id] = 1 }
"""
AWK_CELLS = r"""
BEGIN { FS = "\t" }
$1 == "R" { duration[$2] = $3 + 0; cold[$2] = $4; if ($5) bad[$2] = 1; next }
{ model[$2] = $3; if ($4 != "ok") bad[$2] = 1; inference[$2] = $5 + 0 }
"""
AWK_JOIN = r"""
END {
  for (id in duration) if ((id in model) && !(id in bad)) printf "%s\t%s\t%.12g\t%.12g\n", model[id], cold[id], duration[id], inference[id]
}
"""
# Of what `sort` has put into order: groups, and durations ascending in each.
AWK_GROUPS = r"""
BEGIN { FS = "\t" }
function quantile(p,  place, below) {
  place = p * (count - 1); below = int(place)
  return values[below] + (place - below) * (values[below + 1 < count ? below + 1 : below] - values[below])
}
function end() {
  if (count) printf "%s\t%d\t%.12g\t%.12g\t%.12g\t%.12g\t%.12g\n", key, count, sum / count, quantile(.5), quantile(.95), quantile(.99), inferred / sum
}
{ if ($1 "\t" $2 != key) { end(); key = $1 "\t" $2; count = sum = inferred = 0 }
  values[count++] = $3 + 0; sum += $3; inferred += $4 }
END { end() }
"""
RG = {
    "ndjson": r'"message":"(REPORT RequestId: |\{\\"schema\\":\\"latscope\.timing/v1\\")',
    "text": r'^.{25}(REPORT RequestId: |\{"schema":"latscope\.timing/v1")',
}
JQ = r"""
if startswith("REPORT RequestId: ") then
  capture("RequestId: (?<id>\\S+)\tDuration: (?<ms>[0-9.]+) ms") as $found
  | (if contains("Init Duration:") then 1 else 0 end) as $cold
  | "R\t\($found.id)\t\($found.ms)\t\($cold)\t\(if contains("Status: timeout") then 1 else 0 end)"
elif startswith("{\"schema\":\"latscope.timing/v1\"") then
  fromjson | "T\t\(.request_id)\t\(."gen_ai.request.model")\t\(.status)\t\(.inference_ms)"
else empty end
"""
# Not the question, since agrind cannot join: of all REPORT lines, count and mean of their Duration.
AGRIND = {
    "ndjson": '"REPORT RequestId: " | json | where substring(message, 0, 18) == "REPORT RequestId: " '
    '| parse regex "\\tDuration: (?P<ms>[0-9.]+) ms" from message | count as reports, average(ms) as mean',
    "text": '"REPORT RequestId: " | parse regex "^.{25}REPORT RequestId: [^ ]+\\tDuration: (?P<ms>[0-9.]+) ms" '
    "| count as reports, average(ms) as mean",
}


def of_table(text):
    """The rows that awk prints."""
    rows = [line.split("\t") for line in text.splitlines()]
    return [[model, cold == "1", int(count), *map(float, others)] for model, cold, count, *others in rows]


def pipeline(text, *arguments):
    """A pipeline of the shell in which no part may fail."""
    return ["bash", "-o", "pipefail", "-c", text, "bash", *arguments]


@cache
def awk():
    """The faster awk that there is."""
    return next((name for name in ("mawk", "gawk") if shutil.which(name)), None)


@cache
def is_there(name):
    """Whether this program is on PATH; says so, once, where it is not."""
    if not shutil.which(name or ""):
        say(f"skipped, since it is not on PATH: {name or 'mawk, gawk'}")
        return False
    return True


def has(*names):
    """Whether all of these programs are there."""
    return all([is_there(name) for name in names])


def floors(path):
    """Programs that read all, and answer nothing."""
    rows = [("`wc -l`", ["wc", "-l", path], None)]
    if has("rg"):
        rows.append(("`rg -c REPORT`", ["rg", "--no-config", "-c", "REPORT", path], None))
    return rows


def plain_python(path, form, how, shift=1):
    """The command of the plain program."""
    return [VENV / "bin/python", "-c", PYTHON, path, form, how, str(shift)]


def with_quantiles_of_type_8(path, form):
    """The answer with latscope's definition of a quantile (Hyndman and Fan)."""
    return json.loads(subprocess.run(plain_python(path, form, "chosen", 1 / 3), capture_output=True, check=True).stdout)


def peers(path, form):
    """Name, command, and how its answer is read, of every program that is there."""
    python, rows = VENV / "bin/python", []
    polars = lambda how: [python, "-c", POLARS, path, form, how]
    rows.append(("DuckDB, 2 threads", [python, "-c", DUCKDB, SQL.format(events=EVENTS[form].format(path=path)), "2"], json.loads))
    rows.append(("polars, lines chosen by text", polars("chosen"), json.loads))
    if form == "ndjson":
        rows.append(("polars, every line parsed", polars("parsed"), json.loads))
    joined = f"""LC_ALL=C {awk()} "$3" | LC_ALL=C sort -t $'\\t' -k1,1 -k2,2 -k3,3n | LC_ALL=C {awk()} "$4\""""
    if has("rg", awk()):
        text = f'rg --no-config -N -e "$1" "$2" | {joined}'
        rows.append((f"ripgrep, then {awk()}", pipeline(text, RG[form], path, AWK_LINES + AWK_JOIN, AWK_GROUPS), of_table))
    if has("jq", awk()):
        options, begin = ("-r", ".message | ") if form == "ndjson" else ("-Rr", ".[25:] | ")
        text = f'jq {options} "$1" "$2" | {joined}'
        rows.append((f"jq, then {awk()}", pipeline(text, begin + JQ, path, AWK_CELLS + AWK_JOIN, AWK_GROUPS), of_table))
    rows.append(("Python, lines chosen by bytes", plain_python(path, form, "chosen"), json.loads))
    rows.append(("Python, every line parsed", plain_python(path, form, "parsed"), json.loads))
    return rows


def simpler(path, form):
    """The program that cannot join, if there is one: name, command, and how its answer of count and mean is read."""
    if not has("agrind"):
        return []
    read = lambda text: [json.loads(text)[0][name] for name in ("reports", "mean")]
    return [("agrind, all REPORT lines, not joined", ["agrind", "--output", "json", "--file", path, AGRIND[form]], read)]


def all_reports(path, form):
    """What `simpler` should answer."""
    count, total = 0, 0.0
    with open(path, "rb") as lines:
        for line in lines:
            begin = line.find(b'"message":"') + 11 if form == "ndjson" else 25
            if line.startswith(b"REPORT RequestId: ", begin):
                count, total = count + 1, total + float(line.split(b"Duration: ", 1)[1].split(b" ", 1)[0])
    return [count, total / count]


def versions():
    """The version of every program that is asked."""
    first = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0].strip()
    found = [package.replace("==", " ") for package in PACKAGES] + [f"Python {sys.version.split()[0]}"]
    found += [first(name, "--version") for name in ("rg", "jq", "agrind") if shutil.which(name)]
    if awk():
        found.append(first(awk(), "-W", "version") if awk() == "mawk" else first("gawk", "--version"))
    found.append(first("wc", "--version"))
    return ", ".join(found)
