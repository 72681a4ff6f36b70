import re

from netwatch.compat.blackbox.report import FAMILIES, INFOS, Infos, Report


def test_numbers_are_written_by_their_families() -> None:
    report = Report({"probe_success": True, "probe_http_duration_seconds": {"tls": 0.5}})
    lines = [line for line in report.text().decode().splitlines() if line[0] != "#"]
    assert lines == ["probe_success 1", 'probe_http_duration_seconds{phase="tls"} 0.5']


def test_what_is_said_in_labels_has_the_value_1() -> None:
    report = Report(infos=[("probe_expect_info", {"version": 'a"b', "os": "x"})])
    assert report.text().decode().endswith('probe_expect_info{version="a\\"b",os="x"} 1\n')


def test_the_same_is_said_once_and_different_things_beside_each_other() -> None:
    said: Infos = [("probe_expect_info", {"a": number}) for number in "112"]
    text = Report(infos=said).text().decode()
    assert re.findall(r'a="(.)"', text) == ["1", "2"]


def test_a_report_that_is_added_wins() -> None:
    first = Report({"probe_success": 0, "probe_ip_protocol": 4}, [("probe_expect_info", {})])
    both = first | Report({"probe_success": 1}, [("probe_expect_info", {"a": "b"})])
    assert both.values == {"probe_success": 1, "probe_ip_protocol": 4}
    assert both.infos == [("probe_expect_info", {}), ("probe_expect_info", {"a": "b"})]
    assert first.values["probe_success"] == 0


def test_every_family_is_named_as_the_original_names_it_and_says_what_it_is() -> None:
    for family in (*FAMILIES, *INFOS.values()):
        assert family.name.startswith("probe_")
        assert family.help.endswith(".")
