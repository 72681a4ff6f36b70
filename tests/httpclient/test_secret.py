from pathlib import Path

import pytest
from pydantic import ValidationError

from netwatch.config import load
from netwatch.httpclient.secret import TextFile
from netwatch.model import Outcome, ProbeError
from netwatch.probes.http.probe import HttpOptions
from netwatch.validation import ConfigError

CONFIG = "checks: {{a: {{source: {{static: ['http://wiki']}}, probe: {{http: {{{}}}}}}}}}"


@pytest.mark.parametrize("value", ['"hun\\nter2"', "481516", "[hunter2]", '"hünter2"'])
def test_a_secret_that_is_none_is_not_repeated(value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(CONFIG.format(f"bearer_token: {value}"), "netwatch.yaml", {})
    assert "bearer_token: found" in str(error.value)
    assert not any(part in str(error.value) for part in ("hun", "ter2", "481516"))


def test_a_secret_is_not_shown_with_the_options() -> None:
    options = HttpOptions.model_validate(
        {"basic_auth": {"username": "me", "password": "hunter2"}, "body": "x"}
    )
    assert "hunter2" not in f"{options} {options!r} {options.model_dump_json()}"


def test_only_one_way_to_authorize_is_taken_and_the_error_names_no_secret() -> None:
    given = {"bearer_token": "hunter2", "headers": {"authorization": "hunter3"}}
    with pytest.raises(ValidationError, match="expected one of them") as error:
        HttpOptions.model_validate(given)
    [detail] = error.value.errors()
    assert "hunter" not in detail["msg"]


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(" one\n")
    file = TextFile(str(path))
    assert [file.header_value() for _ in range(5)] == ["one"] * 5
    path.write_text("other\n")
    assert file.header_value() == "other"
    assert file.text() == "other\n"


def test_a_file_that_is_not_there_is_our_own_trouble_until_it_is(tmp_path: Path) -> None:
    file = TextFile(str(tmp_path / "token"))
    with pytest.raises(ProbeError, match="No such file") as error:
        file.text()
    assert error.value.outcome is Outcome.LOCAL
    (tmp_path / "token").write_text("here")
    assert file.text() == "here"


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ProbeError, match="found nothing, expected a line"):
        TextFile(str(tmp_path / "token")).header_value()


def test_a_file_of_two_lines_is_no_header_and_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hunter2\r\nX-Injected: 1")
    with pytest.raises(ProbeError, match="found a line break") as error:
        TextFile(str(path)).header_value()
    assert error.value.outcome is Outcome.LOCAL
    assert "hunter2" not in str(error.value)
