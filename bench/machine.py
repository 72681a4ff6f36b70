"""What the figures were made on, since they mean little elsewhere."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from bench.contenders import versions


def described() -> str:
    """Return machine, versions and date in one paragraph."""
    cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {cores} cores ({_model()}), Linux {platform.release()}, "
        f"Python {platform.python_version()}; {versions()}."
    )


def _model() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()
