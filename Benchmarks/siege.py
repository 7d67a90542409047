#!/usr/bin/env python3
"""What other requests notice of a siege: slow heads, idle connections and clients that never read.

For each proxy: the p99 latency of a paced load in calm, then under siege, and the memory before,
during and after it. The siege and the load run on one core, the proxy with one worker on another.
"""

import argparse
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import proxies

HEAD = b"GET / HTTP/1.1\r\nHost: siege\r\nX-Slow: "
# More than all buffers on the way hold.
LARGE = b"GET /1m HTTP/1.1\r\nHost: siege\r\n\r\n" * 16
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
    parser.add_argument("--proxies", default="sluice")
    return parser.parse_args()


class Siege(threading.Thread):
    """Holds the connections, and replaces those that the proxy closes, until it is ended."""

    def __init__(self, port, options):
        super().__init__(daemon=True)
        self.port, self.options = port, options
        self.selector = selectors.DefaultSelector()
        self.slow, self.others = set(), set()
        self.is_over = threading.Event()
        self.is_complete = threading.Event()
        self.replaced = 0

    def connect(self, kind):
        client = socket.socket()
        if kind == "deaf":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.port))
        if kind == "slow":
            client.sendall(HEAD)
            self.slow.add(client)
        else:
            self.others.add(client)
        if kind == "deaf":
            client.sendall(LARGE)
        else:
            self.selector.register(client, selectors.EVENT_READ, kind)
        client.setblocking(False)

    def run(self):
        # The siege must not take the load's core from the requests that are measured.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        # A few at a time, so that the siege is one of patience and not a flood of connections.
        waiting = ["deaf"] * self.options.deaf + ["slow"] * self.options.slow
        waiting += ["idle"] * self.options.idle
        next_byte = time.monotonic()
        while not self.is_over.is_set():
            for kind in waiting[:100]:
                self.connect(kind)
            del waiting[:100]
            if not waiting:
                self.is_complete.set()
            for key, _ in self.selector.select(0 if waiting else 0.02):
                self.replace(key.fileobj, key.data, waiting)
            if time.monotonic() >= next_byte:
                next_byte += 1
                self.send_a_byte()
        for client in self.slow | self.others:
            client.close()

    def replace(self, client, kind, waiting):
        try:
            if client.recv(4096):
                return
        except OSError:
            pass
        self.selector.unregister(client)
        self.slow.discard(client)
        self.others.discard(client)
        client.close()
        waiting.append(kind)
        self.replaced += 1

    def send_a_byte(self):
        for client in self.slow:
            try:
                client.send(b"x")
            except OSError:
                pass

    def end(self):
        self.is_over.set()
        self.join()


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


def besiege(name, binary, origin, folder, options):
    """One round with one proxy."""
    proxy = proxies.Proxy(name, binary, origin, folder)
    try:
        calm = paced(proxy.port, options)
        before = proxy.pss_kib()
        siege = Siege(proxy.port, options)
        siege.start()
        siege.is_complete.wait(60)
        worried = paced(proxy.port, options)
        during = proxy.pss_kib()
        siege.end()
        time.sleep(3)
        after = proxy.pss_kib()
        return {"calm": calm["p99_us"], "siege": worried["p99_us"],
                "ratio": worried["p99_us"] / calm["p99_us"],
                "errors": calm["errors"] + worried["errors"], "replaced": siege.replaced,
                "before": before / 1024, "during": during / 1024, "after": after / 1024}
    finally:
        proxy.end()


def main():
    options = arguments()
    os.sched_setaffinity(0, {proxies.LOAD_CORE})
    proxies.build_helpers()
    found = proxies.binaries()
    origin = proxies.Origin()
    folder = tempfile.mkdtemp(prefix="sluice-siege-")
    print(f"{options.slow} slow heads, {options.idle} idle, {options.deaf} that never read; "
          f"{options.rate} other requests per second")
    print(f"  {'':9}{'calm p99':>10}{'siege p99':>11}{'ratio':>7}{'errors':>8}{'replaced':>10}"
          f"{'MiB before':>12}{'during':>8}{'after':>8}")
    is_reached = True
    try:
        for name in options.proxies.split(","):
            for turn in range(options.rounds):
                row = besiege(name, found[name], origin, f"{folder}/{name}-{turn}", options)
                print(f"  {name:9}{row['calm']:8.0f}µs{row['siege']:9.0f}µs{row['ratio']:7.2f}"
                      f"{row['errors']:8}{row['replaced']:10}{row['before']:12.1f}"
                      f"{row['during']:8.1f}{row['after']:8.1f}", flush=True)
                is_reached = is_reached and row["ratio"] <= P99_FACTOR and row["errors"] == 0
    finally:
        origin.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"  required ratio ≤ {P99_FACTOR}, no error: {'reached' if is_reached else 'MISSED'}")


if __name__ == "__main__":
    sys.exit(main())
