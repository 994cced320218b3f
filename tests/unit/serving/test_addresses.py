"""The scoring process listens on this box only."""

from __future__ import annotations

import pytest

from andamio.errors import AddressRefused, PortTaken, Unequipped
from andamio.serving.addresses import listen, loopback


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1")],
)
def test_a_loopback_name_is_taken(host: str, address: str) -> None:
    assert loopback(host) == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "plant.example", "", "10.0.0.1"])
def test_any_other_address_is_refused_because_tokens_come_first(host: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        listen(host, 0)
    assert "tokens" in str(refused.value.why)


def test_a_taken_port_is_said_with_another_one_to_try() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            listen("127.0.0.1", port)
    assert f"--port {port + 1}" in str(refused.value.fix)


def test_a_port_that_cannot_be_is_refused_kindly() -> None:
    with pytest.raises(Unequipped):
        listen("127.0.0.1", 70_000)
