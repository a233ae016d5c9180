"""What the live widgets share: anywidget, loaded when it is needed, and the scripts of the saved
pages.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from .html import script


SHARED = ("view", "inspect", "steps")
"""The functions that a widget's own script may call, each from the file of its name."""


def widget_class(asked: str) -> Any:
    """``anywidget.AnyWidget``; `asked` is what the user called, for the message where it is not
    installed.
    """
    try:
        from anywidget import AnyWidget  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError(
            f'{asked} needs anywidget: pip install anywidget (or "autograd-engine[notebook]")'
        ) from error
    return AnyWidget


def widget_script(name: str) -> str:
    """The JavaScript module of a widget: its own file, after the functions that saved pages run."""
    own = files(__package__).joinpath(f"{name}.js").read_text(encoding="utf-8")
    shared = "".join(f"const {each} = {script(each)};\n" for each in SHARED)
    return shared + own


def still_beside(bundle: Any, html: str, words: str) -> Any:
    """What a widget shows, with what stands in its place where no widget runs: in a saved notebook,
    on a web page, in a terminal.
    """
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    if data is not None:
        data["text/html"] = html
        data["text/plain"] = words
    return bundle
