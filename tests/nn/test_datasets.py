"""Data sets: those of packages as documented, file formats by files made here, shapes by their
formulas.
"""

import gzip
import hashlib
import io
import struct
import sys
import tarfile

import numpy as np
import pytest

import autograd_engine as ag
from nn import datasets


@pytest.mark.parametrize(
    "name, shape, classes, mean",
    [
        ("digits", (1797, 8, 8), 10, 4.8842),
        ("iris", (150, 4), 3, 3.4645),
        ("wine", (178, 13), 3, 69.13),
        ("breast_cancer", (569, 30), 2, 61.89),
    ],
)
def test_tables_of_scikit_learn(name, shape, classes, mean):
    pytest.importorskip("sklearn")
    data = getattr(datasets, name)()
    assert (
        data.x.shape == shape
        and len(data) == len(data.y) == shape[0]
        and data.x.mean() == pytest.approx(mean, rel=1e-3)
    )
    assert len(data.classes) == classes == len(np.unique(data.y)) and data.y.dtype.kind == "i"
    assert len(data.features) == (0 if name == "digits" else shape[1]) and all(
        type(n) is str for n in data.features + data.classes
    )


def test_cars():
    pytest.importorskip("vega_datasets")
    data = datasets.cars()
    x, y = data
    assert (
        x.shape == (392, 6)
        and y.shape == (392,)
        and np.isfinite(x).all()
        and y.mean() == pytest.approx(23.446, abs=1e-3)
    )
    assert (
        x[0].tolist() == [8, 307, 130, 3504, 12, 1970]
        and y[0] == 18
        and data.features[3] == "weight (lbs)"
    )
    assert repr(data).startswith("Data(x: float64[392, 6]; y: float64[392]; features: cylinders, ")


# --- files ----------------------------------------------------------------------------------------


def idx(array):
    return gzip.compress(
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
    )


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name, table", [("mnist", "MNIST_MD5"), ("fashion_mnist", "FASHION_MD5")])
def test_mnist_reads_files_that_were_put_there(name, table, train, tmp_path, monkeypatch, rng):
    pytest.importorskip("pooch")
    images, targets = (
        rng.integers(256, size=(7, 28, 28), dtype=np.uint8),
        rng.integers(10, size=7, dtype=np.uint8),
    )
    (tmp_path / name).mkdir()
    for file in getattr(datasets, table):
        if file.startswith("train") == train:
            content = idx(images if "images" in file else targets)
            (tmp_path / name / file).write_bytes(content)
            monkeypatch.setitem(getattr(datasets, table), file, hashlib.md5(content).hexdigest())
    data = getattr(datasets, name)(train, folder=tmp_path)
    assert (
        np.array_equal(data.x, images)
        and data.x.flags.writeable
        and data.y.tolist() == targets.tolist()
        and len(data.classes) == 10
    )


@pytest.mark.parametrize("train", [True, False])
def test_cifar(train, tmp_path, monkeypatch, rng):
    pytest.importorskip("pooch")
    rows = rng.integers(256, size=(6, 2, 3073), dtype=np.uint8)
    rows[..., 0] %= 10
    (tmp_path / "cifar10").mkdir()
    path = tmp_path / "cifar10" / datasets.CIFAR_FILE
    with tarfile.open(path, "w:gz") as archive:
        for name, content in zip(
            [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"], rows
        ):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = content.nbytes
            archive.addfile(member, io.BytesIO(content.tobytes()))
    monkeypatch.setattr(datasets, "CIFAR_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    data = datasets.cifar10(train, folder=tmp_path)
    expected = rows[:5].reshape(10, 3073) if train else rows[5]
    assert data.y.tolist() == expected[:, 0].tolist()
    assert (
        data.x.shape[1:] == (3, 32, 32)
        and data.x[1, 2, 31, 31] == expected[1, -1]
        and data.x[0, 0, 0, 1] == expected[0, 2]
    )
    with pytest.raises(ValueError, match="has no other.bin"):
        datasets.read_cifar(path, ["other.bin"])


def test_without_network_it_says_what_to_put_where(tmp_path):
    pytest.importorskip("pooch")
    with pytest.raises(OSError, match="t.gz could not be fetched") as error:
        datasets.fetched("some", "http://127.0.0.1:9/t.gz", "0" * 32, tmp_path)
    assert str(tmp_path / "some" / "t.gz") in str(error.value) and "http://127.0.0.1:9/t.gz" in str(
        error.value
    )


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "begins with b''"),
        (b"\0\0\x0d\1\0\0\0\1\0", "unsigned bytes"),
        (b"\0\0\x08\1\0\0\0\5abc", r"\[5\] and holds 3 bytes"),
    ],
)
def test_damaged_idx_files(content, message, tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=message):
        datasets.read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize(
    "module, call",
    [
        ("pooch", datasets.mnist),
        ("vega_datasets", datasets.cars),
        ("sklearn.datasets", datasets.iris),
    ],
)
def test_missing_packages_are_named(module, call, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"autograd-engine\[data\]"):
        call()


# --- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arms", [2, 3])
def test_spirals(arms):
    data = datasets.spirals(100, arms, turns=1.5, noise=0)
    radius, angle = np.hypot(*data.x.T), np.arctan2(*data.x.T[::-1])
    assert radius.max() == pytest.approx(1)
    turned = angle - 2 * np.pi * (1.5 * radius + data.y / arms)
    np.testing.assert_allclose(np.cos(turned), 1)
    assert np.ptp(np.bincount(data.y)) <= 1 and len(np.bincount(data.y)) == arms


def test_moons():
    make = pytest.importorskip("sklearn.datasets").make_moons
    x, y = datasets.moons(200, noise=0)
    reference, labels = make(200, shuffle=False, noise=None)
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c], reference[labels == c], atol=1e-12)


@pytest.mark.parametrize("make", [datasets.moons, datasets.spirals])
def test_noise_is_of_the_generator(make):
    a, b = (make(500, noise=0.1, generator=ag.Generator().manual_seed(3)).x for _ in range(2))
    assert np.array_equal(a, b) and np.std(a - make(500, noise=0).x) == pytest.approx(0.1, rel=0.1)
    assert not np.array_equal(make(5).x, make(5).x)
