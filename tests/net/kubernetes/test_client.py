import subprocess
import sys

import pytest

from netwatch.net.kubernetes.client import import_client, is_installed

MODELS = """
import sys
from netwatch.net.kubernetes.client import import_client
client = import_client()
client.ApiClient, client.Configuration
import kubernetes_asyncio.config
print(sum(name.startswith("kubernetes_asyncio.client.models.") for name in sys.modules))
"""
WHOLE = """
import kubernetes_asyncio.client
from netwatch.net.kubernetes.client import import_client
print(import_client().V1Node.__name__)
"""
NOTHING = """
import sys
sys.modules["kubernetes_asyncio"] = None
from netwatch.net.kubernetes.client import import_client, is_installed
print(is_installed())
"""
EARLY = """
import sys, netwatch.cli.main
print("kubernetes_asyncio" in sys.modules or "msgspec" in sys.modules)
"""


def said(script: str) -> str:
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_client_comes_without_its_models() -> None:
    assert said(MODELS) == "0"


def test_where_all_of_the_library_is_imported_already_that_is_used() -> None:
    assert said(WHOLE) == "V1Node"


def test_nothing_is_imported_before_it_is_needed() -> None:
    assert said(EARLY) == "False"


def test_whether_the_libraries_are_there_can_be_told() -> None:
    assert is_installed()
    assert said(NOTHING) == "False"


def test_what_was_left_out_says_so() -> None:
    with pytest.raises(AttributeError, match="expected one of ApiClient, Configuration"):
        _ = import_client().CoreV1Api
