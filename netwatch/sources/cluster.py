"""What the options of all sources share that ask the Kubernetes API."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from netwatch.net.kubernetes.client import is_installed
from netwatch.options import Options

Family = Literal["any", "ipv4", "ipv6", "both"]
Protocol = Literal["TCP", "UDP", "SCTP"]
Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]


class ClusterOptions(Options):
    """Needs the extra `kubernetes`."""

    @model_validator(mode="after")
    def _needs_its_libraries(self) -> Self:
        if not is_installed():
            expected = 'expected them: pip install "netwatch-agent[kubernetes]"'
            raise ValueError(f"found no libraries for Kubernetes, {expected}")
        return self
