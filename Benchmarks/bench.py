#!/usr/bin/env python3
"""CPU time per unit of work of Sluice, beside a bare relay, HAProxy, nginx and Envoy.

The proxy runs on one core with one worker, the origin and the client on another. Every proxy
takes part in each round, in random order; figures are medians over the rounds. Only ratios
within one run mean something: machines differ and drift.
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import crossings
import proxies

RESULTS = Path(__file__).resolve().parent / "results"
PEERS = ("haproxy", "nginx", "nginx-new", "envoy")


# Beside an origin that speaks HTTP/2 these have one of HTTP/1.1.
HTTP1_ORIGIN = ("relay", "sluice-http1")


class Workload:
    """What is asked of each proxy, and the figures that Sluice has to reach."""

    def __init__(self, name, title, unit, mode, connections, requests, warmup, required, goal,
                 tls=False, layer="http", crossing=None, streams=0):
        self.tls = tls
        self.layer = layer
        # The versions of HTTP of the client and of the origin, where one is 2; and the streams
        # that a client has open on each of its connections.
        self.crossing, self.streams = crossing, streams
        self.name, self.title, self.unit = name, title, unit
        self.mode, self.connections = mode, connections
        self.requests, self.warmup = requests, warmup
        self.required, self.goal = required, goal


# `required` and `goal` are lists of (factor, of what); the largest product is the limit.
WORKLOADS = [
    Workload("keepalive-64", "small GET, 64 keep-alive connections", "µs/request",
             "small", 64, 60_000, 6_000, [(0.90, "peer"), (1.08, "relay")], [(1.03, "relay")]),
    Workload("keepalive-1", "small GET, 1 keep-alive connection", "µs/request",
             "small", 1, 12_000, 2_000, [(0.85, "peer")], [(1.05, "relay")]),
    Workload("keepalive-512", "small GET, 512 keep-alive connections", "µs/request",
             "small", 512, 60_000, 10_000, [(0.80, "peer")], [(1.10, "relay")]),
    Workload("new-connection", "a new connection per request", "µs/request",
             "close", 64, 12_000, 2_000, [(0.95, "peer")], [(0.85, "peer")]),
    Workload("1mib", "1 MiB responses, 16 connections", "µs/MiB",
             "large", 16, 1_500, 200, [(0.95, "peer")], [(0.85, "peer")]),
    Workload("tcp-small", "mode tcp: small exchanges, 64 connections", "µs/exchange",
             "small", 64, 60_000, 6_000, [(0.95, "peer"), (1.05, "relay")], [(1.00, "relay")],
             layer="tcp"),
    Workload("tcp-1mib", "mode tcp: 1 MiB, 16 connections", "µs/MiB",
             "large", 16, 1_500, 200, [(1.00, "peer")], [(0.85, "peer")], layer="tcp"),
    Workload("latency", "p99 latency at 70 % of the best peer's highest rate, 64 connections",
             "µs", "paced", 64, 0, 6_000, [(1.00, "peer")], [(1.00, "peer")]),
    Workload("idle", "idle keep-alive connection", "KiB", "idle", 10_000, 0, 0,
             [(0.5, "KiB")], [(0.35, "KiB")]),
    Workload("tls-keepalive", "TLS: small GET, 64 keep-alive connections", "µs/request",
             "small", 64, 40_000, 6_000, [(0.95, "peer")], [(0.85, "peer")], tls=True),
    Workload("tls-handshake", "TLS: a full handshake per request, ECDSA P-256", "µs/request",
             "close", 64, 4_000, 500, [(0.95, "peer")], [(0.85, "peer")], tls=True),
    Workload("tls-resumed", "TLS: a resumed handshake per request", "µs/request",
             "resume", 64, 4_000, 500, [(0.95, "peer")], [(0.85, "peer")], tls=True),
    Workload("tls-1mib", "TLS: 1 MiB responses, 16 connections", "µs/MiB",
             "large", 16, 1_000, 100, [(0.95, "peer")], [(0.85, "peer")], tls=True),
    Workload("tls-idle", "TLS: idle keep-alive connection", "KiB", "idle", 4_000, 0, 0,
             [(1.05, "peer")], [(1.00, "peer")], tls=True),
    Workload("http2-small", "HTTP/2 over TLS to HTTP/1.1: small GET, 4 connections of 32 streams",
             "µs/request", "small", 4, 40_000, 6_000, [(0.95, "peer")], [(0.80, "peer")],
             tls=True, crossing="2-1", streams=32),
    Workload("http2-1mib", "HTTP/2 over TLS to HTTP/1.1: 1 MiB, 4 connections of 4 streams",
             "µs/MiB", "large", 4, 1_000, 100, [(0.95, "peer")], [(0.85, "peer")],
             tls=True, crossing="2-1", streams=4),
    Workload("http2-http2-small", "HTTP/2 over TLS to HTTP/2: small GET, 4 connections of 32 "
             "streams", "µs/request", "small", 4, 40_000, 6_000, [(0.95, "peer")],
             [(0.80, "peer")], tls=True, crossing="2-2", streams=32),
    Workload("http2-http2-1mib", "HTTP/2 over TLS to HTTP/2: 1 MiB, 4 connections of 4 streams",
             "µs/MiB", "large", 4, 1_000, 100, [(0.95, "peer")], [(0.85, "peer")],
             tls=True, crossing="2-2", streams=4),
    Workload("http1-http2", "HTTP/1.1 to HTTP/2: small GET, 64 keep-alive connections",
             "µs/request", "small", 64, 40_000, 6_000, [(1.00, "sluice-http1")],
             [(0.75, "relay")], crossing="1-2"),
    Workload("http2-far", "HTTP/2 over TLS: 256 MiB, 25 ms each way from client and from origin",
             "seconds", "far", 1, 1, 0, [(1 / 0.9, "nginx")], [(1.00, "peer")], tls=True,
             crossing="2-1", streams=1),
]
EMPTY_MIB_MAXIMUM = 24
KONG_MAXIMUM = 1.03
ROLLOUT_MAXIMUM = 1.01
PACED_SECONDS = 4
# What a process does once in its first seconds is no cost of a connection.
SETTLE_SECONDS = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [workload.name for workload in WORKLOADS]
    parser.add_argument("--quick", action="store_true", help="3 rounds, a quarter of the requests")
    parser.add_argument("--only", action="append", choices=names, metavar="WORKLOAD",
                        help=f"repeatable; one of {', '.join(names)}")
    parser.add_argument("--proxies", help="comma-separated, e.g. relay,sluice,nginx")
    parser.add_argument("--rounds", type=int, help="rounds per workload (5; idle always 1 to 3)")
    parser.add_argument("--seconds", type=float, default=20,
                        help="bound on one measurement; fewer requests are counted when it is hit")
    parser.add_argument("--kong", action="store_true",
                        help="what `kong: true` costs: Sluice with it and without it, before an "
                        "origin that answers as Kong does")
    parser.add_argument("--rollout", action="store_true",
                        help="what a rollout costs: Sluice in the middle of one and without it")
    parser.add_argument("--results", default="latest", help="name of the files under results/")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    return options


def measure(workload, name, binary, origin, folder, options, rate=None):
    """One proxy under one workload: a dictionary of its figures."""
    certificates = None
    if workload.tls:
        certificates = proxies.make_certificate(Path(folder).parent / "certificates")
    scale = 0.25 if options.quick else 1
    proxy = proxies.Proxy(
        name, binary, origin, folder, certificates=certificates, layer=workload.layer,
        crossing=workload.crossing if name not in HTTP1_ORIGIN else None)
    if workload.streams:
        return measure_streams(workload, proxy, scale, folder, options)
    requests = int(rate * PACED_SECONDS) if rate else workload.requests
    mode = f"tls-{workload.mode}" if workload.tls else workload.mode
    command = [proxies.built("client"), proxy.port, mode, workload.connections,
               int(requests * scale), int(workload.warmup * scale), options.seconds]
    command += [rate] if rate else []
    if workload.mode == "idle":
        time.sleep(SETTLE_SECONDS)
    empty = proxy.pss_kib()
    client = proxies.start([str(word) for word in command], proxies.LOAD_CORE,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if client.stdout.readline() != "ready\n":
            raise RuntimeError("the client failed in its warm-up")
        time.sleep(0.05)
        cpu, pss = proxy.cpu_nanoseconds(), proxy.pss_kib()
        client.stdin.write("go\n")
        client.stdin.flush()
        figures = json.loads(client.stdout.readline())
        time.sleep(0.05)
        cpu, pss = proxy.cpu_nanoseconds() - cpu, proxy.pss_kib() - pss
        resting = cpu_at_rest(proxy) if workload.mode == "idle" else None
    finally:
        client.stdin.close()
        proxies.end(client)
        proxy.end()
    done = figures["requests"]
    if done == 0:
        raise RuntimeError("no request was answered")
    if workload.mode == "idle":
        return {**figures, "value": pss / done, "empty_mib": empty / 1024, "resting": resting}
    if workload.mode == "paced":
        return {**figures, "value": figures["p99_us"]}
    return {**figures, "value": cpu / done / 1000}


def measure_streams(workload, proxy, scale, folder, options):
    """As above, with h2load for a client, which may be far away."""
    path = crossings.FarPath([proxy.port]) if workload.mode == "far" else None
    try:
        port = path.ports[0] if path else proxy.port
        load = crossings.Load(port, workload, scale, options.seconds, folder)
        time.sleep(0.05)
        cpu = proxy.cpu_nanoseconds()
        figures = load.figures()
        time.sleep(0.05)
        cpu = proxy.cpu_nanoseconds() - cpu
    finally:
        proxy.end()
        if path:
            path.end()
    if figures["requests"] == 0:
        raise RuntimeError("no request was answered")
    if path:
        return {**figures, "value": figures["seconds"]}
    return {**figures, "value": cpu / figures["requests"] / 1000}


def paced_rate(found, origin, folder, options):
    """70 % of what the best peer reaches under full load, in whole thousands per second."""
    full = WORKLOADS[0]
    peers = [name for name in found if name in PEERS] or list(found)
    highest = 0
    for name in peers:
        figures = measure(full, name, found[name], origin, f"{folder}/rate-{name}", options)
        highest = max(highest, figures["requests"] / figures["seconds"])
    return max(1000, int(0.7 * highest / 1000) * 1000)


def cpu_at_rest(proxy, seconds=2):
    """CPU time in ms per second while all connections are idle."""
    time.sleep(0.5)
    before = proxy.cpu_nanoseconds()
    time.sleep(seconds)
    return (proxy.cpu_nanoseconds() - before) / seconds / 1e6


def names_for(workload, found):
    """The relay needs two descriptors per connection: too many for the idle workload. With TLS
    those are compared that use the same library, but for HTTP/2, where the frames cost more."""
    if workload.crossing:
        # Debian's nginx speaks no HTTP/2 to origins.
        left_out = {"2-1": ("relay", "nginx-new"), "2-2": ("relay", "nginx"), "1-2": ("nginx",)}
        return [name for name in found if name not in left_out[workload.crossing]]
    found = {name: path for name, path in found.items() if name != "nginx-new"}
    if workload.tls:
        return [name for name in found if name not in ("relay", "envoy")]
    if workload.layer == "tcp":
        # Envoy has no settings for this here.
        found = {name: path for name, path in found.items() if name != "envoy"}
    return [name for name in found if workload.mode != "idle" or name != "relay"]


def run_workload(workload, found, origin, folder, options):
    """All rounds of one workload: name -> list of figures, one per round."""
    names = names_for(workload, found)
    speaks_http2 = workload.crossing in ("1-2", "2-2")
    if workload.crossing == "1-2" and "sluice" in found:
        found = {**found, "sluice-http1": found["sluice"]}
        names.append("sluice-http1")
    behind = origin
    if speaks_http2:
        behind = crossings.HTTP2Origin()
    elif workload.mode == "far":
        behind = crossings.FarPath(origin.ports)
    try:
        return run_rounds(workload, names, found, (origin, behind), folder, options)
    finally:
        if behind is not origin:
            behind.end()


def run_rounds(workload, names, found, origins, folder, options):
    """The rounds themselves; `origins`: that of HTTP/1.1, and that which the workload names."""
    rounds = min(options.rounds, 3) if workload.mode == "idle" else options.rounds
    samples = {name: [] for name in names}
    rate = paced_rate(found, origins[0], folder, options) if workload.mode == "paced" else None
    for turn in range(rounds):
        order = random.sample(names, len(names))
        for name in order:
            if name not in samples:
                continue
            progress(f"{workload.name}: round {turn + 1}/{rounds}, {name}")
            place = f"{folder}/{workload.name}-{turn}-{name}"
            origin = origins[0] if name in HTTP1_ORIGIN else origins[1]
            try:
                figures = measure(workload, name, found[name], origin, place, options, rate)
                samples[name].append(figures)
            except (RuntimeError, ValueError, OSError) as error:
                progress("")
                print(f"bench: {workload.name}: {name} failed: {error}", file=sys.stderr)
                del samples[name]
    progress("")
    return samples


def progress(text):
    """One line that is written over, where somebody is watching."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def median(figures, key):
    return statistics.median(figure[key] for figure in figures)


def median_ratio(samples, name, base):
    """The median over the rounds of the ratio within a round."""
    return statistics.median(
        mine["value"] / theirs["value"] for mine, theirs in zip(samples[name], samples[base]))


def feature_verdict(samples, feature, most):
    """What a feature may cost in CPU time per request, by the median over the rounds."""
    ratio = median_ratio(samples, f"{feature}-on", f"{feature}-off")
    limit = most * median(samples[f"{feature}-off"], "value")
    return {"what": "required", "limit": limit, "text": f"{most:.2f} × {feature}-off",
            "share": ratio / most, "reached": ratio <= most}


def judge(limits, samples, best):
    """(limit in the workload's unit, Sluice's share of it, in words); None when it cannot be."""
    shares = []
    for factor, base in limits:
        if base == "KiB":
            shares.append((median(samples["sluice"], "value") / factor, factor, f"{factor} KiB"))
            continue
        name = best if base == "peer" else base
        if name in samples:
            shares.append((median_ratio(samples, "sluice", name) / factor,
                           factor * median(samples[name], "value"), f"{factor:.2f} × {name}"))
    # The largest limit counts: the one of which Sluice uses the smallest share.
    return min(shares) if shares else None


def summary(workload, samples):
    """What is printed and written for one workload."""
    best = min((name for name in PEERS if name in samples),
               key=lambda name: median(samples[name], "value"), default=None)
    rows = {}
    for name, figures in samples.items():
        rows[name] = {
            "median": median(figures, "value"),
            "lowest": min(figure["value"] for figure in figures),
            "highest": max(figure["value"] for figure in figures),
            "to_relay": median_ratio(samples, name, "relay") if "relay" in samples else None,
            "to_best_peer": median_ratio(samples, name, best) if best else None,
            "p99_us": median(figures, "p99_us"),
            "requests": sum(figure["requests"] for figure in figures),
            "errors": sum(figure["errors"] for figure in figures),
            "per_second": statistics.median(
                figure["requests"] / figure["seconds"] for figure in figures),
        }
        if workload.mode == "idle":
            rows[name]["empty_mib"] = median(figures, "empty_mib")
            rows[name]["resting_cpu_ms_per_second"] = median(figures, "resting")
    verdicts = []
    if "sluice" in samples:
        for word, limits in (("required", workload.required), ("goal", workload.goal)):
            verdict = judge(limits, samples, best)
            if verdict:
                share, limit, text = verdict
                verdicts.append({"what": word, "limit": limit, "text": text, "share": share,
                                 "reached": share <= 1})
        if workload.mode == "idle" and not workload.tls:
            empty = rows["sluice"]["empty_mib"]
            verdicts.append({"what": "required", "limit": EMPTY_MIB_MAXIMUM,
                             "text": f"{EMPTY_MIB_MAXIMUM} MiB with no connection",
                             "share": empty / EMPTY_MIB_MAXIMUM,
                             "reached": empty <= EMPTY_MIB_MAXIMUM})
    for feature, most in (("kong", KONG_MAXIMUM), ("rollout", ROLLOUT_MAXIMUM)):
        if {f"{feature}-off", f"{feature}-on"} <= samples.keys() and workload.mode != "idle":
            verdicts.append(feature_verdict(samples, feature, most))
    return {"workload": workload.name, "title": workload.title, "unit": workload.unit,
            "best_peer": best, "proxies": rows, "verdicts": verdicts}


def ratio_text(ratio):
    return f"{ratio:8.2f}" if ratio is not None else "       –"


def table(result):
    """The text of one workload."""
    idle = result["workload"].endswith("idle")
    # Two columns mean something else for connections that rest.
    rate, last = ("CPU ms/s", "MiB empty") if idle else ("per s", "p99 µs")
    rate_key = "resting_cpu_ms_per_second" if idle else "per_second"
    last_key = "empty_mib" if idle else "p99_us"
    lines = [f"{result['title']} ({result['unit']})",
             f"  {'':13}{'median':>9}{'lowest':>9}{'highest':>9}{'×relay':>8}{'×peer':>8}"
             f"{rate:>9}{last:>10}{'errors':>8}"]
    for name, row in result["proxies"].items():
        lines.append(
            f"  {name:13}{row['median']:9.2f}{row['lowest']:9.2f}{row['highest']:9.2f}"
            f"{ratio_text(row['to_relay'])}{ratio_text(row['to_best_peer'])}"
            f"{row[rate_key]:9.{1 if idle else 0}f}{row[last_key]:10.1f}{row['errors']:8}")
    for verdict in result["verdicts"]:
        mark = "reached" if verdict["reached"] else "MISSED"
        lines.append(f"  {verdict['what']:9}≤ {verdict['limit']:.2f} ({verdict['text']}): "
                     f"{mark}, at {100 * verdict['share']:.0f} % of it")
    return "\n".join(lines) + "\n"


def version_of(name, binary):
    flags = {"haproxy": "-v", "nginx": "-v", "nginx-new": "-v", "envoy": "--version",
             "sluice": "version"}
    flag = flags.get(name)
    if flag is None:
        return ""
    try:
        said = subprocess.run([binary, flag], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    # Where a binary lies is nobody's matter.
    return (said.stdout + said.stderr).strip().split("\n")[0].replace(str(binary), "").lstrip()


def header(found, options):
    lines = [f"Sluice benchmarks, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, "
             f"{options.rounds} rounds{', quick' if options.quick else ''}",
             f"Linux {platform.release()}, {os.cpu_count()} CPUs; the proxy on core "
             f"{proxies.PROXY_CORE}, client and origin on core {proxies.LOAD_CORE}"]
    lines += [f"{name}: {version}" for name, binary in found.items()
              if (version := version_of(name, binary))]
    return "\n".join(lines) + "\n"


def main():
    options = arguments()
    if not {proxies.PROXY_CORE, proxies.LOAD_CORE} <= os.sched_getaffinity(0):
        raise SystemExit("bench: two cores are needed, 0 for the proxy and 1 for the load")
    proxies.build_helpers()
    found = proxies.binaries()
    if options.proxies:
        chosen = options.proxies.split(",")
        missing = [name for name in chosen if name not in found]
        if missing:
            raise SystemExit(f"bench: not found: {', '.join(missing)}")
        found = {name: found[name] for name in chosen}
    for feature in ("kong", "rollout"):
        if getattr(options, feature):
            names = (f"{feature}-off", f"{feature}-on")
            found = {name: proxies.binaries()["sluice"] for name in names}
    text = header(found, options)
    print(text)
    folder = tempfile.mkdtemp(prefix="sluice-bench-")
    origin = proxies.Origin(options.kong)
    results, failed = [], False
    try:
        for workload in WORKLOADS:
            if options.only and workload.name not in options.only:
                continue
            samples = run_workload(workload, found, origin, folder, options)
            failed = failed or not set(names_for(workload, found)) <= samples.keys()
            results.append(summary(workload, samples))
            text += "\n" + table(results[-1])
            print(table(results[-1]), flush=True)
    finally:
        origin.end()
        shutil.rmtree(folder, ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{options.results}.txt").write_text(text)
    (RESULTS / f"{options.results}.json").write_text(
        json.dumps({"header": text.split("\n\n")[0], "results": results}, indent=2) + "\n")
    print(f"written to Benchmarks/results/{options.results}.txt and .json")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
