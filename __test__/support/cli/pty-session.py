"""Runs a command in a pseudo-terminal and plays a person: waits for a text, then types another.

Reads {"command": [...], "steps": [["wait for", "type"], ...], "limitSeconds": n} from standard input, and prints
{"output": ..., "code": ..., "missed": text or null} once the command has ended. A code below 0 is a signal's.
"""

import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl

spec = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execvpe(spec["command"][0], spec["command"], {**os.environ, "TERM": "xterm"})
ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

output = b""
read_to = 0  # What a step waited for does not count for the next one.
steps = list(spec["steps"])
deadline = time.monotonic() + spec["limitSeconds"]
while time.monotonic() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if ready:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed.
            break
        if not chunk:
            break
        output += chunk
    while steps:
        at = output.find(steps[0][0].encode(), read_to)
        if at < 0:
            break
        read_to = at + len(steps[0][0].encode())
        os.write(terminal, steps.pop(0)[1].encode())
else:
    os.kill(pid, signal.SIGKILL)

_, status = os.waitpid(pid, 0)
print(json.dumps({"output": output.decode(errors="replace"), "code": os.waitstatus_to_exitcode(status), "missed": steps[0][0] if steps else None}))
