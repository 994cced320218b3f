"""What answers where: an address becomes an action, a model and what was named in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from andamio.errors import MethodRefused, NoSuchAddress, text
from andamio.serving.routes import Place

_API = "/api/v1/"
_OF_A_MODEL = ("findings", "machines", "report")
# The actions of an address are those that a token allows; what a person does to an alarm is an operator's
# word about the plant, as feedback is.
_SIMPLE = {"/livez": "livez", "/readyz": "readyz", "/metrics": "metrics", "/api/v1/models": "models"}
ACTS = ("acknowledge", "shelve", "unshelve")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, understood.

    Attributes:
        what: "livez", "readyz", "metrics", "models", "findings", "machines", "report", "alarms", or one of
            ``ACTS``.
        model: The model that it is about, "" for none.
        named: The alarm that it is about, "" for none.
        query: What the query string says, the last of each name.
    """

    what: str
    model: str
    named: str
    query: dict[str, str]

    @property
    def place(self) -> Place:
        """What the gate of the tokens asks for."""
        actions = {"findings": "model", "machines": "model", "report": "model", "alarms": "models"}
        action = "feedback" if self.what in ACTS else actions.get(self.what, self.what)
        return Place(action, self.model)


def understand(path: str, method: str, query: bytes) -> Asked:
    """Say what a request asks for.

    Raises:
        NoSuchAddress: Nothing answers there.
        MethodRefused: It answers to another method.
    """
    told = {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}
    found = _find(path, told)
    allowed = "POST" if found.what in ACTS else "GET, HEAD"
    if method not in allowed.split(", "):
        raise MethodRefused(
            text("{path} takes {allowed}, not {method}", path=path, allowed=allowed, method=method),
            fix=text("use the method {allowed}", allowed=allowed),
            data={"allow": allowed},
        )
    return found


def _find(path: str, query: dict[str, str]) -> Asked:
    if path in _SIMPLE:
        return Asked(_SIMPLE[path], "", "", query)
    if path == "/api/v1/alarms":
        return Asked("alarms", query.get("model", ""), "", query)
    parts = path.removeprefix(_API).split("/") if path.startswith(_API) else []
    if len(parts) == 3 and parts[0] == "models" and parts[1] and parts[2] in _OF_A_MODEL:
        return Asked(parts[2], unquote(parts[1]), "", query)
    if len(parts) == 3 and parts[0] == "alarms" and parts[1] and parts[2] in ACTS:
        return Asked(parts[2], "", unquote(parts[1]), query)
    raise NoSuchAddress(
        text("there is nothing at {path}", path=path[:200]),
        fix=text("GET /api/v1/models lists the models; docs/monitoring/watch.md lists the addresses"),
    )
