"""Records of a rig to test with."""

from tests.rig.records import Fate, Record


def a_record(destination: str, out_seconds: float, hold_seconds: float) -> Record:
    out_ns, hold_ns = round(out_seconds * 1e9), round(hold_seconds * 1e9)
    return Record(
        destination=destination,
        payload=b"",
        out_ns=out_ns,
        in_ns=out_ns + hold_ns,
        hold_ns=hold_ns,
        fate=Fate(0),
        pending=0,
        answers=1,
        line=0,
        identifier=1,
        sequence=1,
        size_bytes=84,
        family=4,
        hop_limit=64,
    )
