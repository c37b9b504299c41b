#!/usr/bin/env python3
"""Measures the handler: its size, how long it takes to start, and what it adds to a model's time.

    python3 benches/handler.py            prints the tables, after some minutes of building and one of measuring
    python3 benches/handler.py --write    puts them into docs/handler.md too

This program plays Lambda's runtime API on loopback: it hands out events and takes responses, and reads the records that
the handler writes. A server that answers every call at once plays Bedrock. Needs Python 3 and cargo.
"""

import argparse
import datetime
import io
import json
import multiprocessing
import os
import platform
import queue
import socketserver
import statistics
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
HANDLER = TARGET / "handler/latscope-handler"
PAGE = ROOT / "docs/handler.md"
MARKS = ("<!-- benches/handler.py writes from here -->", "<!-- to here -->")

STARTS = 40
REQUESTS = 2_000
MODELS = "anthropic.claude-3-haiku-20240307-v1:0,amazon.nova-lite-v1:0"


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare():
    build = ["cargo", "build", "--locked", "--profile", "handler", "-p", "latscope-handler"]
    subprocess.run(build, cwd=ROOT, check=True)


# Bedrock, which answers every call at once.


class Bedrock(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        streamed = self.path.endswith("/converse-stream")
        kind, body = ("vnd.amazon.eventstream", STREAM) if streamed else ("json", ANSWER)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/{kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        # In one piece, or the parts wait for acknowledgements.
        self.wfile.write(head.encode() + body)


def frame(kind, payload):
    """An event in the form of application/vnd.amazon.eventstream."""
    headers = b""
    for name, value in ((":message-type", "event"), (":event-type", kind), (":content-type", "application/json")):
        headers += struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", len(headers) + len(body) + 16, len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


USAGE = {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}
ANSWER = json.dumps(
    {
        "metrics": {"latencyMs": 0},
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}},
        "stopReason": "end_turn",
        "usage": USAGE,
    }
).encode()
STREAM = (
    frame("messageStart", {"role": "assistant"})
    + frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello."}})
    + frame("messageStop", {"stopReason": "end_turn"})
    + frame("metadata", {"usage": USAGE, "metrics": {"latencyMs": 0}})
)


def bedrock(port):
    """Serves, in a process of its own, so that it does not take turns with the runtime API."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Bedrock)
    server.daemon_threads = True
    port.value = server.server_address[1]
    server.serve_forever()


# Lambda's runtime API.


class Runtime(socketserver.ThreadingTCPServer):
    """Events go out in the order in which they were put; responses come back with the time at which they came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Api)
        self.first_asked = queue.Queue()
        self.events = queue.Queue()
        self.responses = queue.Queue()
        self.sent_at = 0.0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def invoke(self, event):
        """The response to an event, and the seconds between them."""
        self.events.put(event)
        at, body = self.responses.get(timeout=30)
        return at - self.sent_at, json.loads(body)


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        lines = [f"HTTP/1.1 {status} OK"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        # In one piece, or the parts wait for acknowledgements.
        self.wfile.write("\r\n".join(lines).encode() + body)

    def do_GET(self):
        self.server.first_asked.put(time.perf_counter())
        nth, event = self.server.events.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{nth:012x}",
            "Lambda-Runtime-Deadline-Ms": int((time.time() + 30) * 1000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:111122223333:function:chat",
            "Content-Type": "application/json",
        }
        self.server.sent_at = time.perf_counter()
        self.answer(200, headers, event)

    def do_POST(self):
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
        body = self.chunks() if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
        at = time.perf_counter()
        self.answer(202, {})
        self.server.responses.put((at, body))

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def event(body):
    return json.dumps(
        {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "requestContext": {
                "accountId": "111122223333",
                "apiId": "abcdef",
                "domainName": "abcdef.execute-api.eu-west-1.amazonaws.com",
                "domainPrefix": "abcdef",
                "http": {
                    "method": "POST",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "bench",
                },
                "requestId": "gateway",
                "routeKey": "$default",
                "stage": "$default",
                "time": "20/Nov/2026:09:00:00 +0000",
                "timeEpoch": 1795165200000,
            },
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }
    ).encode()


def start(runtime, bedrock, variables=None):
    """The handler, begun; and when."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_LAMBDA_FUNCTION_NAME": "chat",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/20/[1]0",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock,
        "MODEL_IDS": MODELS,
    }
    begun = time.perf_counter()
    child = subprocess.Popen(
        [HANDLER],
        env=environment | (variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return child, begun


def stop(child):
    child.kill()
    child.stdout.close()
    child.wait()


# What is measured.


def sizes():
    program = HANDLER.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", program)
    return len(program), len(packed.getvalue())


def starts(bedrock):
    """Seconds from the program's start to its first question for an event, and the most memory it held then, in MB."""
    seconds, memory = [], []
    for _ in range(STARTS):
        runtime = Runtime()
        child, begun = start(runtime, bedrock)
        seconds.append(runtime.first_asked.get(timeout=30) - begun)
        memory.append(peak(child))
        stop(child)
        runtime.shutdown()
        runtime.server_close()
    return seconds, max(memory)


def peak(child):
    for line in Path(f"/proc/{child.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    raise SystemExit("Linux does not tell the memory of a process")


def first_call(bedrock):
    """What the first invocation of an environment takes more than Bedrock, in milliseconds."""
    added = []
    for _ in range(STARTS // 2):
        runtime = Runtime()
        child, _ = start(runtime, bedrock)
        total, _ = runtime.invoke((0, event({"prompt": "Hello"})))
        record = json.loads(child.stdout.readline())
        added.append(total * 1000 - record["inference_ms"])
        stop(child)
        runtime.shutdown()
        runtime.server_close()
    return added


def warm(bedrock, body, variables=None):
    """Of warm invocations: what each took in all, by Bedrock, and within the handler beside Bedrock; milliseconds."""
    runtime = Runtime()
    child, _ = start(runtime, bedrock, variables)
    records = queue.Queue()

    def read():
        for line in child.stdout:
            if line.startswith('{"schema"'):
                records.put(json.loads(line))

    threading.Thread(target=read, daemon=True).start()
    rows = []
    for nth in range(REQUESTS + 100):
        total, response = runtime.invoke((nth, event(body)))
        if response["statusCode"] != 200:
            raise SystemExit(f"the handler answered {response}")
        record = records.get(timeout=30)
        if nth >= 100:
            total *= 1000
            inference = record["inference_ms"]
            rows.append((total, inference, total - inference, record["handler_ms"] - inference))
    held = peak(child)
    stop(child)
    runtime.shutdown()
    runtime.server_close()
    return [list(column) for column in zip(*rows)], held


def quantile(values, of_hundred):
    return statistics.quantiles(values, n=100, method="inclusive")[of_hundred - 1]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def machine():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {os.cpu_count()} processors, Linux {platform.release()}"
    return platform.platform()


def commit():
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def measure():
    port = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=bedrock, args=(port,), daemon=True)
    server.start()
    while not port.value:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{port.value}"
    try:
        size, packed = sizes()
        say("starting")
        seconds, memory = starts(url)
        first = first_call(url)
        kinds = [
            ("Converse", {"prompt": "Hello"}, None),
            ("Converse, with `METRICS=emf`", {"prompt": "Hello"}, {"METRICS": "emf"}),
            ("Converse, a prompt of 100 kB", {"prompt": "word " * 20_000}, None),
            ("ConverseStream", {"prompt": "Hello", "stream": True}, None),
        ]
        rows = []
        for name, body, variables in kinds:
            say(f"measuring {name}")
            (_, inference, added, within), held = warm(url, body, variables)
            memory = max(memory, held)
            shown = [(values, of) for values in (added, within) for of in (50, 95, 99)]
            rows.append(
                [name, *(f"{quantile(values, of):.2f}" for values, of in shown), f"{quantile(inference, 50):.2f}"]
            )
    finally:
        server.kill()
    starts_ms = [1000 * value for value in seconds]
    return "\n".join(
        [
            f"- Machine: {machine()}",
            f"- Version: {commit()}, profile `handler`, x86_64",
            f"- Date: {datetime.date.today()}",
            "",
            table(
                ["", "value"],
                [
                    ["program, MB", f"{size / 1e6:.1f}"],
                    ["the same as a zip file, MB", f"{packed / 1e6:.1f}"],
                    ["peak memory, MB", f"{memory:.0f}"],
                    [
                        f"start to first question for an event, ms: median (range) of {STARTS}",
                        f"{statistics.median(starts_ms):.1f} ({min(starts_ms):.1f} to {max(starts_ms):.1f})",
                    ],
                    [
                        f"first invocation beside Bedrock, ms: median (range) of {len(first)}",
                        f"{statistics.median(first):.1f} ({min(first):.1f} to {max(first):.1f})",
                    ],
                ],
            ),
            "",
            f"{REQUESTS:,} warm invocations each, in milliseconds:",
            "",
            table(
                [
                    "",
                    "total beside Bedrock, p50",
                    "p95",
                    "p99",
                    "handler beside Bedrock, p50",
                    "p95",
                    "p99",
                    "Bedrock, p50",
                ],
                rows,
            ),
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/handler.md")
    parser.add_argument("--program", type=Path, help="another build of the handler, which is not built first")
    arguments = parser.parse_args()
    if arguments.program:
        global HANDLER
        HANDLER = arguments.program
    else:
        prepare()
    tables = measure()
    print(tables)
    if arguments.write and not arguments.program:
        page = PAGE.read_text()
        before, rest = page.split(MARKS[0])
        _, after = rest.split(MARKS[1])
        PAGE.write_text(f"{before}{MARKS[0]}\n{tables}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
