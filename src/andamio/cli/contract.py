"""``andamio contract``: check what the models promise, show it, and tell what changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from andamio.cli.output import Json, Output
from andamio.cli.untold_rates import tell_untold_rates
from andamio.contracts import Change, Contract, Gate, Input, diff, json_schema, read_contract
from andamio.errors import AndamioError, ContractInvalid, Fault, text
from andamio.features import check_features, describe_features
from andamio.kernel.settings import find_plant
from andamio.language import say

command = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(help=say("a model, a version (pump-health@3) or a .toml file"))]


@command.command(help=say("Check contracts: all faults of a file at once, with their lines"))
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help=say("models or .toml files; all of the plant without any"))
    ] = None,
    json: Json = False,
) -> None:
    """Check contracts and their features; refuse with every fault of every file."""
    out = Output(json=json)
    files = [_file(name) for name in names] if names else _all_files()
    if not files:
        out.say("This plant has no contract yet. Start with: andamio init PLANT --from FILE --target COLUMN")
    good: list[Contract] = []
    faults: list[Fault] = []
    for file in files:
        contract, found = _checked(file)
        faults += found
        if contract is not None and not found:
            good.append(contract)
            _say_good(out, contract)
    if faults:
        raise ContractInvalid(
            text("{bad} of {count} contracts have faults", bad=len(files) - len(good), count=len(files)),
            faults=faults,
        )
    if good:
        out.say("Next: andamio train {name}", name=good[0].name)
    out.data({"contracts": [{"name": contract.name, "digest": contract.digest} for contract in good]})


@command.command(help=say("Show what a model promises, as tables; --schema writes JSON Schema"))
def show(
    which: Which,
    schema: Annotated[
        bool, typer.Option("--schema", help=say("write JSON Schema for those who send rows"))
    ] = False,
    json: Json = False,
) -> None:
    """Show one contract."""
    contract = _contract(which)
    if schema:
        written = msgspec.json.format(msgspec.json.encode(json_schema(contract)), indent=2)
        typer.echo(written.decode())
        return
    out = Output(json=json)
    out.data({"contract": _as_data(contract), "schema": json_schema(contract)})
    out.say("{name}: {kind}", name=contract.name, kind=str(contract.kind), style="bold")
    out.say("  learns {target} from the dataset {data}", target=contract.target or "–", data=contract.data)
    out.blank()
    out.table(
        [
            say("tag"),
            say("type"),
            say("unit"),
            say("range or values"),
            say("otherwise"),
            say("missing"),
            say("column"),
        ],
        [_input_row(declared) for declared in contract.inputs],
    )
    if contract.features:
        out.blank()
        units = {described.feature.name: described.unit for described in describe_features(contract)}
        out.table(
            [say("feature"), say("expression"), say("unit")],
            [[f.name, f.expression, units.get(f.name) or "–"] for f in contract.features],
        )
    gates = _gates(contract)
    if gates:
        out.blank()
        out.table([say("a candidate must reach"), ""], [list(gate) for gate in gates])


@command.command("diff", help=say("Tell what changed between two contracts, and what it breaks"))
def compare(
    old: Which,
    new: Annotated[
        str | None,
        typer.Argument(help=say("what to compare with; without it, the model's file as it is now")),
    ] = None,
    json: Json = False,
) -> None:
    """Compare two contracts field by field."""
    out = Output(json=json)
    changes = diff(_contract(old), _contract(new or old.partition("@")[0]))
    out.data({"changes": [_change_data(change) for change in changes]})
    if not changes:
        out.say("Nothing changed.")
        return
    out.table(
        [say("field"), say("was"), say("is"), say("breaks")],
        [
            [change.path, _written(change.old), _written(change.new), say(change.why) if change.why else ""]
            for change in changes
        ],
    )
    breaking = sum(change.breaking for change in changes)
    out.blank()
    if breaking:
        out.say(
            "{n} of {count} changes break something for those who send rows.", n=breaking, count=len(changes)
        )
    else:
        out.say("{count} changes; none of them breaks anything for those who send rows.", count=len(changes))


def _checked(file: Path) -> tuple[Contract | None, Sequence[Fault]]:
    try:
        contract = read_contract(file)
    except ContractInvalid as error:
        return None, error.faults or [_as_fault(error)]
    return contract, check_features(contract)


def _as_fault(error: AndamioError) -> Fault:
    return Fault(error.code, error.what, error.where, error.why, error.fix)


def _say_good(out: Output, contract: Contract) -> None:
    out.say(
        "{name}: in order. Inputs: {inputs}; features: {features}; gates: {gates}.",
        name=contract.name,
        inputs=len(contract.inputs),
        features=len(contract.features),
        gates=len(_gates(contract)),
        style="green",
    )
    tell_untold_rates(out, contract)


def _all_files() -> list[Path]:
    return sorted(find_plant().models.glob("*.toml"))


def _file(name: str) -> Path:
    return Path(name) if name.endswith(".toml") else find_plant().models / f"{name}.toml"


def _contract(which: str) -> Contract:
    if "@" not in which or which.endswith(".toml"):
        return read_contract(_file(which))
    # Only a version needs the registry, the database and the keys.
    from andamio.app import Plant
    from andamio.bundles import open_bundle

    plant = Plant.open()
    version = plant.registry.resolve(which)
    return open_bundle(plant.folder.bundles / version.digest, plant.trusted).contract


def _input_row(declared: Input) -> list[str]:
    span = ", ".join(declared.values)
    if declared.range is not None:
        low, high = declared.range
        span = say("{low} to {high}", low=low, high=high)
    if declared.length is not None and declared.rate_hz is not None:
        span = say("{n} samples at {rate} Hz", n=declared.length, rate=declared.rate_hz)
    otherwise = str(declared.out_of_range) if declared.range else ""
    return [
        declared.name,
        str(declared.type),
        declared.unit or "",
        span,
        str(declared.unknown) if declared.values else otherwise,
        str(declared.missing),
        "" if declared.column == declared.name else declared.column,
    ]


def _gates(contract: Contract) -> list[tuple[str, str]]:
    def written(gates: Sequence[Gate], where: str) -> list[tuple[str, str]]:
        return [(f"{gate.metric} {gate.comparison} {gate.bound:g}", where) for gate in gates]

    accept = contract.accept
    gates = written(accept.gates, "")
    if accept.slices is not None:
        gates += written(accept.slices.gates, say("in every slice of {by}", by=", ".join(accept.slices.by)))
    if accept.noise is not None:
        gates += written(accept.noise.gates, say("with noise of {level}", level=accept.noise.level))
    return gates


def _as_data(contract: Contract) -> object:
    return {**msgspec.to_builtins(contract, enc_hook=str), "digest": contract.digest}


def _change_data(change: Change) -> dict[str, object]:
    return {
        "path": change.path,
        "old": change.old,
        "new": change.new,
        "breaking": change.breaking,
        "why": say(change.why) if change.why else None,
    }


def _written(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return ", ".join(_written(part) for part in value)
    return say("{value}", value=value)
