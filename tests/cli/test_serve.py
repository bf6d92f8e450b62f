"""ergon serve as its users meet it: test_serve.py ERGON. Asked by hand, by ergon itself, stopped by signals."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ERGON = sys.argv.pop()
MODEL = "ergon-dense-direct"
QUESTION = {"messages": [{"role": "user", "content": "What is 3+4?"}], "max_tokens": 12}


def left():
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return {"stdout": writer, "stderr": writer}


def full():
    disk = os.open("/dev/full", os.O_WRONLY)
    return {"stdout": disk, "stderr": disk}


def closed():
    return {"preexec_fn": lambda: (os.close(1), os.close(2))}


SINKS = {"closed": closed, "full": full, "left": left}


class Served:
    """A server that runs, on a port of its own choice."""

    def __init__(self, *options, model=(MODEL,)):
        self.process = subprocess.Popen([ERGON, "serve", *model, "--port", "0", "--threads", "1", *options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = ""
        while "Listening on " not in self.said:
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError(f"it ended: {self.said}")
            self.said += line
        self.url = re.search(r"Listening on (http://\S+)", self.said)[1]
        self.rest = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.rest.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.rest.join()
        self.process.stderr.close()

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


class Serve(unittest.TestCase):
    def test_without_a_model_the_thinker_that_ships_answers(self):
        with Served(model=()) as served:
            self.assertRegex(served.said, r"ergon-moe-think: weights .*, 4 contexts of \d+ tokens .*MB")
            status, answer = served.ask("/v1/chat/completions", QUESTION)
            self.assertEqual(status, 200)
            self.assertGreater(answer["usage"]["energy"]["joules"]["value"], 0)
            self.assertEqual(served.ask("/v1/models")[1]["data"][0]["id"], "ergon-moe-think")

    def test_the_answer_is_that_of_run(self):
        alone = subprocess.run([ERGON, "run", MODEL, QUESTION["messages"][0]["content"], "--max-tokens", "12"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        with Served() as served:
            for _ in range(3):  # the second and third find the prompt in a cache
                answer = served.ask("/v1/chat/completions", QUESTION)[1]
                self.assertEqual(answer["choices"][0]["message"]["content"].strip(), alone.strip())
            self.assertGreater(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 0)

    def test_ergon_asks_ergon(self):
        with Served() as served, tempfile.TemporaryDirectory() as folder:
            found = Path(folder) / "found.json"
            outcome = subprocess.run([ERGON, "eval", served.url, "--prompts", "puzzles", "--limit", "4", "--idle-seconds", "0",
                                      "--sessions", "1", "--max-tokens", "16", "--results", str(Path(folder) / "r.sqlite"),
                                      "--json-out", str(found)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     timeout=100)
            self.assertEqual(outcome.returncode, 0, outcome.stderr)
            contender = json.loads(found.read_text())["contenders"][0]
            self.assertEqual((contender["answers"], contender["failed"]), (4, 0))

    def test_the_first_signal_lets_answers_end_and_the_second_ends_them(self):
        for signals, codes in ((1, {200}), (2, {200, None})):
            with self.subTest(signals=signals), Served() as served:
                ended = []

                def ask():
                    try:
                        ended.append(served.ask("/v1/chat/completions", {**QUESTION, "max_tokens": 200})[0])
                    except (OSError, ValueError):
                        ended.append(None)  # its connection was closed

                asking = threading.Thread(target=ask)
                asking.start()
                time.sleep(0.05)
                for _ in range(signals):
                    served.process.send_signal(signal.SIGTERM)
                    time.sleep(0.05)
                asking.join(30)
                self.assertIn(ended[0], codes | {None} if signals == 2 else codes)
                self.assertEqual(served.process.wait(30), 0)

    def test_whatever_becomes_of_its_outputs_it_serves(self):
        for sink in ("closed", "full", "left"):
            with self.subTest(sink=sink), socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
                free.close()
                process = subprocess.Popen([ERGON, "serve", MODEL, "--threads", "1", "--port", str(port)],
                                           **SINKS[sink]())
                self.addCleanup(process.kill)
                for _ in range(200):
                    try:
                        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
                            self.assertEqual(json.loads(reply.read())["status"], "ok")
                        break
                    except OSError:
                        time.sleep(0.05)
                else:
                    self.fail("it does not serve")
                process.terminate()
                self.assertEqual(process.wait(30), 0)

    def test_what_cannot_be_served_is_a_sentence(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            for options, code, sentence in (
                    ([MODEL, "--port", str(taken.getsockname()[1])], 1, "choose another with --port"),
                    ([MODEL, "--host", "0.0.0.0"], 2, "is not a loopback address"),
                    ([MODEL, "--port", "70000"], 2, "--port"),
                    ([MODEL, "--parallel", "0"], 2, "--parallel"),
                    ([MODEL, "--context", "1000000"], 2, "supports at most"),
                    (["no-such-model"], 1, "no-such-model")):
                with self.subTest(options=options):
                    outcome = subprocess.run([ERGON, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                             text=True, timeout=30)
                    self.assertEqual(outcome.returncode, code, outcome.stderr)
                    self.assertIn(sentence, outcome.stderr)


if __name__ == "__main__":
    unittest.main()
