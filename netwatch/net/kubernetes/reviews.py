"""Asks the API server who somebody is, and what he may do: as kubelets and kube-rbac-proxy do.

TokenReview is of authentication.k8s.io/v1, SubjectAccessReview of authorization.k8s.io/v1.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from netwatch.net.kubernetes.access import Api, JsonObject
from netwatch.net.kubernetes.client import import_client
from netwatch.net.kubernetes.errors import MalformedAnswerError

SILENT_SECONDS = 10.0
TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"  # noqa: S105 - a path
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class User(BaseModel, frozen=True):
    """Whom the API server knows; it is told the same of him when asked what he may do."""

    username: str = ""
    uid: str = ""
    groups: list[str] | None = None
    extra: dict[str, list[str]] | None = None


class _TokenStatus(BaseModel):
    authenticated: bool = False
    user: User = User()
    audiences: list[str] | None = None


class _TokenReview(BaseModel):
    status: _TokenStatus


class _AccessStatus(BaseModel):
    allowed: bool
    denied: bool = False


class _AccessReview(BaseModel):
    status: _AccessStatus


_ReviewT = TypeVar("_ReviewT", bound=BaseModel)


class Reviews:
    """Nothing is remembered here, and no token is in any error."""

    def __init__(self, api: Api) -> None:
        import_client()  # now: that takes 50 ms, which would hold up what is measured later
        self._api = api

    async def user_of(self, token: str, audiences: Sequence[str] = ()) -> User | None:
        """Return whose token it is; None if nobody's, or if it is for none of the audiences.

        Without audiences it has to be one for the API server. Raises ApiError.
        """
        spec = {"token": token} | ({"audiences": list(audiences)} if audiences else {})
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        status = (await self._review(_TokenReview, TOKEN_REVIEWS, kind | {"spec": spec})).status
        # A server that knows of no audiences does not look at them, and says none.
        is_for_us = not audiences or not set(audiences).isdisjoint(status.audiences or ())
        return status.user if status.authenticated and status.user.username and is_for_us else None

    async def may(self, user: User, verb: str, path: str) -> bool:
        """Tell whether the user may do this with a path that is no resource; raises ApiError."""
        asked = {"nonResourceAttributes": {"verb": verb, "path": path}}
        who = user.model_dump(exclude_none=True)
        spec = asked | {"user" if key == "username" else key: value for key, value in who.items()}
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        status = (await self._review(_AccessReview, ACCESS_REVIEWS, kind | {"spec": spec})).status
        return status.allowed and not status.denied

    async def _review(self, model: type[_ReviewT], path: str, document: JsonObject) -> _ReviewT:
        answer: Any = await self._api.post(path, document, silent_seconds=SILENT_SECONDS)
        try:
            return model.model_validate_json(answer, strict=True)
        except ValidationError:  # which would repeat the answer, and the token stands in that
            found = f"found something else, expected a {document['kind']} with its status"
            raise MalformedAnswerError(found) from None
