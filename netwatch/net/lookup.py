"""Which address of an endpoint an attempt uses, asked anew each time."""

from collections.abc import Awaitable, Callable

from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.wire.hostname import parse_address


async def address_now(endpoint: Endpoint, resolve: Callable[[str], Awaitable[Answer]]) -> str:
    """Return the IP address at which the endpoint's host is to be found at this moment.

    That is the endpoint's own as long as its name still has it, else the first of its family, else
    the first of any unless its family is fixed. Raises ProbeError (RESOLVE) where there is none.
    """
    if parse_address(endpoint.host):
        return endpoint.address or endpoint.host
    try:
        answer = await resolve(endpoint.host)
    except (NameUnknown, ResolverFailed) as error:
        raise ProbeError(Outcome.RESOLVE, str(error)) from error
    by_family = {4: answer.ipv4 or (), 6: answer.ipv6 or ()}
    addresses = by_family.get(endpoint.family, ())
    if not endpoint.is_family_fixed:
        addresses += by_family[4] + by_family[6]
    if not addresses:
        said = answer.problem or f"{endpoint.host}: no address of IPv{endpoint.family}"
        raise ProbeError(Outcome.RESOLVE, said)
    return endpoint.address if endpoint.address in addresses else addresses[0]
