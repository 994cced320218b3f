"""Where the scoring process may be reached: without access tokens this box only, under its own names.

Binding to the loopback address keeps other machines out. The Host check keeps out web pages that
resolve a name of theirs to 127.0.0.1 (DNS rebinding); the JSON content type that every POST must
carry keeps out plain cross-site forms, which cannot send it.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket

from andamio.errors import AddressRefused, HostRefused, PortTaken, Unequipped, text

_HOST = re.compile(rb"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_BACKLOG = 512  # what waits here unread when it is too much; after a flood most of it is dead


def listen(host: str, port: int, *, anywhere: bool = False) -> socket.socket:
    """Open the listening socket; port 0 takes any free one.

    Args:
        host: A loopback address, or with ``anywhere`` any address of this box.
        port: The port.
        anywhere: Whether other machines may come.

    Raises:
        AddressRefused: The address is not this box's own.
        PortTaken: Another process listens there.
        Unequipped: The system refuses the address (no IPv6, a port below 1024).
    """
    address = _any_address(host) if anywhere else loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _refused_by_system(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortTaken(
                text("port {port} is taken", port=str(port)),
                where=text("{host}:{port}", host=address, port=str(port)),
                why=text("another process listens there already, perhaps another andamio serve"),
                fix=text(
                    "stop that process, or choose another port: andamio serve --port {port}",
                    port=str(port + 1),
                ),
            ) from error
        raise _refused_by_system(host, port, error) from error
    listener.setblocking(False)
    return listener


def loopback(host: str) -> str:
    """Return the loopback address that a host names.

    Raises:
        AddressRefused: It names anything else.
    """
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise AddressRefused(
            text("the scoring process does not listen on {host}", host=host),
            why=text(
                "whoever reaches that address could ask and teach the models; access tokens must come first"
            ),
            fix=text(
                "make a token first: andamio token create NAME; or use 127.0.0.1, and from another machine: "
                "ssh -L 8081:127.0.0.1:8081 THIS-BOX"
            ),
        )
    return str(address)


def is_loopback(listener: socket.socket) -> bool:
    """Tell whether only this box reaches a listening socket."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def answer_for_any_host(value: bytes) -> None:
    """Take any Host header: where tokens open the doors, a page that rebinds a name has none to show."""


def _any_address(host: str) -> str:
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError as error:
        raise AddressRefused(
            text("{host} is not an address to listen on", host=host),
            fix=text("write the address of this box in figures; 0.0.0.0 is all of them"),
        ) from error


def check_host(value: bytes) -> None:
    """Refuse a Host header that is not a name of this box.

    Raises:
        HostRefused: The header is absent (empty here) or names another host.
    """
    if _HOST.fullmatch(value) is None:
        raise HostRefused(
            text(
                "this process does not answer for the host {host}",
                host=value.decode("latin-1")[:200] or "(none)",
            ),
            why=text("a web page could reach it under a name of its own (DNS rebinding)"),
            fix=text("ask by localhost, 127.0.0.1 or [::1]"),
        )


def _refused_by_system(host: str, port: int, error: Exception) -> Unequipped:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Unequipped(
        text("the system does not let this process listen: {reason}", reason=reason),
        where=text("{host}:{port}", host=host, port=str(port)),
        fix=text("choose another address or port, from 1024 to 65535"),
    )
