"""Tell the story: every step does the real work, and says in a sentence what happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from andamio.app import Plant
from andamio.bundles import open_bundle
from andamio.demo.pump_house import DATA, MODEL, TAGS, build_pump_house
from andamio.demo.service import Service
from andamio.errors import Text, text
from andamio.kernel import clock
from andamio.lifecycle import deploy, roll_back
from andamio.lifecycle.learning import LearntVersion, register_candidate
from andamio.monitoring import Finding, ModelHealth, examine, observe
from andamio.simulator import Disturbance, PumpPlant, Readings
from andamio.simulator.history import history_csv, live_rows
from andamio.storage.files import write_file
from andamio.training.run import TrainOptions, train

START = datetime(2026, 3, 2, tzinfo=UTC)
PUMPS = 6
HISTORY_H = 24 * 50
MONTH_H = 24 * 24  # rows that come with the historian before the model learns again
WEEK_H = 24 * 4  # a "week" of the story
STUCK_PUMP, STUCK_TAG = "pump-03", "bearing_temp"
DRIFT_TAG, DRIFT = "vibration", 1.6  # mm/s
HEAT_TAG, HEAT = "ambient_temp", 6.5  # degC
ACTOR = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How the story is told.

    Attributes:
        folder: The plant's folder; it must not exist.
        seed: Of the plant and of the training.
        trials: How many models each training tries.
        calm: Leave the sensor fault and the drift out.
        language: "es" or "en".
        port: Where predictions are answered; 0 takes any free port.
    """

    folder: Path
    seed: int = 0
    trials: int = 6
    calm: bool = False
    language: str = "en"
    port: int = 0


@dataclass(slots=True)
class Ending:
    """How the story ended; ``findings`` are those that the status told, chapter by chapter."""

    address: str
    versions: list[str] = field(default_factory=list)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    rollback_s: float = 0.0
    audit_rows: int = 0


Voice = Callable[[Text], None]


def tell(scene: Scene, voice: Voice, stay: Callable[[Service], None]) -> Ending:
    """Tell the whole story.

    Args:
        scene: How.
        voice: Called with each sentence.
        stay: Called at the end, while the scoring process still answers.
    """
    pumps = PumpPlant(scene.seed, START, pumps=PUMPS, disturbances=() if scene.calm else _disturbances())
    history = pumps.run(HISTORY_H)
    plant = _found(scene, history, voice)
    first = _learn(plant, scene, voice)
    _deploy(plant, first, text("first version"), voice)
    with Service(scene.folder, port=scene.port) as service:
        voice(text("The scoring process answers at {address}.", address=service.address))
        ending = Ending(service.address, [first.version.reference])
        quiet_week = _live(pumps, service, voice)
        ending.findings["quiet"] = _look(plant, first, "quiet", ending, voice)
        if not scene.calm:
            voice(
                text(
                    "Now the bearing sensor of {pump} sticks, a new coupling shakes every pump,"
                    " and a heat wave comes.",
                    pump=STUCK_PUMP,
                )
            )
        odd_week = _live(pumps, service, voice)
        ending.findings["odd"] = _look(plant, first, "odd", ending, voice)
        second = _learn_again(plant, scene, [quiet_week, odd_week, pumps.run(MONTH_H)], voice)
        ending.versions.append(second.version.reference)
        _deploy(plant, second, text("learnt from the new rows"), voice)
        _live(pumps, service, voice)
        ending.findings["after"] = _look(plant, second, "after", ending, voice)
        ending.rollback_s = _roll_back(plant, voice)
        verdict = plant.registry.verify(trusted=plant.trusted)
        ending.audit_rows = verdict.rows
        voice(
            text(
                "The audit log has {n} rows; who did what and why is all there, and its chain holds.",
                n=verdict.rows,
            )
        )
        stay(service)
    return ending


def _disturbances() -> tuple[Disturbance, ...]:
    begins, repaired = HISTORY_H + WEEK_H, HISTORY_H + 2 * WEEK_H
    return (
        Disturbance("stuck", STUCK_TAG, begins, until_hour=repaired, pump=STUCK_PUMP),
        Disturbance("drift", DRIFT_TAG, begins, size=DRIFT),
        Disturbance("weather", HEAT_TAG, begins, until_hour=repaired, size=HEAT),
    )


def _found(scene: Scene, history: Readings, voice: Voice) -> Plant:
    file = scene.folder.parent / f"{scene.folder.name}-historian.csv"
    write_file(file, history_csv(history))
    voice(
        text(
            "A row of {pumps} pumps has run for {days} days; its historian wrote {rows} rows,"
            " with decimal commas.",
            pumps=PUMPS,
            days=HISTORY_H // 24,
            rows=len(history),
        )
    )
    build_pump_house(scene.folder, file, scene.language)
    voice(
        text(
            "From that file came a plant's folder, {folder}, with a contract and a signing key.",
            folder=scene.folder.name,
        )
    )
    plant = Plant.open(scene.folder)
    added = plant.datasets.add(file, DATA)
    file.unlink()
    voice(
        text(
            "{rows} rows are dataset {data}@{version}.",
            rows=added.record.rows,
            data=DATA,
            version=added.version,
        )
    )
    return plant


def _learn(plant: Plant, scene: Scene, voice: Voice, parent: str | None = None) -> LearntVersion:
    contract = plant.contract(MODEL)
    options = TrainOptions(trials=scene.trials, seed=scene.seed, parent=parent)
    voice(text("Training tries {n} models …", n=scene.trials))
    candidate = train(contract, plant.datasets.open(DATA), options, lambda _: None)
    learnt = register_candidate(
        candidate,
        plant.registry,
        plant.signer,
        store=plant.folder.bundles,
        reports=plant.folder.reports,
        actor=ACTOR,
        language=scene.language,
    )
    metrics = candidate.evaluation.metrics
    voice(
        text(
            "{version}: on rows it never saw it catches {recall} % of the failures with {false} %"
            " false alarms; {gates}.",
            version=learnt.version.reference,
            recall=round(100 * metrics["recall"].value),
            false=round(100 * metrics["false_alarm_rate"].value, 1),
            gates=text("it passed its gates") if candidate.deployable else text("it did not pass its gates"),
        )
    )
    return learnt


def _learn_again(plant: Plant, scene: Scene, weeks: list[Readings], voice: Voice) -> LearntVersion:
    rows = 0
    for number, week in enumerate(weeks):
        file = scene.folder.parent / f"{scene.folder.name}-{number + 1}.csv"
        write_file(file, history_csv(week))
        rows = plant.datasets.add(file, DATA).record.rows
        file.unlink()
    voice(
        text(
            "The sensor is repaired. {days} days later everything that was lived, with its truth, joins the"
            " dataset ({rows} rows), and the model learns again.",
            days=MONTH_H // 24,
            rows=rows,
        )
    )
    champion = plant.registry.resolve(f"{MODEL}@champion")
    return _learn(plant, scene, voice, parent=champion.digest)


def _deploy(plant: Plant, learnt: LearntVersion, why: Text, voice: Voice) -> None:
    version = learnt.version
    despite = None if version.deployable else str(text("the demo goes on"))
    deploy(
        plant.registry,
        plant.switchboard,
        MODEL,
        version.number,
        actor=ACTOR,
        reason=str(why),
        despite_gates=despite,
    )
    voice(text("{version} answers now.", version=version.reference))


def _live(pumps: PumpPlant, service: Service, voice: Voice) -> Readings:
    readings = pumps.run(WEEK_H)
    rows = live_rows(readings, TAGS)
    alarms = 0
    for hour in range(0, len(rows), PUMPS):
        answers = service.predict(MODEL, rows[hour : hour + PUMPS])
        alarms += sum(answer.get("label") == "1" for answer in answers)
    truths = [
        {"asset": row["asset"], "time": row["time"], "value": str(int(failure))}
        for row, failure in zip(rows, readings.failure, strict=True)
    ]
    service.feedback(MODEL, truths)
    voice(
        text(
            "{days} days pass: {rows} rows were answered, {alarms} of them with an alarm;"
            " the truth came back.",
            days=WEEK_H // 24,
            rows=len(rows),
            alarms=alarms,
        )
    )
    return readings


def _look(
    plant: Plant, learnt: LearntVersion, chapter: str, ending: Ending, voice: Voice
) -> tuple[Finding, ...]:
    health = _health(plant, learnt)
    ending.verdicts[chapter] = health.verdict
    if health.findings:
        voice(text("andamio status says:"))
        for finding in health.findings:
            voice(text("   {level}: {what}", level=_level(finding), what=finding.what))
    else:
        voice(text("andamio status says: {model} works as it did at acceptance.", model=MODEL))
    return health.findings


def _level(finding: Finding) -> Text:
    return text("alarm") if finding.level == "alarm" else text("notice")


def _health(plant: Plant, learnt: LearntVersion) -> ModelHealth:
    bundle = open_bundle(plant.folder.bundles / learnt.bundle.digest, plant.trusted)
    seen = observe(plant.folder.journal, bundle.contract)
    return examine(seen, bundle, bundle.contract, learnt.version.number, at=clock.now())


def _roll_back(plant: Plant, voice: Voice) -> float:
    began = time.perf_counter()
    change = roll_back(
        plant.registry, plant.switchboard, MODEL, actor=ACTOR, reason=str(text("to show that it can"))
    )
    took = time.perf_counter() - began
    voice(
        text(
            "Rolled back in {seconds} s: {version} answers again, with its own features,"
            " contract and limits.",
            seconds=round(took, 2),
            version=f"{MODEL}@{change.new.version}",
        )
    )
    return took
