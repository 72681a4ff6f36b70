import json
import subprocess
import sys

import pytest

SCRIPT = """
import logging, sys, warnings
from netwatch.logs import start_log
start_log(int(sys.argv[1]), form="logfmt", level=sys.argv[2])
logging.getLogger("netwatch.agent").debug("ours")
logging.getLogger("aiohttp").debug("theirs")
logging.getLogger("aiohttp").error("their error")
warnings.warn("a warning")
"""


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["debug msg=ours", 'error msg="their error"', "warning msg="]),
        ("warning", ['error msg="their error"', "warning msg="]),
        ("error", ['error msg="their error"']),
    ],
)
def test_all_loggers_write_in_one_form_and_libraries_do_not_chatter(
    level: str, said: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "1", level], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == len(said)
    for line, words in zip(lines, said, strict=True):
        kind, _, message = words.partition(" ")
        assert f"level={kind} " in line
        assert message in line


FLOOD = """
import asyncio, logging
from netwatch.logs import start_log
start_log(1, form="json", level="info")
async def main():
    for number in range(10_000):
        logging.getLogger("netwatch").info("number %d", number)
        await asyncio.sleep(0)
asyncio.run(main())
"""


def test_a_pipe_that_nobody_reads_does_not_stop_the_program() -> None:
    with subprocess.Popen([sys.executable, "-c", FLOOD], stdout=subprocess.PIPE) as process:
        assert process.wait(timeout=30) == 0
        assert process.stdout
        assert 0 < len(process.stdout.read().splitlines()) < 10_000


def test_at_its_end_a_program_gives_a_reader_a_moment_for_all_that_waits() -> None:
    done = subprocess.run([sys.executable, "-c", FLOOD], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 10_000


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_that_ends_the_program_is_a_record(form: str) -> None:
    script = f"from netwatch.logs import start_log\nstart_log(2, form='{form}', level='error')\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}raise OSError('no more')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    if form == "json":
        facts = json.loads(done.stderr)
        assert (facts["level"], facts["msg"]) == ("error", "ended by an error")
        assert facts["error"].endswith("OSError: no more")
    else:
        assert " ERROR ended by an error\nTraceback (most recent" in done.stderr
        assert done.stderr.endswith("OSError: no more\n")


def test_a_log_that_was_closed_at_the_start_is_written_to_nobody() -> None:
    script = "from netwatch.logs import start_log\nimport logging\n"
    script += "start_log(None, form='text', level='info')\nlogging.getLogger().error('lost')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
