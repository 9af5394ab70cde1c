"""Logins whose passwords cost a quarter of a second each, many at a time, without end."""

import base64
import contextlib
import itertools
import selectors
import socket
import threading

# bcrypt, cost 12; nobody in here knows the password
PASSWORDS = "slow:$2y$12$cB8ptXGPhEI9wuYV86067ebEn4BFlIYrT5kTS7TiwTMo5mTl1RbkK\n"
AT_ONCE = 40


class Logins:
    """From now until close(); `answered` counts. One thread, asleep nearly always."""

    def __init__(self, port, path):
        self.answered = 0
        self._port, self._path = port, path
        self._numbers = itertools.count()
        self._ends = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self):
        self._ends = True
        self._thread.join()

    def _run(self):
        with selectors.DefaultSelector() as selector, contextlib.ExitStack() as sockets:
            for _ in range(AT_ONCE):
                client = sockets.enter_context(socket.create_connection(("127.0.0.1", self._port)))
                selector.register(client, selectors.EVENT_READ)
                self._ask(client)
            while not self._ends:
                for key, _ in selector.select(0.1):
                    self._take_answer(key.fileobj)
                    self._ask(key.fileobj)

    def _ask(self, client):
        word = base64.b64encode(f"slow:wrong {next(self._numbers)}".encode()).decode()
        client.sendall(f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic {word}\r\n\r\n".encode())

    def _take_answer(self, client):
        answer = client.recv(65536)
        if not answer.startswith(b"HTTP/1.1 401 "):
            raise AssertionError(f"a login was answered {answer[:200]}")
        self.answered += 1
