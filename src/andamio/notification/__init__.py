"""Tell somebody outside the house, through whatever service they listen to, and lose nothing on the way.

A message enters the *outbox*, a table of the plant's database, in the same transaction as that which it
tells, so that neither is ever there without the other. A *sender* takes what is due to the services, each
target by itself: what fails waits and is tried again, ever more rarely; a dead service holds up nobody else.
The services are Apprise's (``apprise_service``). Addresses are named in the settings and nowhere else, and
their secrets are never written down.
"""

from andamio.notification.addresses import open_address, redacted
from andamio.notification.message import DeliveryFailed, Message, Service
from andamio.notification.outbox import Outbox, Queue
from andamio.notification.sender import Pass, Sender

__all__ = [
    "DeliveryFailed",
    "Message",
    "Outbox",
    "Pass",
    "Queue",
    "Sender",
    "Service",
    "open_address",
    "redacted",
]
