"""Look at one model in production by reading the whole journal: what ``andamio status`` tells."""

from __future__ import annotations

from typing import Any

from andamio.bundles import PublicKey, open_bundle
from andamio.bundles.deployment import Route
from andamio.journal import Archive
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder
from andamio.monitoring.health import ModelHealth, examine
from andamio.monitoring.observation import observe
from andamio.monitoring.rounds import Past, routes_of


def look(plant: PlantFolder, route: Route, archive: Archive | None) -> ModelHealth:
    """Examine one model in production.

    Args:
        plant: The plant.
        route: Its versions.
        archive: Where closed segments of the journal were moved to, if they were.

    Raises:
        BundleRefused: Its bundle is not what a trusted key signed.
    """
    trusted = [PublicKey.parse(pinned) for pinned in plant.settings.keys.trusted]
    bundle = open_bundle(plant.bundles / route.champion.digest, trusted)
    seen = observe(plant.journal, bundle.contract, zone=plant.settings.time_zone, archive=archive)
    return examine(seen, bundle, bundle.contract, route.champion.version, at=clock.now())


def look_at_machines(plant: PlantFolder, past: Past, model: str) -> dict[str, Any]:
    """Return how the machines are that a model in production watches, for a program.

    Raises:
        NotFound: The model is not in production.
        BundleRefused: Its bundle is not what a trusted key signed.
    """
    health = look(plant, routes_of(plant, model)[model], past())
    return {"model": health.model, "version": health.version, **machines_data(health)}


def machines_data(health: ModelHealth) -> dict[str, Any]:
    """Return the machines and their remaining lives for a program; both empty for models of other kinds."""
    return {
        "machines": [
            {
                "asset": one.asset,
                "state": one.condition.state,
                "health": one.condition.health,
                "rows": one.condition.rows,
            }
            for one in health.machines
        ],
        "lives": [
            {
                "asset": life.asset,
                "left": life.left,
                "unit": health.unit,
                "answered": life.answered,
                "lower": life.lower,
                "upper": life.upper,
                "at": life.moment,
                "rows": life.rows,
            }
            for life in health.lives
        ],
    }
