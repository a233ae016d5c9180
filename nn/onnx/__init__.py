"""Models as ONNX, for whatever runs it: onnxruntime, browsers, phones; Netron shows it."""

from .exporting import export

__all__ = ["export"]


def __dir__() -> list[str]:
    return __all__
