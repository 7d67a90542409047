#!/usr/bin/env python3
"""What other requests notice of a siege: slow heads, idle connections and clients that never read.

For each proxy: latencies of a paced load in calm, then under siege, how much of its core the proxy
used, and its memory before, during and after it. The siege and the load run on one core, the proxy
with one worker on another.

Heads get their bytes spread over the second. Sent in one burst a second, by a slower besieger, they
took the load's own core for a twentieth of the time, which is what p99 then showed of any proxy.
"""

import argparse
import json
import os
import random
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import proxies

PACED_CONNECTIONS = 32
# Required: the p99 under siege is at most so many times that of calm.
P99_FACTOR = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slow", type=int, default=5_000, help="heads sent a byte a second")
    parser.add_argument("--idle", type=int, default=10_000, help="connections that send nothing")
    parser.add_argument("--deaf", type=int, default=1_000, help="clients that never read")
    parser.add_argument("--rate", type=int, default=2_000, help="other requests per second")
    parser.add_argument("--seconds", type=int, default=15, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--proxies", default="sluice,haproxy,nginx")
    return parser.parse_args()


class Siege:
    """Holds the connections, and replaces those that the proxy closes, until it is ended."""

    def __init__(self, port, options):
        seconds = options.seconds * 6 + 120
        command = [proxies.built("siege"), port, options.slow, options.idle, options.deaf, seconds]
        # The siege must not take the load's core from the requests that are measured.
        self.process = proxies.start(
            ["nice", "-n", "19", *map(str, command)], proxies.LOAD_CORE,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def is_complete(self, seconds):
        """Waits until all its connections stand, for so long at most."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def end(self):
        """Closes the connections; how many were replaced."""
        output, _ = self.process.communicate(timeout=30)
        return int(output.split()[-1])


def paced(port, options):
    """The figures of a paced load."""
    count = options.rate * options.seconds
    command = [proxies.built("client"), port, "paced", PACED_CONNECTIONS, count, 200,
               options.seconds * 3, options.rate]
    client = proxies.start([str(word) for word in command], proxies.LOAD_CORE,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if client.stdout.readline() != "ready\n":
            raise RuntimeError("the client failed in its warm-up")
        client.stdin.write("go\n")
        client.stdin.flush()
        return json.loads(client.stdout.readline())
    finally:
        client.stdin.close()
        proxies.end(client)


def measured(proxy, options):
    """The figures of a paced load, and how much of its core the proxy used meanwhile."""
    began, used = time.monotonic(), proxy.cpu_nanoseconds()
    figures = paced(proxy.port, options)
    used = proxy.cpu_nanoseconds() - used
    return {**figures, "core": used / 1e9 / (time.monotonic() - began)}


def besiege(name, binary, origin, folder, options):
    """One round with one proxy."""
    count = options.slow + options.idle + options.deaf + 10 * PACED_CONNECTIONS
    proxy = proxies.Proxy(name, binary, origin, folder, connections=count)
    try:
        calm = measured(proxy, options)
        before = proxy.pss_kib()
        siege = Siege(proxy.port, options)
        is_complete = siege.is_complete(60)
        worried = measured(proxy, options)
        during = proxy.pss_kib()
        replaced = siege.end()
        time.sleep(3)
        return {"calm": calm, "siege": worried, "ratio": worried["p99_us"] / calm["p99_us"],
                "errors": calm["errors"] + worried["errors"], "replaced": replaced,
                "complete": is_complete,
                "mib": [kib / 1024 for kib in (before, during, proxy.pss_kib())]}
    finally:
        proxy.end()


def line(name, row):
    """The line of the table for one round."""
    calm, siege = row["calm"], row["siege"]
    before, during, after = row["mib"]
    return (f"  {name:9}{calm['p50_us']:7.0f}µs{siege['p50_us']:5.0f}µs{calm['p99_us']:8.0f}µs"
            f"{siege['p99_us']:5.0f}µs{row['ratio']:7.2f}{calm['core']:11.1%}{siege['core']:7.1%}"
            f"{row['errors']:8}{row['replaced']:10}{before:12.1f}{during:8.1f}{after:7.1f}"
            f"{'' if row['complete'] else '  not all connections stood'}")


def main():
    options = arguments()
    os.sched_setaffinity(0, {proxies.LOAD_CORE})
    proxies.build_helpers()
    found = proxies.binaries()
    origin = proxies.Origin()
    folder = tempfile.mkdtemp(prefix="sluice-siege-")
    print(f"{options.slow} slow heads, {options.idle} idle, {options.deaf} that never read; "
          f"{options.rate} other requests per second")
    print(f"  {'':9}{'p50 calm':>9}{'siege':>7}{'p99 calm':>10}{'siege':>7}{'ratio':>7}"
          f"{'core calm':>11}{'siege':>7}{'errors':>8}{'replaced':>10}"
          f"{'MiB before':>12}{'during':>8}{'after':>7}")
    rows = {name: [] for name in options.proxies.split(",") if name in found}
    try:
        for turn in range(options.rounds):
            for name in random.sample(sorted(rows), len(rows)):
                row = besiege(name, found[name], origin, f"{folder}/{name}-{turn}", options)
                rows[name].append(row)
                print(line(name, row), flush=True)
    finally:
        origin.end()
        shutil.rmtree(folder, ignore_errors=True)
    for name, ones in rows.items():
        ratio = statistics.median(row["ratio"] for row in ones)
        is_reached = ratio <= P99_FACTOR and not any(row["errors"] for row in ones)
        print(f"  {name}: median ratio {ratio:.2f}; required ≤ {P99_FACTOR}, no error: "
              f"{'reached' if is_reached else 'MISSED'}")


if __name__ == "__main__":
    sys.exit(main())
