"""measure.py REPORT LOG COMMAND ARGUMENT...: runs the command, its output into LOG, and writes what it cost as JSON.

Node does not tell what a child used; wait4(2) does, of the child and of all that it waited for. Linux.
"""

import json
import os
import sys
import time

report, log, *command = sys.argv[1:]
out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
started = time.monotonic()
pid = os.posix_spawnp(
    command[0],
    command,
    os.environ,
    file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)],
)
# Ended, but not yet gone from /proc.
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
wall = time.monotonic() - started
try:
    with open(f"/proc/{pid}/io") as io:
        read = int(io.readline().split()[1])
except PermissionError:
    # Of a process that has ended, some kernels tell root alone.
    read = None
_, status, usage = os.wait4(pid, 0)
with open(report, "w") as file:
    json.dump(
        {
            "status": os.waitstatus_to_exitcode(status),
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "rss": usage.ru_maxrss * 1024,
            "read": read,
        },
        file,
    )
