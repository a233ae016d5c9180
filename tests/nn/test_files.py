"""Files from outside, and files in danger: whatever a file holds, `nn.load` raises a ValueError or
gives a state, and takes no memory that the file does not fill; whatever happens to `nn.save`, there
is a whole file, with its permissions and without others beside it.
"""

import io
import json
import os
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import tensor

# --- hostile .npz ---------------------------------------------------------------------------------


def npy(shape="(2,)", descr="'<f4'", fortran="False", data=bytes(8), version=1, length=None):
    """An array as NumPy would write it, but for what is said otherwise."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    width = "<H" if version == 1 else "<I"
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, size) + text + data


def archive(*members, method=zipfile.ZIP_STORED, value=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
        if value is not None:
            made.writestr("structure.json", value)
    return file.getvalue()


def structured(value):
    return archive(value=json.dumps({"version": 1, "value": value}))


def patched(content, find, replacement):
    assert find in content
    return content.replace(find, replacement)


DEEP = "(" * 3000 + "2" + ",)" * 3000
HUGE = str(10**30)
NPZ = {
    "huge shape": archive(("a.npy", npy(f"({HUGE},)"))),
    "many dims": archive(("a.npy", npy("(" + "10000000," * 30 + ")"))),
    "large shape": archive(("a.npy", npy("(1 << 40,)"))),
    "terabytes": archive(("a.npy", npy("(1099511627776,)"))),
    "terabytes of nothing": archive(("a.npy", npy("(1099511627776, 0)"))),
    "more than 64 dims": archive(("a.npy", npy("(" + "1," * 70 + ")", data=bytes(4)))),
    "negative": archive(("a.npy", npy("(-2,)"))),
    "two negatives": archive(("a.npy", npy("(-1, -2)"))),
    "true": archive(("a.npy", npy("(True, 2)"))),
    "float": archive(("a.npy", npy("(2.0,)"))),
    "text": archive(("a.npy", npy("'ab'"))),
    "list": archive(("a.npy", npy("[2]"))),
    "no tuple": archive(("a.npy", npy("2"))),
    "deep": archive(("a.npy", npy(DEEP, version=2))),
    "deep, short": archive(("a.npy", npy("(" * 900 + ")" * 900))),
    "unclosed": archive(("a.npy", npy("(2,"))),
    "a call": archive(("a.npy", npy("__import__('os').getcwd()"))),
    "no dict": archive(("a.npy", npy("(2,)}, 3, {'x': 1"))),
    "large items": archive(("a.npy", npy("(1,)", "'|V2147483647'"))),
    "larger items": archive(("a.npy", npy("(1,)", f"'|S{HUGE}'"))),
    "objects": archive(("a.npy", npy("(1,)", "'|O'"))),
    "objects inside": archive(("a.npy", npy("(1,)", "[('x', '|O')]"))),
    "unknown dtype": archive(("a.npy", npy("(1,)", "'<q9'"))),
    "dtype number": archive(("a.npy", npy("(1,)", "3"))),
    "dtype of dtypes": archive(("a.npy", npy("(1,)", "[('x', '<f4', (1000000000, 9))]"))),
    "dtype deep": archive(("a.npy", npy("(1,)", "[('x', " * 200 + "'<f4'" + ")]" * 200))),
    "order": archive(("a.npy", npy(fortran="[]", data=bytes(4)))),
    "short": archive(("a.npy", npy(data=bytes(7)))),
    "long": archive(("a.npy", npy(data=bytes(9)))),
    "version": archive(("a.npy", npy(version=9))),
    "header too long": archive(("a.npy", npy(length=60000))),
    "header gigabytes": archive(("a.npy", npy(version=2, length=2**31))),
    "header cut": archive(("a.npy", npy()[:20])),
    "nothing": archive(("a.npy", b"")),
    "lzma": archive(("a.npy", npy()), method=zipfile.ZIP_LZMA),
    "bzip2": archive(("a.npy", npy()), method=zipfile.ZIP_BZIP2),
    "broken lzma": patched(
        archive(("a.npy", npy(data=bytes(8))), method=zipfile.ZIP_LZMA), b"\x5d\0", b"\xff\xff"
    ),
    "json deep": archive(value='{"version":1,"value":' + '{"list":[' * 5000 + "]}" * 5000 + "}"),
    "json deeper": archive(value="[" * 200000),
    "json list": archive(value="[]"),
    "json number": archive(value="3"),
    "json bytes": archive(value=b"\xff\xfe\x00"),
    "json digits": archive(value='{"version":1,"value":' + "9" * 5000 + "}"),
    "json nothing": archive(value=""),
    "two keys": structured({"list": [], "tuple": []}),
    "no keys": structured({}),
    "no list": structured({"list": 3}),
    "no pairs": structured({"dict": [1, 2]}),
    "triples": structured({"dict": [[1, 2, 3]]}),
    "array of nothing": structured({"tensor": "a"}),
    "array of a list": structured({"tensor": ["a"]}),
    "counter of texts": structured({"counter": 3}),
    "claims more": patched(
        archive(("a.npy", npy())), struct.pack("<I", len(npy())), struct.pack("<I", 2**31)
    ),
    "two of a name": patched(archive(("a.npy", npy()), ("b.npy", npy())), b"b.npy", b"a.npy"),
    "encrypted": archive(("a.npy", npy())).replace(
        b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"
    ),
    "version 99": archive(("a.npy", npy())).replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\x63"),
    "end alone": b"PK\5\6" + bytes(18),
    "end that lies": b"PK\5\6" + bytes(4) + b"\xff" * 12 + b"\0\0",
    "text tensor": archive(
        ("a.npy", npy("(1,)", "'<U1'", data=b"a\0\0\0")),
        value=json.dumps({"version": 1, "value": {"tensor": "a"}}),
    ),
    "complex alone": archive(("a.npy", npy("(1,)", "'<c8'"))),
}
GIVES_A_STATE = {"two of a name", "true"}


def loaded(path):
    """What loading gives, and how many bytes it took at most."""
    tracemalloc.start()
    try:
        nn.load(path)
        return None, tracemalloc.get_traced_memory()[1]
    except ValueError as error:
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", NPZ)
def test_a_hostile_npz_is_a_value_error(name, tmp_path):
    path = tmp_path / "s.npz"
    path.write_bytes(NPZ[name])
    error, peak = loaded(path)
    assert error is not None or name in GIVES_A_STATE
    assert error is None or ("s.npz" in str(error) and error.__cause__ is not None)
    assert peak < 20_000_000 + 20 * len(NPZ[name])


def test_a_dense_npz_is_read(tmp_path):
    np.savez_compressed(tmp_path / "s.npz", a=np.zeros(1_000_000))
    assert nn.load(tmp_path / "s.npz")["a"].shape == (1_000_000,)


def test_every_array_that_numpy_writes(tmp_path):
    arrays = {
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "scalar": np.array(3.0),
        "empty": np.zeros((0, 3)),
        "big": np.arange(4, dtype=">i4"),
        "texts": np.array(["a", "bcd"]),
        "fields": np.array([(1, 2.0)], dtype=[("ü", "i4"), ("b", "f8")]),
        "times": np.array(["2020-01-01"], dtype="M8[D]"),
        "no letters": np.array(["", ""]),
        "complex": np.array([1j]),
    }
    nn.save(arrays, tmp_path / "s.npz")
    found = nn.load(tmp_path / "s.npz")
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)
        assert found[name].flags.f_contiguous == array.flags.f_contiguous
        assert found[name].flags.writeable


# --- hostile .safetensors -------------------------------------------------------------------------


def safe(header, data=bytes(8), length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    return struct.pack("<Q", size) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


SAFE = {
    "nothing": b"",
    "short": b"\2\0\0",
    "length only": struct.pack("<Q", 100),
    "length lies": safe({}, length=2**63),
    "length zero": safe({}, length=0),
    "no json": safe(b"nonsense"),
    "no dict": safe([1, 2]),
    "not unicode": safe(b'{"\xff": 1}'),
    "deep": safe(b"[" * 100000),
    "number": safe({"a": 3}),
    "no dtype": safe({"a": {"shape": [2], "data_offsets": [0, 8]}}),
    "no shape": safe({"a": {"dtype": "F32", "data_offsets": [0, 8]}}),
    "no offsets": safe({"a": {"dtype": "F32", "shape": [2]}}),
    "unknown dtype": safe({"a": entry("F12")}),
    "dtype list": safe({"a": entry(["F32"])}),
    "complex": safe({"a": entry("C64", [1])}),
    "four bits": safe({"a": entry("F4", [16])}),
    "negative shape": safe({"a": entry(shape=[-2])}),
    "two negatives": safe({"a": entry(shape=[-1, -2])}),
    "true": safe({"a": entry(shape=[True, 2])}),
    "float shape": safe({"a": entry(shape=[2.0])}),
    "text shape": safe({"a": entry(shape="2")}),
    "huge shape": safe({"a": entry(shape=[10**30])}),
    "overflow": safe({"a": entry(shape=[2**32, 2**32])}),
    "terabytes": safe({"a": entry(shape=[2**40], offsets=[0, 2**42])}),
    "too many dims": safe({"a": entry(shape=[1] * 70 + [2])}),
    "behind the end": safe({"a": entry(offsets=[8, 16])}),
    "before the begin": safe({"a": entry(offsets=[-8, 0])}),
    "backwards": safe({"a": entry(offsets=[8, 0])}),
    "float offsets": safe({"a": entry(offsets=[0.0, 8.0])}),
    "text offsets": safe({"a": entry(offsets="08")}),
    "three offsets": safe({"a": entry(offsets=[0, 8, 9])}),
    "gap": safe({"a": entry(offsets=[4, 12])}, bytes(12)),
    "rest": safe({"a": entry()}, bytes(9)),
    "overlap": safe({"a": entry(), "b": entry()}),
    "twice": safe(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":0}'),
    "nan": safe(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}'),
    "pickle": b"\x80\4\x95" + bytes(30),
}


@pytest.mark.parametrize("name", SAFE)
def test_hostile_safetensors_are_a_value_error(name, tmp_path):
    path = tmp_path / "s.safetensors"
    path.write_bytes(SAFE[name])
    error, peak = loaded(path)
    assert error is not None and "safetensors" in str(error)
    assert peak < 20_000_000 + 20 * len(SAFE[name])


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_whatever_bytes_are_changed(suffix, tmp_path, rng):
    """Bytes set at random, in pairs, as a fuzzer does."""
    path = tmp_path / f"s.{suffix}"
    nn.save({"a": ag.randn(3), "b": tensor([1, 2])}, path)
    content = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(content)
        for i in rng.integers(0, len(content), 2):
            damaged[i] = rng.choice([0, 1, 0x7F, 0xFF, rng.integers(256)])
        path.write_bytes(
            damaged[: rng.integers(1, len(content) + 1)] if rng.random() < 0.2 else damaged
        )
        loaded(path)


def test_weights_of_few_bits_are_read_as_float32(tmp_path, torch):
    bits = np.arange(256, dtype=np.uint8)
    halves = np.random.default_rng(0).integers(0, 2**16, 200).astype("<u2")
    kinds = {
        "F8_E4M3": (bits, torch.float8_e4m3fn),
        "F8_E5M2": (bits, torch.float8_e5m2),
        "F8_E8M0": (bits, torch.float8_e8m0fnu),
        "BF16": (halves, torch.bfloat16),
    }
    for kind, (numbers, dtype) in kinds.items():
        content = safe(
            {"a": entry(kind, numbers.shape, [0, numbers.nbytes]), "__metadata__": {"by": "hand"}},
            numbers.tobytes(),
        )
        (tmp_path / "s.safetensors").write_bytes(content)
        found = nn.load(tmp_path / "s.safetensors")
        expected = torch.from_numpy(numbers.copy()).view(dtype).to(torch.float32).numpy()
        assert list(found) == ["a"] and found["a"].dtype == np.float32
        np.testing.assert_array_equal(found["a"].numpy(), expected)


def test_the_package_reads_what_is_written(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    state = {
        name: tensor(np.arange(3).astype(name))
        for name in "float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool".split()
    }
    state |= {
        "": tensor(1),
        "a\0b": ag.zeros(0, 2),
        "ü": ag.randn(2, 3).T,
        "big": np.arange(3, dtype=">f4"),
    }
    nn.save(state, tmp_path / "s.safetensors")
    theirs, ours = (
        package.load_file(tmp_path / "s.safetensors"),
        nn.load(tmp_path / "s.safetensors"),
    )
    assert list(ours) == list(state) and set(theirs) == set(state)
    for name, value in state.items():
        assert np.array_equal(theirs[name], value) and np.array_equal(ours[name], value)
        assert theirs[name].dtype == ours[name].dtype == np.dtype(value.dtype).newbyteorder("=")


# --- what is written can be read ------------------------------------------------------------------

ODD = {
    "NUL": {"a\0b": tensor([1]), "a\0c": tensor([2]), "a": tensor([3])},
    "metadata": {"__metadata__": tensor([1])},
    "surrogate": {"a\ud800": tensor([1]), "b\ud801": tensor([2])},
    "long": {"x" * 70_000: tensor([1]), "x" * 70_001: tensor([2])},
    "slashes": {"a/b": tensor([1]), "a\\b": tensor([2]), "/": tensor([3]), "..": tensor([4])},
    "numbers": {
        np.int64(3): 1,
        np.float32(0.5): tensor([1]),
        np.bool_(True): 2,
        (np.int64(1), "a"): 3,
    },
    "complex": {"a": np.array([1j, 2]), "b": np.complex64(3j)},
    "many": {str(i): tensor([i]) for i in range(300)},
    "nested": {"a": [({"b": {"c": [tensor([1])]}},)] * 3},
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_written_is_read(name, tmp_path):
    nn.save(ODD[name], tmp_path / "s.npz")
    assert repr(nn.load(tmp_path / "s.npz")) == repr(
        {plain(key): value for key, value in ODD[name].items()}
    )


def plain(key):
    if isinstance(key, tuple):
        return tuple(map(plain, key))
    return key.item() if isinstance(key, np.generic) else key


def endless():
    state = {}
    state["a"] = [state]
    return state


def deep():
    state = 1
    for _ in range(100_000):
        state = [state]
    return state


REFUSED = {
    "itself": (endless(), "npz", "contains itself"),
    "deep": (deep(), "npz", "nested too deep"),
    "tensor key": ({tensor(1): 1}, "npz", "Tensor as a key"),
    "bytes key": ({b"a": 1}, "npz", "bytes as a key"),
    "tuple key": ({(1, frozenset()): 1}, "npz", "frozenset as a key"),
    "masked": (np.ma.masked_array([1, 2], [0, 1]), "npz", "masked"),
    "raw": (np.zeros(2, "V3"), "npz", r"array of \|V3"),
    "bytes": (b"a", "npz", "bytes"),
    "objects inside": (np.zeros(1, [("x", object)]), "npz", "Python objects"),
    "metadata": ({"__metadata__": tensor([1])}, "safetensors", "__metadata__"),
    "complex": ({"a": np.array([1j])}, "safetensors", "complex128"),
    "texts": ({"a": np.array(["x"])}, "safetensors", "<U1"),
    "surrogate": ({"\ud800": tensor([1])}, "safetensors", "no Unicode"),
    "number key": ({1: tensor([1])}, "safetensors", "flat dict"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_not_be_read_is_refused(name, tmp_path):
    state, suffix, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        nn.save(state, tmp_path / f"s.{suffix}")
    assert os.listdir(tmp_path) == []


# --- files in danger ------------------------------------------------------------------------------

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and locks of POSIX")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@POSIX
@pytest.mark.parametrize("kept", [0o600, 0o640, 0o644, 0o666, 0o777])
def test_a_file_keeps_its_permissions(kept, tmp_path):
    path = tmp_path / "s.npz"
    nn.save(1, path)
    path.chmod(kept)
    nn.save(2, path)
    assert mode(path) == kept and nn.load(path) == 2


@POSIX
def test_nobody_else_can_read_a_secret_while_it_is_written(tmp_path, monkeypatch):
    path, seen = tmp_path / "s.npz", []
    nn.save(1, path)
    path.chmod(0o600)
    write = np.lib.format.write_array

    def looking(*args, **kwargs):
        seen.extend(mode(p) for p in tmp_path.iterdir())
        return write(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", looking)
    nn.save([tensor([1])], path)
    assert seen == [0o600, 0o600]


@POSIX
def test_a_new_file_has_the_usual_permissions(tmp_path):
    nn.save(1, tmp_path / "s.npz")
    (tmp_path / "other").write_text("")
    assert mode(tmp_path / "s.npz") == mode(tmp_path / "other")


def test_a_file_is_replaced_and_not_written_over(tmp_path):
    """Whoever has the old one open, or under another name, goes on to see all of it."""
    path, other = tmp_path / "s.npz", tmp_path / "other.npz"
    nn.save("old", path)
    os.link(path, other)
    with open(path, "rb") as reader:
        nn.save("new", path)
        assert reader.read() == other.read_bytes()
    assert nn.load(path) == "new" and nn.load(other) == "old"
    assert sorted(os.listdir(tmp_path)) == ["other.npz", "s.npz"]


KILLED = """
import os, sys, nn
os.replace = lambda *names: os._exit(1)
nn.save([1, 2], sys.argv[1])
"""


@POSIX
def test_what_a_killed_save_left_is_cleared(tmp_path):
    path = tmp_path / "s.npz"
    nn.save("old", path)
    (tmp_path / ".s.npz.mine").write_text("")
    (tmp_path / ".t.npz.01234567").write_text("")
    killed = subprocess.run([sys.executable, "-c", KILLED, path], env={**os.environ})
    assert killed.returncode == 1
    assert len(os.listdir(tmp_path)) == 4 and nn.load(path) == "old"
    nn.save("new", path)
    assert sorted(os.listdir(tmp_path)) == [".s.npz.mine", ".t.npz.01234567", "s.npz"]
    assert nn.load(path) == "new"


@POSIX
def test_a_save_leaves_alone_what_another_is_writing(tmp_path, monkeypatch):
    path = tmp_path / "s.npz"
    write, saving = np.lib.format.write_array, []

    def meanwhile(*args, **kwargs):
        if not saving:
            saving.append(True)
            nn.save("from another", path)
        return write(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", meanwhile)
    nn.save([tensor([1])], path)
    assert nn.load(path)[0].tolist() == [1] and os.listdir(tmp_path) == ["s.npz"]


def test_long_names(tmp_path):
    path = tmp_path / ("x" * 250 + ".npz")
    nn.save(1, path)
    nn.save(2, path)
    assert nn.load(path) == 2 and len(os.listdir(tmp_path)) == 1
