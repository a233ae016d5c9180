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


def test_fashion_mnist_from_a_folder_is_known_by_its_content(tmp_path, monkeypatch):
    """Files that were packed anew have other sums, and hold the same."""
    labels = (np.arange(10_000) % 10).astype(np.uint8)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(idx(np.zeros((10_000, 28, 28), np.uint8)))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    found = datasets.fashion_mnist(train=False, folder=tmp_path)
    np.testing.assert_array_equal(found.y, labels)
    with pytest.raises(ValueError, match=r"do not hold mnist: images of shape \[10000, 28, 28\]"):
        datasets.mnist(train=False, folder=tmp_path)
    monkeypatch.setattr(datasets, "DEBIAN", tmp_path.parent)
    place = tmp_path.parent / "fashion-mnist"
    place.symlink_to(tmp_path, target_is_directory=True)
    assert len(datasets.fashion_mnist(train=False)) == 10_000
    (place / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(labels[:5000]))
    with pytest.raises(ValueError, match=r"labels of shape \[5000\]"):
        datasets.fashion_mnist(train=False)


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
    x, y = datasets.moons(200, noise=0, shuffle=False)
    reference, labels = make(200, shuffle=False, noise=None)
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c], reference[labels == c], atol=1e-12)


@pytest.mark.parametrize("make", [datasets.moons, datasets.spirals, datasets.circles])
def test_noise_is_of_the_generator(make):
    a, b = (
        make(500, noise=0.1, generator=ag.Generator().manual_seed(3), shuffle=False).x
        for _ in range(2)
    )
    still = make(500, noise=0, shuffle=False).x
    assert np.array_equal(a, b) and np.std(a - still) == pytest.approx(0.1, rel=0.1)
    assert not np.array_equal(make(5).x, make(5).x)


def test_circles():
    make = pytest.importorskip("sklearn.datasets").make_circles
    for n in (200, 201):
        x, y = datasets.circles(n, factor=0.3, noise=0, shuffle=False)
        sizes = ((n + 1) // 2, n // 2)
        reference, labels = make(sizes, shuffle=False, noise=None, factor=0.3)
        for c in (0, 1):
            np.testing.assert_allclose(x[y == c], reference[labels == c], atol=1e-12)


@pytest.mark.parametrize("make", [datasets.moons, datasets.spirals, datasets.circles])
def test_the_order_is_random_and_the_points_are_the_same(make):
    still, moved = make(40, noise=0, shuffle=False), make(40, noise=0)
    assert not np.array_equal(still.x, moved.x)
    assert sorted(map(tuple, np.c_[still.x, still.y])) == sorted(
        map(tuple, np.c_[moved.x, moved.y])
    )


def test_diabetes():
    pytest.importorskip("sklearn")
    data = datasets.diabetes()
    assert data.x.shape == (442, 10) and data.y.mean() == pytest.approx(152.133, abs=1e-3)
    assert data["age"].mean() == pytest.approx(48.518, abs=1e-3) and data["progression"] is data.y
    assert data.classes == () and data.features[2] == "bmi"


# --- what can be done with data -------------------------------------------------------------------


@pytest.fixture
def table(rng):
    x, y = rng.normal(3, 2, size=(40, 3)), np.repeat([0, 1, 2], [20, 12, 8])
    return datasets.Data(x, y, ("a", "b", "c"), ("no", "<maybe>", "yes"), "answer")


def test_samples_by_number_and_columns_by_name(table):
    x, y = table[3]
    assert np.array_equal(x, table.x[3]) and y == table.y[3]
    for key in (slice(2, 9), [1, 5], np.array([4, 4]), table.y == 1, ag.tensor([0, 2])):
        index = key.numpy() if isinstance(key, ag.Tensor) else key
        part = table[key]
        assert np.array_equal(part.x, table.x[index]) and np.array_equal(part.y, table.y[index])
        assert part.features == table.features and part.classes == table.classes
    assert np.array_equal(table["b"], table.x[:, 1]) and table["answer"] is table.y
    part = table[["c", "a"]]
    assert part.features == ("c", "a") and np.array_equal(part.x, table.x[:, [2, 0]])
    assert np.array_equal(table[:5]["a"], table.x[:5, 0])
    with pytest.raises(KeyError, match="no column 'd', but 'a', 'b', 'c', 'answer'"):
        table["d"]
    with pytest.raises(KeyError, match="none with a name"):
        datasets.Data(table.x, table.y)[["a"]]
    with pytest.raises(IndexError):
        table[40]


@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ((0.6, 0.2, 0.2), [24, 8, 8]),
        ((0.8,), [32, 8]),
        ((0.5, 0.25), [20, 10, 10]),
        ((30, 10), [30, 10]),
        ((30,), [30, 10]),
        ((1 / 3, 1 / 3, 1 / 3), [14, 13, 13]),
        ((1.0,), [40]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"stratify": True}, {"shuffle": False}], ids=str)
def test_parts_do_not_overlap_and_are_all_there_is(table, shares, sizes, options):
    parts = table.split(*shares, **options)
    assert [len(part) for part in parts] == sizes
    rows = np.concatenate([np.c_[part.x, part.y] for part in parts])
    whole = np.c_[table.x, table.y]
    assert sorted(map(tuple, rows)) == sorted(map(tuple, whole))
    assert np.array_equal(rows, whole) == (
        options == {"shuffle": False} or sizes == [40] and bool(options)
    )
    if "stratify" in options:
        for part, size in zip(parts, sizes):
            counts = np.bincount(part.y, minlength=3)
            assert np.abs(counts - np.array([20, 12, 8]) * size / 40).max() < 1.01
    again = [
        table.split(*shares, generator=ag.Generator().manual_seed(2), **options)[0]
        for _ in range(2)
    ]
    assert np.array_equal(again[0].x, again[1].x)


def test_all_parts_are_standardised_by_the_first(table):
    x = np.c_[table.x, np.full(40, 7.0)]
    data = datasets.Data(x, table.y)
    train, test = data.split(0.5, shuffle=False, standardise=True)
    np.testing.assert_allclose(train.x[:, :3].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(train.x[:, :3].std(0), 1)
    assert not train.x[:, 3].any() and not test.x[:, 3].any()
    mean, deviation = x[:20, :3].mean(0), x[:20, :3].std(0)
    np.testing.assert_allclose(test.x[:, :3], (x[20:, :3] - mean) / deviation)
    images = datasets.Data(np.arange(64, dtype=np.uint8).reshape(4, 4, 4), np.arange(4))
    first, second = images.split(0.5, shuffle=False, standardise=True)
    assert first.x.mean() == pytest.approx(0) and first.x.std() == pytest.approx(1)
    assert second.x.mean() > 1


@pytest.mark.parametrize(
    ("shares", "options", "message"),
    [
        ((0.8, 0.4), {}, "more than the 40 samples"),
        ((30, 20), {}, "more than the 40 samples"),
        ((), {}, "positive"),
        ((0.5, -0.1), {}, "positive"),
        ((0.5, 0), {}, "positive"),
        ((0.99, 0.01), {}, "leave a part empty"),
        ((0.5,), {"stratify": True, "shuffle": False}, "drawn at random"),
    ],
)
def test_shares_that_cannot_be(table, shares, options, message):
    with pytest.raises(ValueError, match=message):
        table.split(*shares, **options)
    numbers = datasets.Data(table.x, table.y * 1.0)
    with pytest.raises(ValueError, match="integer targets"):
        numbers.split(0.5, stratify=True)


def test_what_a_notebook_shows(table):
    html = table._repr_html_()
    assert html.count("<tr>") == 1 + 5 + 1 and "&lt;maybe&gt;" not in html
    assert "<th>answer</th>" in html and f"<td>{table.x[0, 0]:.4g}</td>" in html
    assert "40 samples of 3 float64, 3 classes" in html
    assert "&lt;maybe&gt;" in table[table.y == 1]._repr_html_()
    numbers = datasets.Data(table.x, table.y * 1.5)
    assert "<th>x2</th>" in numbers._repr_html_() and "<th>y</th>" in numbers._repr_html_()


@pytest.mark.parametrize("shape", [(8, 6), (1, 8, 6), (3, 8, 6)])
def test_images_are_shown_as_they_are(shape, rng):
    import base64

    pyplot = pytest.importorskip("matplotlib.pyplot")
    images = rng.integers(17, size=(20, *shape), dtype=np.uint8)
    images[0].flat[0] = 16
    html = datasets.Data(images, np.arange(20) % 2, classes=("a", "b"))._repr_html_()
    assert html.count("<img") == 12 and "<figcaption>b</figcaption>" in html
    assert (
        html.count("height:56px") == 12
    )  # an attribute would lose against the style sheets of pages
    content = base64.b64decode(html.partition("base64,")[2].partition('"')[0])
    found = pyplot.imread(io.BytesIO(content))
    expected = np.floor(images[0] * (255 / 16)) / 255
    if len(shape) == 3:
        expected = expected[0] if shape[0] == 1 else np.moveaxis(expected, 0, -1)
    np.testing.assert_allclose(found[..., :3] if shape[0] == 3 else found, expected, atol=1e-6)
