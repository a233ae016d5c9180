"""Data to learn from, each as named NumPy arrays: small tables that come with packages, images that
are fetched once, shapes made here.
"""

from __future__ import annotations

import gzip
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from autograd_engine import Generator, default_generator

from .table import Data

__all__ = [
    "Data",
    "breast_cancer",
    "cars",
    "cifar10",
    "circles",
    "diabetes",
    "digits",
    "fashion_mnist",
    "fetched",
    "iris",
    "mnist",
    "moons",
    "read_cifar",
    "read_idx",
    "spirals",
    "wine",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


# --- tables that come with a package --------------------------------------------------------------


def _sklearn(name: str) -> Any:
    """``sklearn.datasets``, for the data set of this name."""
    try:
        import sklearn.datasets
    except ImportError as error:
        raise ImportError(
            f"the data set {name} needs scikit-learn: pip install 'autograd-engine[data]'"
        ) from error
    return sklearn.datasets


def _from_sklearn(name: str, target: str) -> Data:
    found = getattr(_sklearn(name), f"load_{name}")()
    classes = tuple(map(str, found.target_names))
    if name == "digits":
        return Data(found.images.astype(np.uint8), found.target, (), classes, target)
    return Data(found.data, found.target, tuple(map(str, found.feature_names)), classes, target)


def digits() -> Data:
    """1797 handwritten digits, images of 8 × 8 pixels from 0 to 16 (scikit-learn's)."""
    return _from_sklearn("digits", "digit")


def iris() -> Data:
    """150 flowers of three kinds, measured in cm (scikit-learn's)."""
    return _from_sklearn("iris", "species")


def wine() -> Data:
    """178 wines of three growers, 13 measurements each (scikit-learn's)."""
    return _from_sklearn("wine", "grower")


def breast_cancer() -> Data:
    """569 tumours, malignant or benign, 30 measurements each (scikit-learn's)."""
    return _from_sklearn("breast_cancer", "diagnosis")


def diabetes() -> Data:
    """442 patients, 10 measurements each, and how far their diabetes had advanced a year later
    (scikit-learn's, in the units in which they were measured).
    """
    found = _sklearn("diabetes").load_diabetes(scaled=False)
    names = tuple(map(str, found.feature_names))
    return Data(found.data, found.target, names, target="progression")


CAR_COLUMNS = {
    "Cylinders": "cylinders",
    "Displacement": "displacement (cubic inches)",
    "Horsepower": "horsepower",
    "Weight_in_lbs": "weight (lbs)",
    "Acceleration": "0-60 mph (s)",
    "Year": "year",
}


def cars() -> Data:
    """392 cars of 1970 to 1982 and how many miles they go with a gallon (the package
    vega_datasets').

    The 14 cars of which the consumption or the power is not known are left out.
    """
    try:
        from vega_datasets import local_data
    except ImportError as error:
        raise ImportError(
            "the data set cars needs vega_datasets: pip install 'autograd-engine[data]'"
        ) from error
    rows = json.loads(Path(local_data.cars.filepath).read_text(encoding="utf-8"))
    rows = [
        {**row, "Year": row["Year"][:4]}
        for row in rows
        if row["Miles_per_Gallon"] and row["Horsepower"]
    ]
    x = np.array([[float(row[column]) for column in CAR_COLUMNS] for row in rows])
    y = np.array([float(row["Miles_per_Gallon"]) for row in rows])
    return Data(x, y, tuple(CAR_COLUMNS.values()), target="miles per gallon")


# --- images that are fetched once -----------------------------------------------------------------

MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"

MNIST_MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
FASHION_MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
CIFAR_FILE = "cifar-10-binary.tar.gz"
CIFAR_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"

FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
CIFAR_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def fetched(name: str, url: str, md5: str, folder: Any = None) -> Path:
    """A file from the cache, or from the network into the cache if it is not there.

    Parameters
    ----------
    name : str
        The folder of the data set in the cache.
    url : str
        Where the file is; its last part is its name.
    md5 : str
        What the file must add up to.
    folder : path, optional
        The cache; by default the user's own.

    Raises
    ------
    OSError
        If there is no network; the message says which file to put where.
    """
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"the data set {name} needs pooch: pip install 'autograd-engine[data]'"
        ) from error
    place = Path(folder or pooch.os_cache("autograd-engine")) / name
    file = url.rpartition("/")[2]
    try:
        return Path(pooch.retrieve(url, known_hash=f"md5:{md5}", fname=file, path=place))
    except (OSError, ValueError) as error:
        raise OSError(
            f"{file} could not be fetched ({error}). Without network: get it elsewhere from {url} "
            f"and put it at {place / file}"
        ) from error


def read_idx(path: Any) -> np.ndarray:
    """The array in a file of MNIST's format: two zeros, the kind, the number of dimensions, the
    dimensions, the bytes.

    Raises
    ------
    ValueError
        If the file is something else, or its end is missing.
    """
    with gzip.open(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise ValueError(
            f"{path} is no file of unsigned bytes in the IDX format: it begins with {content[:4]!r}"
        )
    ndim = content[3]
    shape = struct.unpack_from(f">{ndim}I", content, 4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * ndim)
    if values.size != np.prod(shape):
        raise ValueError(
            f"{path} announces an array of shape {list(shape)} and holds {values.size} bytes"
        )
    return values.reshape(shape).copy()


DEBIAN = Path("/usr/share/datasets")
"""Where Debian's packages of data sets put their files."""


def _idx_pair(
    name: str, url: str, md5: dict[str, str], train: bool, folder: Any, classes: tuple[str, ...]
) -> Data:
    files = [file for file in md5 if file.startswith("train" if train else "t10k")]
    for place in (folder, DEBIAN / name.replace("_", "-")):
        if place is not None and all((Path(place) / file).is_file() for file in files):
            x, y = (read_idx(Path(place) / file) for file in files)
            _require_complete(name, place, x, y, 60_000 if train else 10_000)
            break
    else:
        x, y = (read_idx(fetched(name, url + file, md5[file], folder)) for file in files)
    return Data(x, y.astype(np.int64), classes=classes, target="class")


def _require_complete(name: str, place: Any, x: np.ndarray, y: np.ndarray, n: int) -> None:
    """Raise unless files that somebody else put there, perhaps packed anew, hold the data set."""
    counts = np.bincount(y.reshape(-1), minlength=10)
    fits = x.shape == (n, 28, 28) and y.shape == (n,) and len(counts) == 10
    if not fits or (name == "fashion_mnist") != (counts == n // 10).all():
        raise ValueError(
            f"the files in {place} do not hold {name}: images of shape {list(x.shape)}, labels of "
            f"shape {list(y.shape)}, and of each class {counts.tolist()}"
        )


def mnist(train: bool = True, folder: Any = None) -> Data:
    """Handwritten digits, 28 × 28 pixels: 60,000 to learn from, or 10,000 to test.

    Parameters
    ----------
    train : bool
    folder : path, optional
        Where the data set's four files lie; or the cache that they are fetched into, by default the
        user's own. Debian's package of the data set is found by itself.

    Raises
    ------
    ValueError
        If the files in the folder hold something else.
    OSError
        If they are nowhere, and there is no network.
    """
    return _idx_pair("mnist", MNIST_URL, MNIST_MD5, train, folder, tuple("0123456789"))


def fashion_mnist(train: bool = True, folder: Any = None) -> Data:
    """Pictures of clothes, in MNIST's format and numbers; the arguments are those of `mnist`."""
    return _idx_pair("fashion_mnist", FASHION_URL, FASHION_MD5, train, folder, FASHION_CLASSES)


def cifar10(train: bool = True, folder: Any = None) -> Data:
    """Small colour photographs, 3 × 32 × 32: 50,000 to learn from, or 10,000 to test; the arguments
    are those of `mnist`.
    """
    names = ["test_batch.bin"]
    if train:
        names = [f"data_batch_{i}.bin" for i in range(1, 6)]
    return read_cifar(fetched("cifar10", CIFAR_URL + CIFAR_FILE, CIFAR_MD5, folder), names)


def read_cifar(path: Any, names: list[str]) -> Data:
    """The images of some members of CIFAR-10's archive of binary files: for each image its class
    and 3072 bytes.
    """
    with tarfile.open(path) as archive:
        members = {Path(member.name).name: member for member in archive if member.isfile()}
        missing = [name for name in names if name not in members]
        if missing:
            raise ValueError(f"{path} has no {', '.join(missing)}")
        files = [archive.extractfile(members[name]) for name in names]
        content = b"".join(file.read() for file in files if file is not None)
    rows = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    return Data(
        rows[:, 1:].reshape(-1, 3, 32, 32).copy(),
        rows[:, 0].astype(np.int64),
        classes=CIFAR_CLASSES,
        target="class",
    )


# --- made here ------------------------------------------------------------------------------------


def _plane(
    points: np.ndarray,
    y: np.ndarray,
    classes: int,
    noise: float,
    shuffle: bool,
    generator: Generator | None,
) -> Data:
    """Points in the plane with noise, in random order or as they are."""
    source = (generator or default_generator).numpy
    points = points + noise * source.normal(size=points.shape)
    if shuffle:
        order = source.permutation(len(y))
        points, y = points[order], y[order]
    return Data(points, y, ("x", "y"), tuple(map(str, range(classes))), "class")


def spirals(
    n: int = 300,
    arms: int = 2,
    turns: float = 1.0,
    noise: float = 0.05,
    generator: Generator | None = None,
    shuffle: bool = True,
) -> Data:
    """Points in the plane on spirals that wind around each other, each arm a class.

    Parameters
    ----------
    n : int
        Points altogether.
    arms : int
    turns : float
        How often an arm goes around; it ends at radius 1.
    noise : float
        The standard deviation of what is added to both coordinates.
    generator : Generator, optional
    shuffle : bool
        Whether the points are in random order; otherwise from the inside to the outside, the arms
        in turn.

    Examples
    --------
    >>> from nn.datasets import spirals
    >>> spirals(300, arms=3).classes
    ('0', '1', '2')
    """
    y = np.arange(n) % arms
    radius = (np.arange(n) // arms + 1) / -(-n // arms)
    angle = 2 * np.pi * (turns * radius + y / arms)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _plane(points, y, arms, noise, shuffle, generator)


def moons(
    n: int = 300, noise: float = 0.1, generator: Generator | None = None, shuffle: bool = True
) -> Data:
    """Points in the plane on two half circles of radius 1 that reach into each other; the arguments
    are those of `spirals`.
    """
    y = np.arange(n) % 2
    angle = np.pi * (np.arange(n) // 2) / max(-(-n // 2) - 1, 1)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.where(y[:, None] == 0, upper, [1.0, 0.5] - upper)
    return _plane(points, y, 2, noise, shuffle, generator)


def circles(
    n: int = 300,
    factor: float = 0.5,
    noise: float = 0.05,
    generator: Generator | None = None,
    shuffle: bool = True,
) -> Data:
    """Points in the plane on two circles around 0: class 0 on that of radius 1, class 1 on that of
    radius ``factor``; the other arguments are those of `spirals`.
    """
    y = np.arange(n) % 2
    angle = 2 * np.pi * (np.arange(n) // 2) / np.array([-(-n // 2), max(n // 2, 1)])[y]
    radius = np.where(y == 0, 1.0, factor)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _plane(points, y, 2, noise, shuffle, generator)
