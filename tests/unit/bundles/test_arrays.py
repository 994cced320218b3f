"""Arrays come back as they were, and the same arrays are the same bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from andamio.bundles.arrays import read_arrays, write_arrays
from andamio.bundles.refusal import Suspicious

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,30}", fullmatch=True)
DTYPES = st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_, np.dtype("<U5")])


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, DTYPES.flatmap(lambda d: stn.arrays(d, stn.array_shapes(min_dims=0, min_side=0))))
)
def test_arrays_come_back_as_they_were(arrays):
    content = write_arrays(arrays)
    again = read_arrays(content)
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (again[name].dtype, again[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(again[name], array)
    assert write_arrays(dict(reversed(arrays.items()))) == content


def test_numpy_itself_reads_them(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(write_arrays({"a": np.arange(3), "b": np.asfortranarray(np.ones((2, 3)))}))
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found) == ["a", "b"]
        assert found["b"].shape == (2, 3)


def test_objects_and_names_that_are_no_names_are_not_written():
    for arrays in ({"a": np.array([None])}, {"../a": np.ones(1)}, {"": np.ones(1)}, {"a b": np.ones(1)}):
        with pytest.raises(ValueError, match="not stored"):
            write_arrays(arrays)


def test_arrays_are_read_only():
    array = read_arrays(write_arrays({"a": np.arange(3)}))["a"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_what_numpy_compressed_is_refused():
    content = io.BytesIO()
    np.savez_compressed(content, a=np.zeros(10))
    with pytest.raises(Suspicious):
        read_arrays(content.getvalue())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_way(content):
    with pytest.raises(Suspicious):
        read_arrays(content)


@settings(deadline=None)
@given(st.data())
def test_damaged_arrays_are_read_or_refused_in_one_way(data):
    content = bytearray(write_arrays({"a": np.arange(30.0), "b": np.array(["x", "yy"])}))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_arrays(bytes(content))
    except Suspicious:
        return
    assert all(array.nbytes <= len(content) for array in found.values())
