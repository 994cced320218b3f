"""Tell which contracts can be scored by this version; all others are read, checked and kept."""

from __future__ import annotations

from andamio.contracts.contract import Contract, TagType
from andamio.errors import ContractInvalid, Fault, text


def not_yet_scored(contract: Contract) -> list[Fault]:
    """Return a fault for each input that a contract may declare and no model can read yet."""
    return [
        Fault(
            "contract-later",
            text("{tag} is a waveform", tag=declared.name),
            text("models/{name}.toml, line {line}", name=contract.name, line=declared.line),
            text("waveforms are declared today and scored from a later version on"),
            text("compute a number from it before it comes here (its RMS, say), and declare that"),
            {"line": declared.line, "tag": declared.name},
        )
        for declared in contract.inputs
        if declared.type is TagType.WAVEFORM
    ]


def refuse_waveforms(contract: Contract) -> None:
    """Refuse a contract that no model can answer yet.

    Raises:
        ContractInvalid: With a fault for each waveform.
    """
    faults = not_yet_scored(contract)
    if faults:
        raise ContractInvalid(
            text("the contract of {name} cannot be trained or scored yet", name=contract.name), faults=faults
        )
