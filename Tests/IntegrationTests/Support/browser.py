"""Drives a browser over the DevTools protocol, through pipes, with nothing but Python.

Usage: browser.py BROWSER PROFILE STEPS
STEPS is a JSON list of steps, each an object of one key:
  {"goto": URL}          {"wait": JS}: until the expression is true, at most a minute
  {"eval": JS}           its value (awaited) goes into the output
  {"do": JS}             the same without output
  {"key": "Enter"}       presses a key     {"text": "..."}: types into what has the focus
  {"size": [width, height, scale, isPhone]}, or {"size": "1280 900"}
  {"media": {"prefers-color-scheme": "dark"}}
  {"languages": "ja"}    {"touch": PATH}: makes a file, for who waits for it
  {"errors": ""}: the errors so far go into the output, as JSON
  {"shot": PATH}         {"whole": PATH}: a picture of what is seen, or of the whole page
Output: {"values": [...], "errors": [...]}; errors are what the page wrote to the console as errors
or warnings, and exceptions that nobody caught. Exit status 1 with a text when a step fails.
"""
import base64
import json
import os
import subprocess
import sys
import time

PATIENCE = 60


class Browser:
    def __init__(self, program, profile):
        read, self.write_end = os.pipe()
        self.read_end, write = os.pipe()
        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + profile,
            "about:blank",
        ]

        def place():
            # The browser reads from descriptor 3 and writes to 4.
            os.dup2(read, 100)
            os.dup2(write, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self.process = subprocess.Popen(
            arguments, close_fds=False, preexec_fn=place, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        self.rest = b""
        self.number = 0
        self.session = None
        self.errors = []
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        self.session = self.ask(
            "Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failure("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.note(answer)

    def next(self):
        while b"\0" not in self.rest:
            piece = os.read(self.read_end, 1 << 16)
            if not piece:
                raise Failure("the browser has ended")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            text = details.get("exception", {}).get("description") or details["text"]
            self.errors.append("exception: " + text)
        elif event.get("method") == "Runtime.consoleAPICalled":
            if parameters["type"] in ("error", "warning", "assert"):
                self.errors.append("console: %s" % [
                    one.get("value", one.get("description")) for one in parameters["args"]])
        elif event.get("method") == "Log.entryAdded":
            entry = parameters["entry"]
            if entry["level"] in ("error", "warning"):
                self.errors.append("log: %s %s" % (entry["text"], entry.get("url", "")))

    def evaluate(self, expression):
        result = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
            userGesture=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failure("%s: %s" % (
                expression, details.get("exception", {}).get("description", details["text"])))
        return result["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if self.evaluate("Boolean(%s)" % expression):
                    return
            except Failure:
                # A page that is being loaded has nothing yet.
                pass
            time.sleep(0.05)
        text = self.evaluate("document.body.innerText")
        raise Failure("waited for %s\n%s\n%s" % (expression, text, self.errors))

    def key(self, name):
        code = {"Backspace": 8, "Enter": 13, "Escape": 27, "Tab": 9, "ArrowLeft": 37,
                "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[name]
        text = {"text": "\r"} if name == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                     windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {}))

    def picture(self, path, is_whole):
        if is_whole:
            height = self.evaluate("document.documentElement.scrollHeight")
            self.resize(self.size[0], max(height, self.size[1]), *self.size[2:])
            time.sleep(0.4)
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        if is_whole:
            self.resize(*self.size)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def resize(self, width, height, scale=1, is_phone=False):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=scale, mobile=is_phone)

    def end(self):
        self.process.kill()
        self.process.wait()


class Failure(Exception):
    pass


def run(browser, steps):
    values = []
    for step in steps:
        [(name, value)] = step.items()
        if name == "goto":
            browser.ask("Page.navigate", url=value)
        elif name == "wait":
            browser.wait(value)
        elif name == "eval":
            values.append(browser.evaluate(value))
        elif name == "do":
            browser.evaluate(value)
        elif name == "key":
            browser.key(value)
        elif name == "text":
            browser.ask("Input.insertText", text=value)
        elif name == "size":
            if isinstance(value, str):
                value = [int(one) for one in value.split()]
            browser.size = value
            browser.resize(*value)
        elif name == "media":
            browser.ask("Emulation.setEmulatedMedia", features=[
                {"name": key, "value": one} for key, one in value.items()])
        elif name == "languages":
            browser.ask("Emulation.setLocaleOverride", locale=value)
            agent = browser.evaluate("navigator.userAgent")
            browser.ask("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=value)
        elif name == "errors":
            values.append(json.dumps(browser.errors))
        elif name == "touch":
            with open(value, "w"):
                pass
        elif name in ("shot", "whole"):
            browser.picture(value, name == "whole")
        else:
            raise Failure("unknown step " + name)
    # What was said since the last answer.
    browser.evaluate("1")
    return values


def main():
    program, profile, steps = sys.argv[1:4]
    browser = Browser(program, profile)
    try:
        values = run(browser, json.loads(steps))
        print(json.dumps({"values": values, "errors": browser.errors}))
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    finally:
        browser.end()


main()
