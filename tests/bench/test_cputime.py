import os
import subprocess
import sys
import time

from bench.cputime import cpu_seconds

BURN = """
import sys, threading, time
def burn():
    while time.thread_time() < 0.05: pass
thread = threading.Thread(target=burn); thread.start(); thread.join()
print(time.process_time(), flush=True)
sys.stdin.read()
"""


def test_it_is_the_time_that_the_process_itself_sees() -> None:
    before = time.process_time()
    seen = cpu_seconds(os.getpid())
    assert before <= seen <= time.process_time()


def test_threads_of_another_process_count_after_their_end() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        told = float(process.stdout.readline())
        assert cpu_seconds(process.pid) >= told >= 0.05
