"""NumPy and tensors: what NumPy's functions do with a Tensor, and by which doors values leave."""

from .dispatch import FAMILIES, NO_EFFECT, dispatch_function, dispatch_ufunc, numpy_name
from .doors import READERS, watch_door
