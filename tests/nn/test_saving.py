"""Saving and loading: the same state again, whole files only, and no code from any file."""

import io
import json
import os
import pickle
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import Tensor, tensor
from nn.optim import lr_scheduler


def same(a, b):
    """Whether two states are the same, in types and dtypes too."""
    if isinstance(a, (Tensor, np.ndarray, np.generic)):
        return (
            isinstance(b, Tensor) == isinstance(a, Tensor)
            and np.ndim(a) == np.ndim(b)
            and a.dtype == b.dtype
            and np.array_equal(a, b)
        )
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return (
            isinstance(b, list if isinstance(a, list) else tuple)
            and len(a) == len(b)
            and all(map(same, a, b))
        )
    return type(a) is type(b) and (a == b or a != a)


STATES = {
    "plain": [
        None,
        True,
        3,
        -2.5,
        float("inf"),
        float("nan"),
        10**30,
        "ünï \n",
        "",
        [],
        {},
        (),
        (1, (2,)),
    ],
    "tensors": {
        "a": tensor([1.0, 2.0]),
        "b": tensor(3),
        "c": ag.zeros(0, 3),
        "d": tensor([True, False]),
    },
    "arrays": {
        "a": np.arange(6, dtype=">i2").reshape(2, 3).T,
        "b": np.array(1.5),
        "c": np.float32(2),
        "d": np.array(["x", "yz"]),
    },
    "keys": {
        0: "a",
        1.5: {None: tensor([1])},
        (1, 2): [tensor([2])],
        True: 1,
        "file": tensor([3]),
        "structure.json": tensor([4]),
    },
    "names that collide": {
        "a": {"b": tensor([1])},
        "a.b": tensor([2]),
        "a.b#2": tensor([3]),
        "../x": tensor([4]),
        "": tensor([5]),
    },
    "one tensor": tensor([[1.0]]),
    "one number": 4,
    "dictionaries": [OrderedDict(b=1, a=2), Counter("abca")],
    "like its own code": {"dict": [["tensor", "x"]], "tensor": "y"},
}


@pytest.mark.parametrize("name", STATES)
def test_round_trip(name, tmp_path):
    nn.save(STATES[name], tmp_path / "state.npz")
    assert same(STATES[name], nn.load(tmp_path / "state.npz"))
    assert os.listdir(tmp_path) == ["state.npz"]


def test_values_are_saved_and_not_the_graph(tmp_path):
    x = tensor([1.0], requires_grad=True)
    nn.save([x, x * 2, nn.Parameter(tensor([3.0]))], tmp_path / "s")
    loaded = nn.load(str(tmp_path / "s"))
    assert [t.tolist() for t in loaded] == [[1], [2], [3]] and not any(
        t.requires_grad for t in loaded
    )
    loaded[0] += 1  # memory of its own, which can be written


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_weights_of_a_model(suffix, tmp_path):
    pytest.importorskip("safetensors") if suffix == "safetensors" else None
    path = tmp_path / f"weights.{suffix}"
    model, other = (nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)) for _ in range(2))
    model(ag.randn(5, 3))
    nn.save(model.state_dict(), path)
    assert other.load_state_dict(nn.load(path)) == ([], [])
    assert all(same(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values()))


def test_other_programs_read_the_weights(tmp_path, torch):
    state = {
        "a.weight": ag.randn(2, 3),
        "half": ag.ones(2).to("float16"),
        "transposed": ag.randn(3, 2).T,
        "steps": tensor(3),
    }
    nn.save(state, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as read:
        assert all(np.array_equal(read[name], value) for name, value in state.items())
    theirs = pytest.importorskip("safetensors.torch")
    nn.save(state, tmp_path / "w.safetensors")
    read = theirs.load_file(tmp_path / "w.safetensors")
    assert all(
        np.array_equal(read[name].numpy(), value) and read[name].shape == value.shape
        for name, value in state.items()
    )
    theirs.save_file(read, tmp_path / "theirs.safetensors")
    assert all(
        same(state[name], value) for name, value in nn.load(tmp_path / "theirs.safetensors").items()
    )


def test_weights_that_numpy_wrote(tmp_path, torch):
    theirs, ours = torch.nn.Linear(3, 2), nn.Linear(3, 2)
    np.savez(
        tmp_path / "w.npz", **{name: value.numpy() for name, value in theirs.state_dict().items()}
    )
    ours.load_state_dict(nn.load(tmp_path / "w.npz"))
    assert np.array_equal(ours.weight.detach(), theirs.weight.detach().numpy())


SCHEDULERS = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 4, 4]),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.5, 20),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.5, 3),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)], [3]
    ),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.9**t),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_optimizer_and_scheduler_go_on_from_a_file(name, tmp_path):
    def start():
        x = tensor([1.0, 2.0], requires_grad=True)
        optimizer = nn.optim.SGD([x], lr=0.1, momentum=0.9)
        return x, optimizer, SCHEDULERS[name](optimizer)

    def go_on(x, optimizer, scheduler):
        for _ in range(5):
            optimizer.zero_grad()
            (x**2).sum().backward()
            optimizer.step()
            scheduler.step()
        return [*x.tolist(), optimizer.param_groups[0]["lr"]]

    first, second = start(), start()
    go_on(*first)
    nn.save([first[0], first[1].state_dict(), first[2].state_dict()], tmp_path / "s.npz")
    second[0].data, optimizer, scheduler = nn.load(tmp_path / "s.npz")
    second[1].load_state_dict(optimizer)
    second[2].load_state_dict(scheduler)
    assert go_on(*first) == go_on(*second)


# --- what must not happen -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state, message",
    [
        ({"a": [1, {"b": object()}]}, r"object \(at a\.1\.b\)"),
        (nn.Linear(1, 1), r"Linear \(at the top\).*state_dict"),
        ({"a": np.array([None])}, r"Python objects \(at a\)"),
        ([1j], "complex"),
        ({1, 2}, "set"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(state, message, tmp_path):
    nn.save("old", tmp_path / "s.npz")
    with pytest.raises(TypeError, match=message):
        nn.save(state, tmp_path / "s.npz")
    assert nn.load(tmp_path / "s.npz") == "old" and os.listdir(tmp_path) == ["s.npz"]


def test_interrupted_writing_leaves_the_old_file(tmp_path, monkeypatch):
    nn.save("old", tmp_path / "s.npz")

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OSError, match="no space"):
        nn.save([tensor([1.0])], tmp_path / "s.npz")
    assert nn.load(tmp_path / "s.npz") == "old" and os.listdir(tmp_path) == ["s.npz"]


class Bomb:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def objects():
    file = io.BytesIO()
    np.savez(file, a=np.array([Bomb()], dtype=object))
    return file.getvalue()


FOREIGN = {
    "empty": (b"", "empty"),
    "text": (b"hello, world", "begins with b'hello, wo'"),
    "pickle": (pickle.dumps(Bomb()), "pickle"),
    "objects": (objects(), "pickle"),
    "a zip": (zipped(a__txt="text"), "it is a zip"),
    "a PyTorch file": (zipped(**{"archive/data.pkl": pickle.dumps(Bomb())}), "PyTorch"),
    "no JSON": (zipped(structure__json="{"), "damaged"),
    "no version": (zipped(structure__json="{}"), "version"),
    "of the future": (
        zipped(structure__json=json.dumps({"version": 99, "value": 1})),
        "version is 99",
    ),
    "an array that is missing": (
        zipped(structure__json=json.dumps({"version": 1, "value": {"tensor": "a"}})),
        "'a'",
    ),
    "an unknown kind": (
        zipped(structure__json=json.dumps({"version": 1, "value": {"code": "a"}})),
        "'a'",
    ),
    "no dict": (
        zipped(structure__json=json.dumps({"version": 1, "value": {"dict": [[{"list": []}, 1]]}})),
        "unhashable",
    ),
    "no npy": (
        zipped(structure__json=json.dumps({"version": 1, "value": 1}), a__npy="nonsense"),
        "magic",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_files_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, message = FOREIGN[name]
    (tmp_path / "s.npz").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        nn.load("s.npz")
    assert os.listdir(tmp_path) == ["s.npz"], "code was run"


def test_every_damage_is_an_error_or_changes_nothing(tmp_path):
    """Each byte turned over, and each length cut to: a ValueError, or the state unharmed (where the
    byte means nothing).
    """
    state = {"weight": tensor([1.0, 2.0, 3.0]), "epoch": 3}
    nn.save(state, tmp_path / "s.npz")
    content, path = (tmp_path / "s.npz").read_bytes(), tmp_path / "t.npz"
    turned = [
        content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :]
        for i in range(0, len(content), 3)
    ]
    refused = 0
    for damaged in turned + [content[:n] for n in range(0, len(content), 17)]:
        path.write_bytes(damaged)
        try:
            assert same(state, nn.load(path))
        except ValueError:
            refused += 1
    assert refused > len(turned) / 2


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}" + b"x"]
)
def test_foreign_safetensors(content, tmp_path):
    pytest.importorskip("safetensors")
    (tmp_path / "s.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="safetensors"):
        nn.load(tmp_path / "s.safetensors")


def test_safetensors_are_flat(tmp_path):
    with pytest.raises(TypeError, match="flat dict"):
        nn.save({"model": {"a": tensor([1.0])}}, tmp_path / "s.safetensors")


def test_files_and_folders_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "s.npz")
    with pytest.raises(FileNotFoundError):
        nn.save(1, tmp_path / "nowhere" / "s.npz")


def test_links_stay_links(tmp_path):
    nn.save(1, tmp_path / "a.npz")
    (tmp_path / "b.npz").symlink_to(tmp_path / "a.npz")
    nn.save(2, tmp_path / "b.npz")
    assert nn.load(tmp_path / "a.npz") == 2 and (tmp_path / "b.npz").is_symlink()
