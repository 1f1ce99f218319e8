"""Guards the operators' routes: only who holds an operator token of the cell may use them, and
those for analysts the holder of the analysts' token as well.

A super-user's token does not open them. Auth issues it for what a person may do among other
people, and if it leaks nobody must be able to read the whole history with it.
"""

import re
from collections.abc import Mapping
from hmac import compare_digest
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, SecretStr, StringConstraints
from starlette.requests import Request

from contracts.errors import Unauthenticated
from contracts.values.ids import OPERATOR, SYSTEM
from runtime.auth.secret import Secret

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_STATED: Final = f"{OPERATOR}: "
"""Stands before a name that was only stated. No token can have a name like that."""


def _demand_own_name(name: str) -> str:
    if name in (OPERATOR, SYSTEM):
        raise ValueError(f"{name} is nobody's name")
    return name


OperatorName = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"),
    AfterValidator(_demand_own_name),
]
OperatorTokens = dict[OperatorName, Secret]
"""The tokens of operators by the name of the person who holds each."""
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


def reveal_tokens(tokens: OperatorTokens) -> dict[str, str]:
    """Return the tokens by name, as an OperatorGuard takes them."""
    return {name: token.get_secret_value() for name, token in tokens.items()}


def demand_distinct(tokens: Mapping[str, SecretStr | None], named: OperatorTokens) -> None:
    """Raises ValueError if two tokens are equal: nothing would tell which one a request has.
    `tokens` is by the names of variables. The message has those, and no value."""
    variables = dict(tokens)
    variables.update((f"PRACTIX_OPERATOR_TOKENS__{one.upper()}", named[one]) for one in named)
    seen: dict[str, str] = {}
    for variable, token in variables.items():
        if token is None:
            continue
        other = seen.setdefault(token.get_secret_value(), variable)
        if other != variable:
            raise ValueError(f"{other} and {variable} must differ")


class Signatory(NamedTuple):
    """Names the operator who answers for an act."""

    by: str
    """The name of the token's holder; `operator` if the token names nobody."""
    stated_by: str | None
    """The name that was stated beside a token that names nobody. Nothing proves it."""


def sign(operator: str | None, stated: str | None) -> str | None:
    """Return the signature to record of whom the token names, or else of who is stated; None if
    nobody is. The two kinds are never equal."""
    if operator is not None or stated is None:
        return operator
    return f"{_STATED}{stated}"


def read_signature(signature: str | None) -> Signatory:
    """Return who has signed. A recorded name that no token can have was stated as well."""
    if signature is None:
        return Signatory(OPERATOR, None)
    if _NAME.fullmatch(signature):
        return Signatory(signature, None)
    return Signatory(OPERATOR, signature.removeprefix(_STATED))


class OperatorGuard:
    """Checks operators' tokens. Operators' routes use it as a FastAPI dependency."""

    def __init__(self, *tokens: str, named: Mapping[str, str] = _NOBODY) -> None:
        """`tokens`: each of them opens the routes, and says not who holds it. One is the operator
        token; some routes have another one beside it. Those of `named` each name a person."""
        self._tokens = tokens
        self._named = named

    def or_holder_of(self, token: str | None) -> "OperatorGuard":
        """Return a guard that this other token opens as well, if there is one."""
        if token is None:
            return self
        return OperatorGuard(*self._tokens, token, named=self._named)

    async def __call__(self, request: Request) -> str | None:
        """As `require`."""
        return self.require(request)

    def require(self, request: Request) -> str | None:
        """Return the name of the operator, None if the token names nobody. Raises Unauthenticated
        unless the request carries a token that opens the routes."""
        for name, token in self._named.items():
            if presents(request, token):
                return name
        if not any(presents(request, token) for token in self._tokens):
            raise Unauthenticated
        return None

    def admits(self, request: Request) -> bool:
        """Return whether the request carries a token that opens the routes."""
        try:
            self.require(request)
        except Unauthenticated:
            return False
        return True


def presents(request: Request, secret: str) -> bool:
    """Return whether the request carries `secret` as its bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(token.encode(), secret.encode())
