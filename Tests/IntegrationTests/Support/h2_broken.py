"""Frames that break RFC 9113, written with the h2 library's own tools, and what comes back of each.

    h2_broken.py PORT

prints a line for each case: its name, and `goaway CODE`, `reset CODE`, `status CODE`, `closed`, or
`nothing`."""

import socket
import sys

import hpack
from hyperframe.frame import (
    ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame,
    SettingsFrame, WindowUpdateFrame)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize()
SECONDS = 20


def head(stream=1, fields=(), ends=True, encoder=None, flags=("END_HEADERS",)):
    asked = [(":method", "GET"), (":scheme", "http"), (":authority", "a.test"), (":path", "/")]
    data = (encoder or hpack.Encoder()).encode(asked + list(fields))
    return HeadersFrame(stream, data, flags=[*flags, *(["END_STREAM"] if ends else [])])


def raw(kind, stream, body, flags=0):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def bomb():
    """A field of 4,000 bytes in the table, and then a byte for each time that it is said again."""
    encoder = hpack.Encoder()
    first = head(fields=[("x", "y" * 4_000)], encoder=encoder)
    return first.serialize() + HeadersFrame(
        3, head(3, encoder=encoder).data + b"\xbe" * 5_000,
        flags=["END_HEADERS", "END_STREAM"]).serialize()


def many(count):
    return b"".join(
        head(number).serialize() + RstStreamFrame(number, error_code=8).serialize()
        for number in range(1, 2 * count, 2))


CASES = {
    "data on an idle stream": DataFrame(1, b"x"),
    "a window too large": WindowUpdateFrame(0, window_increment=2**31 - 1),
    "a window of nothing": raw(8, 0, bytes(4)),
    "a stream's window too large": [
        head(ends=False), WindowUpdateFrame(1, window_increment=2**31 - 1)],
    "an answer to SETTINGS with settings": raw(4, 0, bytes(6), flags=1),
    "SETTINGS of five bytes": raw(4, 0, bytes(5)),
    "PING of seven bytes": raw(6, 0, bytes(7)),
    "a frame that is too long": raw(0, 1, bytes(16_385)),
    "a stream of the server's": head(2),
    "a name in upper case": HeadersFrame(
        1, head().data + b"\x00\x01X\x01y", flags=["END_HEADERS", "END_STREAM"]),
    "a place that is in no table": HeadersFrame(1, b"\xff\xff\x7f", flags=["END_HEADERS"]),
    "CONTINUATION without a head": ContinuationFrame(1, b"", flags=["END_HEADERS"]),
    "PING inside a head": [head(flags=()), PingFrame(0)],
    "CONTINUATION without end": [head(flags=())] + [ContinuationFrame(1, b"")] * 50,
    "a promise": raw(5, 1, (2).to_bytes(4, "big") + head().data, flags=4),
    "streams that are reset at once": many(2_000),
    "a bomb of fields": bomb(),
    "empty DATA without end": [head(ends=False)] + [DataFrame(1, b"")] * 5_000,
    "PING without end": [PingFrame(0, b"12345678")] * 5_000,
}


def written(frames):
    if isinstance(frames, bytes):
        return frames
    return b"".join(f if isinstance(f, bytes) else f.serialize() for f in (
        frames if isinstance(frames, list) else [frames]))


def outcome(port, frames):
    """What the server says of it first: the end of the connection, of a stream, or a status."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as peer:
        try:
            peer.sendall(PREFACE + written(frames))
        except OSError:
            pass
        return read(peer)


def read(peer):
    decoder, data = hpack.Decoder(), b""
    while True:
        while len(data) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(data[:9]))
            if len(data) < 9 + length:
                break
            frame.parse_body(memoryview(data[9:9 + length]))
            data = data[9 + length:]
            if isinstance(frame, GoAwayFrame) and frame.error_code:
                return f"goaway {frame.error_code}"
            if isinstance(frame, RstStreamFrame) and frame.error_code:
                return f"reset {frame.error_code}"
            if isinstance(frame, HeadersFrame):
                return f"status {dict(decoder.decode(frame.data))[':status']}"
        try:
            more = peer.recv(65_536)
        except TimeoutError:
            return "nothing"
        except OSError:
            more = b""
        if not more:
            return "closed"
        data += more


if __name__ == "__main__":
    for name, frames in CASES.items():
        print(f"{name}: {outcome(int(sys.argv[1]), frames)}", flush=True)
