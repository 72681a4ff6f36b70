"""Who is new in the cluster, and who leaves it on purpose."""

from datetime import datetime

from netwatch.net.kubernetes.objects import Metadata, Node

LEAVING_TAINTS = frozenset(
    {
        "ToBeDeletedByClusterAutoscaler",
        "karpenter.sh/disrupted",
        "karpenter.sh/disruption",  # before Karpenter 1.0
    }
)
"""Set when the decision was taken. `DeletionCandidateOfClusterAutoscaler` is none of them: nodes
have it for as long as they have little to do, and most of them stay."""


def is_leaving(node: Node, *, silence_cordoned: bool) -> bool:
    """Whether somebody takes the node away on purpose. NotReady is no purpose."""
    taints = {taint.key for taint in node.spec.taints or ()}
    is_silenced = silence_cordoned and node.spec.unschedulable
    return is_deleted(node.metadata) or not taints.isdisjoint(LEAVING_TAINTS) or is_silenced


def is_deleted(metadata: Metadata) -> bool:
    """Whether the object is being taken away, and only waits for its end."""
    return metadata.deletion_timestamp is not None


def young_until(created: datetime | None, grace_seconds: float, now: float) -> float | None:
    """Return when an object is no more too young to be called down; None if it is not."""
    return None if created is None else grace_until(created.timestamp(), grace_seconds, now)


def grace_until(born: float, grace_seconds: float, now: float) -> float | None:
    """Return when the grace of what was born then is over; None if it is.

    Both are seconds since the epoch. What was born far in the future is so by a wrong clock.
    """
    return born + grace_seconds if born - grace_seconds < now < born + grace_seconds else None
