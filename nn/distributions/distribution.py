"""What all distributions have in common: shapes, samples without gradient, checks of parameters."""

from typing import Any

from autograd_engine import Tensor, as_tensor, broadcast_tensors, no_grad, sqrt


def parameters(*values: Any) -> list[Tensor]:
    """Parameters as tensors of floats, broadcast to one shape."""
    tensors = [as_tensor(value) for value in values]
    floats: list[Any] = [t if t.is_floating_point() else t.float() for t in tensors]
    return list(broadcast_tensors(*floats))


def require_values(owner: object, name: str, value: Tensor, good: Tensor, wanted: str) -> None:
    """Raise where a parameter has values that it must not have."""
    if bool(good.all()):
        return
    bad = value.detach().numpy()[~good.numpy()].ravel()[:3].tolist()
    raise ValueError(f"{type(owner).__name__}: {name} must be {wanted}, got {bad}")


class Distribution:
    """The base of all distributions.

    Parameters
    ----------
    batch_shape : tuple of int
        The shape of the parameters: so many independent distributions.
    event_shape : tuple of int
        The shape of one draw.

    Examples
    --------
    >>> from nn.distributions import Normal
    >>> Normal([0.0, 1.0], 1.0).batch_shape
    (2,)
    """

    has_rsample = False

    def __init__(self, batch_shape: tuple = (), event_shape: tuple = ()) -> None:
        self.batch_shape = tuple(batch_shape)
        self.event_shape = tuple(event_shape)

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError(f"{type(self).__name__} has no mean")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return sqrt(self.variance)

    def log_prob(self, value: Any) -> Tensor:
        """The logarithm of the density, or of the probability, of ``value``."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def entropy(self) -> Tensor:
        """The entropy in nats, of ``batch_shape``."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy")

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        """Draws through which gradients reach the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample: use sample")

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        """Draws without gradient, of ``sample_shape + batch_shape + event_shape``."""
        with no_grad():
            return self.rsample(sample_shape)

    def _extended(self, sample_shape: tuple) -> tuple:
        return (*sample_shape, *self.batch_shape, *self.event_shape)
