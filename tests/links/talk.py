"""What a link takes, told by two processes of the standard library alone: how long there and back, and how many bytes a second.

python talk.py answer              prints a line once it listens
python talk.py ask HOST BYTES      prints the least seconds there and back, and the bytes a second in the second half of so many
"""

from __future__ import annotations

import socket
import struct
import sys
import time

PORT = 29400
TIMES = 9
CHUNK_BYTES = 1 << 20


def answer() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as echo, socket.create_server(("", PORT)) as server:
        echo.bind(("", PORT))
        print("listens", flush=True)
        for _ in range(TIMES):
            said, who = echo.recvfrom(CHUNK_BYTES)
            echo.sendto(said, who)
        line, _ = server.accept()
        expected, came, half = *struct.unpack("!q", line.recv(8, socket.MSG_WAITALL)), 0, (0, 0.0)
        while came < expected:
            came += len(line.recv(CHUNK_BYTES))
            if not half[0] and came >= expected // 2:
                half = (came, time.perf_counter())
        line.sendall(struct.pack("!d", (came - half[0]) / (time.perf_counter() - half[1])))


def ask(host: str, size: int) -> None:
    seconds = []
    with socket.socket(type=socket.SOCK_DGRAM) as echo:
        echo.connect((host, PORT))
        for _ in range(TIMES):
            start = time.perf_counter()
            echo.send(b"?")
            echo.recv(1)
            seconds.append(time.perf_counter() - start)
    with socket.create_connection((host, PORT)) as line:
        line.sendall(struct.pack("!q", size) + bytes(size))
        (rate,) = struct.unpack("!d", line.recv(8, socket.MSG_WAITALL))
    print(min(seconds), rate)


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        ask(sys.argv[2], int(sys.argv[3]))
    else:
        answer()
