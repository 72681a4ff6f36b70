"""What our configuration says of blackbox compatibility."""

from typing import Annotated

from pydantic import AfterValidator, Field

from netwatch.compat.blackbox.allowlist import AllowList, comparable
from netwatch.options import Duration, Network, Options


class BlackboxOptions(Options):
    """Whether and what `/probe` probes, as blackbox_exporter does."""

    config: Annotated[str, Field(min_length=1)]
    """A configuration file of blackbox_exporter; it is read again when the agent reloads."""
    allow: Annotated[list[Annotated[Network, AfterValidator(comparable)]], Field(min_length=1)]
    """Addresses and networks that may be connected to. Loopback, link-local, multicast and the
    like only count where they are listed by themselves: 0.0.0.0/0 does not mean them."""
    timeout_offset: Annotated[Duration, Field(le=60)] = 0.5
    """What is taken off the scraper's timeout, so that the answer is there in time; at most half
    of it."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Probes under way at once; to more of them the answer is 503."""

    @property
    def allowed(self) -> AllowList:
        """The same networks, to be asked."""
        return AllowList(tuple(self.allow))
