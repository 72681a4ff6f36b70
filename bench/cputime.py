"""How much CPU another process used: exact, where /proc/PID/stat counts in ticks of 10 ms."""

import time

_CPUCLOCK_SCHED = 2  # linux/posix-timers_types.h


def cpu_seconds(pid: int) -> float:
    """Return user and system time of all threads of a process, also of those that have ended.

    It is the clock of clock_getcpuclockid(3), which Python has only for threads of its own.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
