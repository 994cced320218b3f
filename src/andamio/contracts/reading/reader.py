"""Read a whole contract, and refuse it with all its faults at once."""

from __future__ import annotations

import re
from pathlib import Path

from andamio.contracts.contract import Contract
from andamio.contracts.faults import nearest
from andamio.contracts.reading.anomaly import read_anomaly
from andamio.contracts.reading.fallback import read_fallback
from andamio.contracts.reading.findings import Findings
from andamio.contracts.reading.gates import read_accept
from andamio.contracts.reading.inputs import read_features, read_inputs
from andamio.contracts.reading.locator import Locator
from andamio.contracts.reading.networks import check_convolution
from andamio.contracts.reading.section import Section
from andamio.contracts.reading.settings import (
    check_target,
    read_costs,
    read_latency,
    read_limits,
    read_model,
    read_monitor,
    read_operation,
    read_output,
    read_retrain,
)
from andamio.contracts.reading.syntax import parse_toml
from andamio.contracts.reading.windows import read_window
from andamio.errors import ContractInvalid, ContractNotFound, text

_MODEL_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


def read_contract(path: Path) -> Contract:
    """Read ``models/NAME.toml``.

    Raises:
        ContractNotFound: There is no such file.
        ContractInvalid: With every fault of the file.
    """
    file = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise _not_found(path, file) from error
    except UnicodeDecodeError as error:
        raise ContractInvalid(
            text("the contract of {name} cannot be read", name=path.stem),
            where=text("{file}", file=file),
            why=text("it is not written in UTF-8"),
            fix=text("save it again as UTF-8 in your editor"),
        ) from error
    return parse_contract(content.replace("\r\n", "\n"), name=path.stem, file=file)


def _not_found(path: Path, file: str) -> ContractNotFound:
    others = sorted(other.stem for other in path.parent.glob("*.toml"))
    close = nearest(path.stem, others)
    return ContractNotFound(
        text("there is no contract {file}", file=file),
        fix=close
        or (
            text("the contracts here are: {names}", names=", ".join(others))
            if others
            else text("andamio init PLANT --from FILE --target COLUMN drafts one")
        ),
    )


def parse_contract(content: str, *, name: str, file: str, check_units: bool = True) -> Contract:
    """Read a contract from its text.

    Args:
        content: The file's text.
        name: The model's name, which is the file's name.
        file: How to call the file in errors.
        check_units: False skips the reading of the units by Pint (half a second, once): for a contract that
            comes out of a verified bundle, where they were checked when it was built.

    Raises:
        ContractInvalid: With every fault of the text.
    """
    findings = Findings(file, Locator(content))
    root = Section(findings, (), parse_toml(content, name=name, file=file))
    if not _MODEL_NAME.fullmatch(name):
        findings.add(
            text("{name} cannot be the name of a model", name=name),
            (),
            fix=text("name the file with small letters, digits and -, for example pump-health.toml"),
        )
    contract = _contract(root, name, content, check_units=check_units)
    if findings.faults:
        count = len(findings.faults)
        raise ContractInvalid(
            text("the contract of {name} has a fault", name=name)
            if count == 1
            else text("the contract of {name} has {count} faults", name=name, count=count),
            faults=findings.faults,
        )
    return contract


def _contract(root: Section, name: str, content: str, *, check_units: bool) -> Contract:
    model = read_model(root)
    operation = read_operation(root)
    inputs = read_inputs(root, check_units=check_units)
    check_target(root, model, inputs)
    window = read_window(root, inputs, model.time)
    check_convolution(root, inputs, window, asked=model.convolution)
    features = read_features(root, inputs)
    output, p99_ms, costs = read_output(root, model.kind), read_latency(root), read_costs(root, model.kind)
    limits = read_limits(root, network=model.convolution)
    accept = read_accept(root, model.kind, inputs, costs=costs is not None, horizon=model.horizon is not None)
    monitor, retrain = read_monitor(root, inputs), read_retrain(root)
    fallback = read_fallback(root, model.kind, inputs)
    anomaly = read_anomaly(root, model.kind, inputs)
    root.close()
    return Contract(
        name=name,
        kind=model.kind,
        data=model.data,
        target=model.target,
        time=model.time,
        asset=model.asset,
        positive=model.positive,
        horizon=model.horizon,
        convolution=model.convolution,
        window=window,
        operation=operation,
        inputs=inputs,
        features=features,
        output=output,
        p99_ms=p99_ms,
        limits=limits,
        accept=accept,
        costs=costs,
        monitor=monitor,
        anomaly=anomaly,
        retrain=retrain,
        fallback=fallback,
        source=content,
    )
