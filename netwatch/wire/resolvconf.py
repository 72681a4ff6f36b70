"""What resolv.conf(5) says: which name servers to ask, for which names, and how patiently."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from netwatch.wire.hostname import parse_address

MAX_NAMESERVERS = 3  # glibc's MAXNS
# The lowest and the highest value of each option, as glibc caps them (resolv.conf(5)); a timeout
# below one second is one second there, and no attempts at all would be no resolver.
LIMITS = {"ndots": (0, 15), "timeout": (1, 30), "attempts": (1, 5)}

_NUMBER_OPTION = re.compile(r"(ndots|timeout|attempts):([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvConf:
    """A read resolv.conf; the defaults are those of the man page.

    An empty `search` stays empty: the domain of the own host name, which glibc takes then, is
    no part of the file.
    """

    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout_seconds: int = 5
    attempts: int = 2
    rotate: bool = False

    def candidates(self, name: str) -> tuple[str, ...]:
        """The full names to ask for, in the order of glibc's res_search.

        A name with a trailing dot stands for itself; one with `ndots` dots or more is asked for
        as it is first, any other after the search domains.
        """
        if name.endswith("."):
            return (name,)
        searched = [f"{name}.{domain}".rstrip(".") for domain in self.search]
        first = name.count(".") >= self.ndots
        return tuple(dict.fromkeys([name, *searched] if first else [*searched, name]))


def parse_resolv_conf(text: str) -> ResolvConf:
    """Read a resolv.conf; lines and options that glibc would ignore are ignored here too."""
    conf = ResolvConf()
    for line in text.split("\n"):
        # A keyword starts its line; what is indented, or commented out by ; or #, is none.
        if line[:1].isalpha():
            keyword, *values = line.split()
            conf = _with_line(conf, keyword, values)
    return conf


def _with_line(conf: ResolvConf, keyword: str, values: list[str]) -> ResolvConf:
    match keyword, values:
        case "nameserver", [server, *_] if parse_address(server):
            return replace(conf, nameservers=(*conf.nameservers, server)[:MAX_NAMESERVERS])
        case "search", domains if domains:
            return replace(conf, search=tuple(domains))
        case "domain", [domain, *_]:
            return replace(conf, search=(domain,))
        case "options", options:
            return _with_options(conf, options)
        case _:
            return conf


def _with_options(conf: ResolvConf, options: Iterable[str]) -> ResolvConf:
    numbers = {
        "ndots": conf.ndots,
        "timeout": conf.timeout_seconds,
        "attempts": conf.attempts,
    }
    rotate = conf.rotate
    for option in options:
        rotate = rotate or option == "rotate"
        if number := _NUMBER_OPTION.fullmatch(option):
            low, high = LIMITS[number[1]]
            numbers[number[1]] = min(max(int(number[2]), low), high)
    return replace(
        conf,
        ndots=numbers["ndots"],
        timeout_seconds=numbers["timeout"],
        attempts=numbers["attempts"],
        rotate=rotate,
    )
