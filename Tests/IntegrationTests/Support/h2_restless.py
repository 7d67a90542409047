"""Clients and targets of HTTP/2 that do what they like, with the h2 library's tools: answers and
requests of all sizes, trailers, interim heads, resets, GOAWAY, small windows, connections cut off.

    h2_restless.py FOLDER SEED SECONDS

writes the ports of two targets into FOLDER/ports, waits for FOLDER/proxy with the port to ask, and
prints how many streams have ended well when the time is over."""

import asyncio
import os
import random
import sys
import time

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated, DataReceived, RequestReceived, StreamEnded, StreamReset)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes as Codes, Settings

ended = 0


class Side(asyncio.Protocol):
    """What both sides do: send bodies as the windows let them, and read."""

    def __init__(self, is_client, windows):
        self.frames = H2Connection(H2Configuration(
            client_side=is_client, header_encoding=None, validate_inbound_headers=False))
        self.frames.local_settings = Settings(is_client, {
            Codes.INITIAL_WINDOW_SIZE: random.choice(windows),
            Codes.MAX_CONCURRENT_STREAMS: random.choice([1, 2, 8, 100])})
        self.left = {}
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.frames.initiate_connection()
        self.begin()
        self.flush()

    def begin(self):
        pass

    def flush(self):
        for stream in list(self.left):
            try:
                self.push(stream)
            except ProtocolError:
                self.left.pop(stream, None)
        data = self.frames.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def push(self, stream):
        while self.left[stream]:
            room = min(self.frames.local_flow_control_window(stream),
                       self.frames.max_outbound_frame_size, self.left[stream])
            if room <= 0:
                return
            self.left[stream] -= room
            is_last = not self.left[stream]
            has_trailers = is_last and random.random() < 0.2
            self.frames.send_data(stream, b"x" * room, end_stream=is_last and not has_trailers)
            if has_trailers:
                self.frames.send_headers(stream, [(b"x-last", b"1")], end_stream=True)
        del self.left[stream]

    def data_received(self, data):
        try:
            events = self.frames.receive_data(data)
        except ProtocolError:
            return self.transport.close()
        for event in events:
            try:
                if isinstance(event, DataReceived) and random.random() < 0.97:
                    self.frames.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id)
                self.hear(event)
            except ProtocolError:
                pass
        self.flush()

    def connection_lost(self, error):
        if not self.over.done():
            self.over.set_result(None)


class Target(Side):
    def __init__(self):
        super().__init__(False, [1_000, 65_535, 1 << 20])
        self.waiting = set()

    def hear(self, event):
        dice = random.random()
        if isinstance(event, RequestReceived):
            if dice < 0.04:
                self.frames.reset_stream(event.stream_id, random.choice([0, 1, 2, 7, 8]))
            elif dice < 0.05:
                self.frames.close_connection(
                    0, last_stream_id=random.choice([event.stream_id, 0]))
            elif dice < 0.055:
                self.transport.abort()
            elif dice < 0.3:
                self.answer(event.stream_id)
            else:
                self.waiting.add(event.stream_id)
            if dice > 0.98:
                self.frames.update_settings({Codes.INITIAL_WINDOW_SIZE: 0})
            elif dice > 0.96:
                self.frames.update_settings({Codes.INITIAL_WINDOW_SIZE: 100_000})
        elif isinstance(event, StreamEnded) and event.stream_id in self.waiting:
            self.waiting.discard(event.stream_id)
            later = random.choice([0, 0, 0.01, 0.2])
            asyncio.get_running_loop().call_later(later, self.answer_late, event.stream_id)

    def answer_late(self, stream):
        try:
            self.answer(stream)
        except ProtocolError:
            pass
        self.flush()

    def answer(self, stream):
        count = random.choice([0, 1, 100, 5_000, 70_000, 400_000])
        fields = [(b":status", b"200"), (b"x-fill", b"y" * random.choice([1, 2_000]))]
        if random.random() < 0.1:
            self.frames.send_headers(stream, [(b":status", b"103"), (b"link", b"</a>")])
        if random.random() < 0.5:
            # Now and then it is not true.
            told = count if random.random() < 0.95 else count + 1
            fields.append((b"content-length", b"%d" % told))
        self.frames.send_headers(stream, fields, end_stream=not count)
        if count:
            self.left[stream] = count


class Client(Side):
    def __init__(self):
        super().__init__(True, [0, 1_000, 65_535, 1 << 20])
        self.unasked = random.randint(1, 80)
        self.open = set()

    def begin(self):
        if random.random() < 0.7:
            self.frames.increment_flow_control_window(1 << 20)
        self.ask()

    def ask(self):
        while self.unasked and len(self.open) < random.choice([1, 5, 40, 100]):
            self.unasked -= 1
            stream = self.frames.get_next_available_stream_id()
            count = random.choice([0, 0, 0, 1, 5_000, 70_000, 300_000, 2_000_000])
            fields = [
                (b":method", b"POST" if count else b"GET"), (b":scheme", b"http"),
                (b":authority", b"a.test"), (b":path", b"/" + b"p" * random.choice([1, 500])),
                (b"cookie", b"a=b"), (b"cookie", b"c=d")]
            if random.random() < 0.05:
                fields.append((b"content-type", b"application/grpc"))
            try:
                self.frames.send_headers(stream, fields, end_stream=not count)
            except ProtocolError:
                self.unasked = 0
                return
            self.open.add(stream)
            if count:
                self.left[stream] = count
            if random.random() < 0.05:
                self.give_up(stream)

    def give_up(self, stream):
        self.open.discard(stream)
        self.left.pop(stream, None)
        self.frames.reset_stream(stream, 8)

    def hear(self, event):
        global ended
        if isinstance(event, DataReceived) and random.random() < 0.01:
            self.give_up(event.stream_id)
        elif isinstance(event, StreamEnded):
            ended += event.stream_id in self.open
            self.open.discard(event.stream_id)
        elif isinstance(event, StreamReset):
            self.open.discard(event.stream_id)
            self.left.pop(event.stream_id, None)
        elif isinstance(event, ConnectionTerminated):
            self.transport.close()

    def data_received(self, data):
        super().data_received(data)
        if random.random() < 0.003:
            return self.transport.abort()
        self.ask()
        self.flush()
        if not self.unasked and not self.open:
            self.transport.close()


async def ask_again(port, end):
    while time.monotonic() < end:
        try:
            transport, client = await asyncio.get_running_loop().create_connection(
                Client, "127.0.0.1", port)
            await asyncio.wait([client.over], timeout=random.choice([1, 3]))
            transport.abort()
        except OSError:
            await asyncio.sleep(0.05)


async def main(folder, seconds):
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Target, "127.0.0.1", 0) for _ in range(2)]
    with open(os.path.join(folder, "ports.part"), "w") as file:
        file.write(" ".join(str(server.sockets[0].getsockname()[1]) for server in servers))
    os.rename(os.path.join(folder, "ports.part"), os.path.join(folder, "ports"))
    deadline = time.monotonic() + 60
    while not os.path.exists(os.path.join(folder, "proxy")):
        if time.monotonic() > deadline:
            sys.exit("no port to ask")
        await asyncio.sleep(0.02)
    with open(os.path.join(folder, "proxy")) as file:
        port = int(file.read())
    end = time.monotonic() + seconds
    await asyncio.gather(*(ask_again(port, end) for _ in range(16)))
    print(ended)


if __name__ == "__main__":
    random.seed(int(sys.argv[2]))
    asyncio.run(main(sys.argv[1], float(sys.argv[3])))
