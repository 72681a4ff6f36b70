from netwatch.probes.kube_proxy.families import FAMILIES


def test_each_family_has_its_own_key() -> None:
    assert len({family.key for family in FAMILIES}) == len(FAMILIES)
