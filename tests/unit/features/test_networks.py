from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import pytest

from andamio.contracts import parse_contract
from andamio.contracts.rows import Rows
from andamio.features import (
    FeaturePlan,
    Floating,
    Layer,
    Network,
    feature_graph,
    in_whole_numbers,
    read_network,
    run_channels,
    run_features,
)
from andamio.features.portable import tensors, to_bytes

WAVES = (
    '[model]\nkind = "regression"\ndata = "d"\ntarget = "t"\n[output.t]\n[features]\nsize = "rms(along)"\n'
    + "".join(
        f'[input.{name}]\ntype = "waveform"\nunit = "g"\nlength = {length}\nrate_hz = 1000\n{more}'
        for name, length, more in (
            ("along", 90, ""),
            ("slow", 20, ""),
            ("across", 90, 'missing = "impute"\n'),
        )
    )
)


def _layer(rng, out, inside, kernel, stride):
    weights = rng.normal(size=(out, inside, kernel)) / np.sqrt(inside * kernel)
    return Layer(weights.astype(np.float32), (0.1 * rng.normal(size=out)).astype(np.float32), stride)


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    layers = (_layer(rng, 8, 2, 9, 2), _layer(rng, 12, 8, 5, 2), _layer(rng, 12, 12, 3, 1))
    return Network(
        signals=("across", "along"),
        samples=90,
        mean=np.array([0.1, -0.2], np.float32),
        scale=np.array([1.2, 0.9], np.float32),
        stages=Floating(layers),
        head=rng.normal(size=(3, 12)),
        intercept=rng.normal(size=3),
        instead=np.array([7.0, 8.0, 9.0], np.float32),
    )


@pytest.fixture(scope="module")
def plan():
    return FeaturePlan(parse_contract(WAVES, name="m", file="m.toml"))


@pytest.fixture(scope="module")
def rows():
    signals = np.random.default_rng(1).normal(size=(67, 200)).astype(np.float32)
    signals[3, 4] = np.nan  # of along: nothing stands in for it
    signals[5, 150] = np.nan  # of across: drawn over
    empty = np.zeros((67, 0), np.float32)
    blank = [None] * 67
    return Rows(empty, np.empty((67, 0), object), blank, blank, [()] * 67, signals)


@pytest.fixture(params=["float32", "int8"])
def either(request, network, plan, rows):
    if request.param == "float32":
        return network
    return in_whole_numbers(network, run_channels(plan, network.signals, rows))


def test_the_graph_computes_what_numpy_computes(either, plan, rows):
    graph = feature_graph(dataclasses.replace(plan, network=either))
    found = run_features(graph, rows)[:, -3:]
    assert graph.names[-3:] == ("network.1", "network.2", "network.3")
    expected = either.values(run_channels(plan, either.signals, rows))
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert found.std(axis=0).min() > 0.01


def test_a_missing_sample_gives_what_stands_for_it_and_a_drawn_one_does_not(either, plan, rows):
    found = run_features(feature_graph(dataclasses.replace(plan, network=either)), rows)[:, -3:]
    assert found[3].tolist() == [7.0, 8.0, 9.0]
    assert np.isfinite(found).all()
    assert found[5].tolist() != [7.0, 8.0, 9.0]


def test_a_row_alone_has_the_bits_that_it_has_among_many(either, plan, rows):
    graph = feature_graph(dataclasses.replace(plan, network=either))
    many = run_features(graph, rows)
    alone = np.concatenate([run_features(graph, rows.take(np.array([k]))) for k in range(12)])
    assert alone.tobytes() == many[:12].tobytes()


def test_a_network_is_read_back_from_the_graph_that_holds_it(network, plan, rows):
    graph = feature_graph(dataclasses.replace(plan, network=network))
    found = read_network(to_bytes(graph.model), network.signals, 90)
    channels = run_channels(plan, network.signals, rows)[:3]
    assert np.array_equal(found.values(channels), network.values(channels))
    assert read_network(to_bytes(graph.model), ("along",), 90) is None
    assert read_network(to_bytes(feature_graph(plan).model), ("along",), 20) is None


def test_a_network_in_whole_numbers_is_read_back_within_their_steps(network, plan, rows):
    channels = run_channels(plan, network.signals, rows)
    whole = in_whole_numbers(network, channels)
    graph = feature_graph(dataclasses.replace(plan, network=whole))
    found = read_network(to_bytes(graph.model), network.signals, 90)
    for ours, theirs in zip(found.stages.layers, network.stages.layers, strict=True):
        step = np.abs(theirs.weights).max(axis=(1, 2)) / 63
        assert (np.abs(ours.weights - theirs.weights) <= 0.51 * step[:, None, None]).all()


def test_whole_numbers_take_less_room_and_stay_near(network, plan, rows):
    channels = run_channels(plan, network.signals, rows)
    whole = in_whole_numbers(network, channels)
    near = np.abs(whole.values(channels) - network.values(channels))
    assert near.max() < 0.1 * network.values(channels).std()
    assert near.max() > 0
    for layer in whole.stages.whole:
        assert layer.weights.dtype == np.int8
        assert np.abs(layer.weights).max() <= 63  # two products fit into sixteen bits
    model = feature_graph(dataclasses.replace(plan, network=whole)).model
    kinds = {tensor.data_type for tensor in tensors(model.graph)}
    assert onnx.TensorProto.INT8 in kinds


def test_the_same_network_gives_the_same_bytes(network, plan):
    first, second = (
        to_bytes(feature_graph(dataclasses.replace(plan, network=network)).model) for _ in range(2)
    )
    assert first == second
