"""Runs a program in a terminal of its own (pty(7)), with nothing but Python.

Usage: terminal.py STEPS PROGRAM ARGUMENT...
STEPS is a JSON list of steps, each an object of one key:
  {"wait": TEXT}: until the program has written it since the last wait, at most a minute
  {"send": TEXT}: types       {"size": [columns, rows]}       {"signal": NUMBER}
  {"end": true}: until it ends  {"hangup": true}: the terminal is closed, until it ends
  {"touch": PATH}: makes a file, for who waits for it
Output: {"status": exit status, "output": all that it wrote, "restored": whether the terminal is as
it was before, "last": what it wrote since the last wait}. Exit status 1 with a text when a step
fails.
"""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60


class Terminal:
    def __init__(self, arguments):
        # The program's end stays open here, so that its settings can be looked at afterwards.
        self.master, self.slave = pty.openpty()
        self.resize(120, 40)
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.seen = 0
        self.process = os.fork()
        if self.process == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for descriptor in range(3):
                os.dup2(self.slave, descriptor)
            os.execvp(arguments[0], arguments)

    def resize(self, columns, rows):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.output += os.read(self.master, 1 << 16)

    def wait(self, text):
        end = time.monotonic() + PATIENCE
        while True:
            found = self.output.find(text.encode(), self.seen)
            if found >= 0:
                self.seen = found + len(text.encode())
                return
            if time.monotonic() > end:
                rest = self.output[self.seen:].decode(errors="replace")
                raise Failure("waited for %r\n%s" % (text, rest))
            self.read(0.05)

    def end(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.read(0.02)
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.process = None
                while select.select([self.master], [], [], 0.05)[0]:
                    self.read(0)
                return os.waitstatus_to_exitcode(status)
        raise Failure("it has not ended")


    def hang_up(self):
        os.close(self.master)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.process = None
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        raise Failure("it has not ended with its terminal")

    def is_restored(self):
        try:
            return termios.tcgetattr(self.slave) == self.before
        except termios.error:
            return False


class Failure(Exception):
    pass


def run(terminal, steps):
    status = None
    for step in steps:
        [(name, value)] = step.items()
        if name == "wait":
            terminal.wait(value)
        elif name == "send":
            os.write(terminal.master, value.encode())
        elif name == "size":
            terminal.resize(*value)
        elif name == "signal":
            os.kill(terminal.process, value)
        elif name == "touch":
            with open(value, "w"):
                pass
        elif name == "hangup":
            status = terminal.hang_up()
        elif name == "end":
            status = terminal.end()
        else:
            raise Failure("unknown step " + name)
    return status


def main():
    terminal = Terminal(sys.argv[2:])
    try:
        status = run(terminal, json.loads(sys.argv[1]))
        print(json.dumps({
            "status": status, "output": terminal.output.decode(errors="replace"),
            "restored": terminal.is_restored(),
            "last": terminal.output[terminal.seen:].decode(errors="replace"),
        }))
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    finally:
        if terminal.process:
            os.kill(terminal.process, signal.SIGKILL)


main()
