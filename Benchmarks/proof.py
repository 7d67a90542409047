#!/usr/bin/env python3
"""What one proxied keep-alive request costs in things that can be counted exactly.

Runs the proxy for N and for 2 N requests and compares the two runs, so that whatever does not
depend on requests cancels out: system calls (strace), heap allocations (valgrind's dhat),
instructions and calls into Swift's runtime (valgrind's callgrind).
"""

import argparse
import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import proxies

SOCKET_CALLS = {"recvfrom", "sendto", "recvmsg", "sendmsg", "read", "write", "readv", "writev"}
TRACE_SECONDS = 180

# A worker reads its mail once a second, whatever the traffic, and gives a copy of its counters
# away: callgrind stops collecting where this function begins and goes on where it ends, ...
MAIL = "*6WorkerV8readMail*"
# ... behind which the copy is destroyed.
END_OF_COUNTERS = "14WorkerCountersVwxx"

# Per request. What happens by time adds a trace: once a second the control plane looks at the
# weight file and at the counters, which the data path pays nothing for.
LIMITS = {
    "socket calls": 4.02,
    "epoll_wait": 1.02,
    "epoll_ctl": 0.01,
    "other system calls": 0.02,
    "allocations": 0.05,
    "retains and releases": 0.01,
    "with one, of that": 1.01,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--proxy", default="sluice")
    parser.add_argument("--requests", type=int, default=4000, help="N")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--kong", action="store_true",
                        help="with `kong: true`, before an origin that answers as Kong does")
    parser.add_argument("--rollout", action="store_true",
                        help="in the middle of a rollout, beside the same without one")
    parser.add_argument("--only", choices=["strace", "dhat", "callgrind"], action="append")
    return parser.parse_args()


def traced_run(options, binary, origin, folder, wrapper, requests):
    """Serves the requests under the wrapper, then ends the proxy so that the tracer reports."""
    proxy = proxies.Proxy(options.proxy, binary, origin, folder, wrapper=wrapper)
    command = [proxies.built("client"), proxy.port, "small", options.connections, requests, 200,
               TRACE_SECONDS]
    client = proxies.start([str(word) for word in command], proxies.LOAD_CORE,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if client.stdout.readline() != "ready\n":
            raise SystemExit("proof: the client failed in its warm-up")
        client.stdin.write("go\n")
        client.stdin.flush()
        figures = json.loads(client.stdout.readline())
        if figures["requests"] != requests or figures["errors"]:
            raise SystemExit(f"proof: the run was not clean: {figures}")
    finally:
        client.stdin.close()
        proxies.end(client)
        proxy.end_traced(TRACE_SECONDS)


def system_calls(options, binary, origin, folder, requests):
    report = Path(folder) / "strace.txt"
    traced_run(options, binary, origin, folder, ["strace", "-f", "-c", "-o", str(report)], requests)
    counts = collections.Counter()
    for line in report.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] += int(words[3])
    return counts


def allocations(options, binary, origin, folder, requests):
    log = Path(folder) / "dhat.txt"
    wrapper = ["valgrind", "--tool=dhat", f"--dhat-out-file={folder}/dhat.out",
               f"--log-file={log}"]
    traced_run(options, binary, origin, folder, wrapper, requests)
    total = re.search(r"Total:\s+([\d,]+) bytes in ([\d,]+) blocks", log.read_text())
    if not total:
        raise SystemExit(f"proof: dhat gave no total:\n{log.read_text()[-2000:]}")
    return collections.Counter({"allocations": int(total[2].replace(",", ""))})


def instructions(options, binary, origin, folder, requests):
    """What the proxy's worker does. Its other threads work by time, of which there is more under
    valgrind: one report for each thread, and the one that is the worker's turns the loop."""
    report = Path(folder) / "callgrind.out"
    wrapper = ["valgrind", "--tool=callgrind", "--separate-threads=yes",
               f"--toggle-collect={MAIL}", "--collect-atstart=yes",
               f"--callgrind-out-file={report}", f"--log-file={folder}/callgrind.txt"]
    traced_run(options, binary, origin, folder, wrapper, requests)
    reports = [calls_in(path) for path in sorted(report.parent.glob(f"{report.name}-*"))]
    loops = [counts for counts in reports if any("6WorkerV4turn" in name for name in counts)]
    if len(loops) != 1:
        raise SystemExit(f"proof: {len(loops)} threads turn the loop, not one")
    return loops[0]


def calls_in(report):
    """Instructions, and calls of each function, in one thread's report."""
    counts, names, caller, callee = collections.Counter(), {}, "", ""
    for line in report.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line):
            if match[3]:
                names[match[2]] = match[3]
            if match[1]:
                callee = names[match[2]]
            else:
                caller = names[match[2]]
                counts[caller] += 0
        elif line.startswith("calls="):
            if END_OF_COUNTERS not in caller:
                counts[callee] += int(line[6:].split()[0])
        elif line.startswith(("summary:", "totals:")):
            counts["instructions"] = int(line.split()[1])
    return counts


def per_request(measure, options, binary, origin, folder):
    """The counts of 2 N requests less those of N, for each request."""
    counts = []
    for factor in (1, 2):
        place = f"{folder}/{options.proxy}-{measure.__name__}-{factor}"
        counts.append(measure(options, binary, origin, place, factor * options.requests))
    names = counts[0].keys() | counts[1].keys()
    return {name: (counts[1][name] - counts[0][name]) / options.requests for name in names}


def report_system_calls(rates):
    yield "socket calls", sum(rates.get(name, 0) for name in SOCKET_CALLS)
    waits = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}
    yield "epoll_wait", sum(rates.get(name, 0) for name in waits)
    yield "epoll_ctl", rates.get("epoll_ctl", 0)
    known = SOCKET_CALLS | waits | {"epoll_ctl"}
    yield "other system calls", sum(rate for name, rate in rates.items() if name not in known)


def report_instructions(rates):
    yield "instructions", rates["instructions"]
    counting = re.compile(r"swift_(\w*[rR]etain|\w*[rR]elease)(_n)?(\.\w+)?$")
    yield "retains and releases", sum(
        rate for name, rate in rates.items() if counting.match(name))
    for name, rate in sorted(rates.items(), key=lambda pair: -pair[1]):
        if rate >= 0.01 and (name.startswith(("swift_", "malloc", "free"))):
            yield f"  calls of {name}", rate


def compare(rates, without):
    """What a rollout adds."""
    yield "instructions without a rollout", without["instructions"]
    yield "with one, of that", rates["instructions"] / without["instructions"]


def show(rows):
    """Prints the rows; true when all are within their limits."""
    good = True
    for name, rate in rows:
        limit = LIMITS.get(name)
        verdict = "" if limit is None else f"at most {limit:5.2f}  "
        if limit is not None:
            verdict += "reached" if rate <= limit else "MISSED"
            good = good and rate <= limit
        print(f"  {name:32}{rate:12.3f}  {verdict}", flush=True)
    return good


def main():
    options = arguments()
    proxies.build_helpers()
    binary = proxies.binaries().get(options.proxy)
    if options.kong:
        options.proxy = "kong-on"
    if options.rollout:
        options.proxy = "rollout-on"
    if not binary:
        raise SystemExit(f"proof: {options.proxy} is not here")
    folder = tempfile.mkdtemp(prefix="sluice-proof-")
    # Valgrind gives up on the debug information of Swift's linker; names of functions stay.
    stripped = f"{folder}/{options.proxy}"
    subprocess.run(["strip", "-g", "-o", stripped, binary], check=True)
    origin = proxies.Origin(options.kong)
    chosen = options.only or ["strace", "dhat", "callgrind"]
    good = True
    print(f"{options.proxy}: per keep-alive request over {options.connections} connections")
    try:
        if "strace" in chosen:
            rates = per_request(system_calls, options, binary, origin, folder)
            good &= show(report_system_calls(rates))
        if "dhat" in chosen:
            rates = per_request(allocations, options, stripped, origin, folder)
            good &= show(rates.items())
        if "callgrind" in chosen:
            rates = per_request(instructions, options, stripped, origin, folder)
            good &= show(report_instructions(rates))
            if options.rollout:
                options.proxy = "rollout-off"
                without = per_request(instructions, options, stripped, origin, folder)
                good &= show(compare(rates, without))
    finally:
        origin.end()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
