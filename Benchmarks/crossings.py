"""HTTP/2 on either side of a proxy: its settings, an origin that speaks it, and h2load."""

import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import proxies

# What is spoken by the client and to the origin, of the workloads that name it.
CROSSINGS = ("1-2", "2-1", "2-2")

ENVOY_TLS = """\
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3\
.DownstreamTlsContext
          common_tls_context:
            alpn_protocols: [h2, http/1.1]
            tls_certificates:
            - certificate_chain: {{filename: {certificate}}}
              private_key: {{filename: {key}}}
"""

ENVOY_UPSTREAM = """\
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
"""

# It speaks HTTP/2 with prior knowledge, and answers like the origin of HTTP/1.1.
ORIGIN = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log off;
    tcp_nodelay on;
    server_tokens off;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    open_file_cache max=16;
    server {{
        listen 127.0.0.1:{x} http2 backlog=4096;
        listen 127.0.0.1:{y} http2 backlog=4096;
        default_type text/plain;
        add_header X-Kong-Proxy-Latency 1;
        root {folder};
        location = / {{ return 200 "hello\\n"; }}
    }}
}}
"""


def words(crossing, certificates):
    """What each proxy is told of HTTP/2; nothing where neither side speaks it."""
    asked, told = ((side == "2") for side in (crossing or "1-1").split("-"))
    facts = {
        "haproxy_alpn": " alpn h2,http/1.1" if asked else "",
        "haproxy_proto": " proto h2" if told else "",
        "nginx_http2": " http2" if asked else "",
        "nginx_version": "2" if told else "1.1",
        "sluice_protocol": ", protocol: http2" if told else "",
        "envoy_tls": "",
        "envoy_upstream": ENVOY_UPSTREAM if told else "",
    }
    if certificates is not None:
        facts["envoy_tls"] = ENVOY_TLS.format(
            certificate=certificates / "certificate.pem", key=certificates / "key.pem")
    return facts


class HTTP2Origin:
    """An nginx with two ports of HTTP/2 with prior knowledge, pinned to the load's core."""

    def __init__(self):
        binary = proxies.system_binary("nginx")
        if binary is None:
            raise RuntimeError("there is no nginx to be the origin that speaks HTTP/2")
        # Its worker is another user's where this one is root.
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-origin-"))
        self.folder.chmod(0o755)
        (self.folder / "1m").write_bytes(b"x" * (1 << 20))
        self.ports = [proxies.free_port(), proxies.free_port()]
        path = self.folder / "nginx.conf"
        path.write_text(ORIGIN.format(
            x=self.ports[0], y=self.ports[1], folder=self.folder, user=proxies.nginx_user()))
        self.process = proxies.start(
            [binary, "-e", "stderr", "-p", str(self.folder), "-c", str(path)], proxies.LOAD_CORE)

    def end(self):
        proxies.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class FarPath:
    """The delaying relay before some ports: what they are reached by stands in `ports`."""

    def __init__(self, ports, milliseconds=25):
        self.process = proxies.start(
            [str(proxies.built("delay")), str(milliseconds), *map(str, ports)],
            proxies.LOAD_CORE, stdout=subprocess.PIPE, text=True)
        self.ports = [int(self.process.stdout.readline().split()[1]) for _ in ports]

    def end(self):
        proxies.end(self.process)


class Load:
    """h2load, once to warm up and once to count: the same figures as the client of HTTP/1.1."""

    def __init__(self, port, workload, scale, seconds, folder):
        self.binary = proxies.system_binary("h2load")
        if self.binary is None:
            raise RuntimeError("h2load is not here (Debian: nghttp2-client)")
        path = {"large": "/1m", "far": "/256m"}.get(workload.mode, "/")
        self.url = f"https://127.0.0.1:{port}{path}"
        self.workload, self.seconds = workload, seconds
        self.requests = max(int(workload.requests * scale), workload.connections)
        self.times = Path(folder) / "times.txt"
        if workload.warmup:
            self.run(int(workload.warmup * scale))

    def run(self, count, options=()):
        """Asks so many requests, and gives what h2load says of them."""
        load = proxies.start(
            [self.binary, "--requests", str(count), "--clients", str(self.workload.connections),
             "--max-concurrent-streams", str(self.workload.streams), *options, self.url],
            proxies.LOAD_CORE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            # It knows no bound of its own that counts requests as well.
            said = load.communicate(timeout=3 * self.seconds)[0]
        except subprocess.TimeoutExpired:
            raise RuntimeError("h2load does not end") from None
        finally:
            proxies.end(load)
        if "succeeded" not in said:
            raise RuntimeError(f"h2load: {said[-500:]}")
        return said

    def figures(self):
        self.times.unlink(missing_ok=True)
        said = self.run(self.requests, [f"--log-file={self.times}"])
        succeeded, failed = (
            int(re.search(rf"(\d+) {word}", said)[1]) for word in ("succeeded", "failed"))
        seconds = re.search(r"finished in ([\d.]+)(us|ms|s)", said)
        scale = {"us": 1e-6, "ms": 1e-3, "s": 1}[seconds[2]]
        times = [int(line.split()[2]) for line in self.times.read_text().splitlines()]
        p99 = statistics.quantiles(times, n=100)[98] if len(times) > 1 else 0
        good = int(re.search(r"status codes: (\d+) 2xx", said)[1])
        return {"requests": good, "errors": failed + succeeded - good,
                "seconds": float(seconds[1]) * scale, "p99_us": p99}
