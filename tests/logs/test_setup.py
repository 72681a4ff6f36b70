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
