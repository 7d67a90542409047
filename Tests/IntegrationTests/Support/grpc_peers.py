"""gRPC's own server and client: calls of all four kinds, with raw bytes as messages.

server FILE  writes its port into the file; client PORT and lonely PORT print what came of calls.
"""
import os, sys, threading, time
from concurrent import futures
import grpc

raw = lambda b: b
sizes = [(f"grpc.max_{way}_message_length", 64 << 20) for way in ("receive", "send")]

def server(port_file):
    cancelled = threading.Event()
    def unary(request, context):
        context.set_trailing_metadata((("x-trailer", "t"),))
        return request[::-1]
    def fail(request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "nö %")
    def deadline(request, context):
        return str(int(context.time_remaining() * 1000)).encode()
    def slow(request, context):
        time.sleep(3)
        return b""
    def server_stream(request, context):
        for i in range(int(request)): yield (b"%d" % i) * 1000
    def client_stream(requests, context):
        return str(sum(len(r) for r in requests)).encode()
    def both(requests, context):
        for r in requests: yield r + r
    def hang(request, context):
        context.add_callback(cancelled.set)
        yield b"begun"
        while context.is_active(): time.sleep(0.02)
    def was_cancelled(request, context):
        return b"yes" if cancelled.wait(10) else b"no"
    u = grpc.unary_unary_rpc_method_handler
    handlers = {
        "Unary": u(unary, raw, raw), "Fail": u(fail, raw, raw),
        "Deadline": u(deadline, raw, raw), "Slow": u(slow, raw, raw),
        "WasCancelled": u(was_cancelled, raw, raw),
        "Down": grpc.unary_stream_rpc_method_handler(server_stream, raw, raw),
        "Hang": grpc.unary_stream_rpc_method_handler(hang, raw, raw),
        "Up": grpc.stream_unary_rpc_method_handler(client_stream, raw, raw),
        "Both": grpc.stream_stream_rpc_method_handler(both, raw, raw),
    }
    s = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=sizes)
    s.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", handlers),))
    port = s.add_insecure_port("127.0.0.1:0")
    s.start()
    with open(port_file + ".new", "w") as f: f.write(str(port))
    os.rename(port_file + ".new", port_file)
    s.wait_for_termination()

def client(port):
    c = grpc.insecure_channel("127.0.0.1:" + port, options=sizes)
    uu = lambda n: c.unary_unary("/t.T/" + n, raw, raw)
    def say(name, value): print(name + "=" + str(value), flush=True)
    r, call = uu("Unary").with_call(b"abc", timeout=20)
    say("unary", r.decode() + " " + dict(call.trailing_metadata())["x-trailer"])
    big = bytes(20_000_000)
    say("large", uu("Unary")(big, timeout=60) == big)
    say("down", sum(len(m) for m in c.unary_stream("/t.T/Down", raw, raw)(b"500", timeout=20)))
    up = c.stream_unary("/t.T/Up", raw, raw)
    say("up", up((bytes(1000) for _ in range(500)), timeout=20).decode())
    q = []
    def talk():
        yield b"a"
        while not q: time.sleep(0.01)
        yield b"b"
    got = []
    for m in c.stream_stream("/t.T/Both", raw, raw)(talk(), timeout=20):
        got.append(m.decode()); q.append(1)
    say("both", got)
    def code(name, data=b"", timeout=20):
        try: uu(name)(data, timeout=timeout); return "OK"
        except grpc.RpcError as e: return e.code().name + ": " + e.details()
    say("fail", code("Fail"))
    say("unknown", code("Nothing"))
    say("deadline", 4000 < int(uu("Deadline")(b"", timeout=7)) <= 8000)
    say("late", code("Slow", timeout=0.3).split(":")[0])
    h = c.unary_stream("/t.T/Hang", raw, raw)(b"", timeout=20)
    next(h); h.cancel()
    say("cancelled", uu("WasCancelled")(b"", timeout=20).decode())

def lonely(port):
    c = grpc.insecure_channel("127.0.0.1:" + port)
    try: c.unary_unary("/t.T/Unary", raw, raw)(b"", timeout=20)
    except grpc.RpcError as e: print(e.code().name + ": " + e.details())

{"server": server, "client": client, "lonely": lonely}[sys.argv[1]](sys.argv[2])
