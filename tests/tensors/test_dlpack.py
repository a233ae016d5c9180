"""Memory is shared with other libraries through DLPack, both ways, and never copied unasked."""

import numpy as np
import pytest

import autograd_engine as ag

ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.arange(6, dtype="float32")[::2],
    np.arange(12).reshape(3, 4).T[1:],
    np.array([True, False]),
    np.arange(3, dtype="uint8"),
    np.float64(2.5),
    np.zeros((0, 2)),
]


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_memory_goes_there_and_back(array):
    t = ag.tensor(array) if array.ndim == 0 else ag.from_numpy(array)
    seen = np.from_dlpack(t)
    assert (seen.dtype, seen.shape, seen.strides) == (array.dtype, array.shape, array.strides)
    assert address(seen) == address(t.numpy())
    back = ag.from_dlpack(seen)
    assert address(back.numpy()) == address(t.numpy()) and back.equal(t)
    assert ag.from_dlpack(t).equal(t) and t.__dlpack_device__() == seen.__dlpack_device__()
    if array.size:
        assert address(ag.from_dlpack(seen, copy=True).numpy()) != address(seen)


def test_a_change_shows_on_the_other_side():
    t = ag.zeros(3)
    np.from_dlpack(t)[1] = 5
    assert t.tolist() == [0, 5, 0]
    array = np.zeros(2)
    ag.from_dlpack(array).add_(1)
    assert array.tolist() == [1, 1]


def test_what_has_a_graph_or_cannot_be_written_to_is_not_shared_as_if_it_could():
    w = ag.ones(2, requires_grad=True)
    for t in (w, w * 2):
        with pytest.raises(BufferError, match=r"shape \[2\] that requires gradients .*detach"):
            np.from_dlpack(t)
    assert address(np.from_dlpack(w.detach())) == address(w.numpy())
    fixed = np.ones(2)
    fixed.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        ag.from_dlpack(fixed).add_(1)
    with pytest.raises(BufferError):
        ag.from_numpy(fixed).__dlpack__()
    with pytest.raises(TypeError, match="speaks DLPack, got list"):
        ag.from_dlpack([1.0])
    with pytest.raises(TypeError, match="complex128"):
        ag.from_dlpack(np.ones(2, complex))


def test_pytorch_takes_and_gives_memory():
    torch = pytest.importorskip("torch")
    for array in ARRAYS[:5]:
        t = ag.from_numpy(array)
        theirs = torch.from_dlpack(t)
        assert theirs.data_ptr() == address(array) and theirs.tolist() == array.tolist()
        assert address(ag.from_dlpack(theirs).numpy()) == address(array)
    with pytest.raises(BufferError):
        torch.from_dlpack(ag.ones(2, requires_grad=True))
    with pytest.raises(BufferError):
        ag.from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises((BufferError, RuntimeError)):
        ag.from_dlpack(torch.ones(2, dtype=torch.bfloat16))
