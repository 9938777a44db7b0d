"""How much of the machine others had meanwhile: what a timing is worth.

Load averages say little here: they still hold the run before. The system's own count of busy time (stolen time of a
virtual machine included), less that of this process and of its children that have ended, is exact.
"""

import os
import time


def _busy_seconds(line):
    """Of the first line of /proc/stat: user nice system idle iowait irq softirq steal ..."""
    user, nice, system, _, _, irq, softirq, steal = (int(word) for word in line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def cores_of_others(start, end):
    """Of two readings (wall clock, the system's busy seconds, our own seconds)."""
    wall, busy, own = (after - before for before, after in zip(start, end))
    return max(0.0, (busy - own) / wall)


def reading():
    own = os.times()
    with open("/proc/stat", encoding="ascii") as file:
        busy = _busy_seconds(file.readline())
    return time.perf_counter(), busy, own.user + own.system + own.children_user + own.children_system
