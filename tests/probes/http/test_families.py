from netwatch.probes.http.families import FAMILIES


def test_all_are_of_http_and_none_has_a_label_that_a_server_fills() -> None:
    assert all(family.name.startswith("netwatch_http_") for family in FAMILIES)
    assert all(family.key.startswith("http_") for family in FAMILIES)
    assert {family.label for family in FAMILIES} == {"", "version", "expectation"}
