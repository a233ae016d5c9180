"""What is found wrong with a computation, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that one should know.

    Attributes
    ----------
    kind : str
        "failed", "nan", "vanished", "exploded", "zero" (of a gradient), "dead", "saturated",
        "unused", "frozen" or "detached".
    sentence : str
    nodes : tuple of int
        The keys of the nodes that it is about, in the graph that is not folded.
    badge : str
        What stands on these nodes.
    amount : float or None
        By which factor the gradient changes; which share of units or elements it is; how many
        elements or parameters.
    """

    kind: str
    sentence: str
    nodes: tuple[int, ...] = ()
    badge: str = ""
    amount: float | None = None


class Verdict(tuple):
    """All findings, the most urgent first. Printed, it is their sentences.

    Examples
    --------
    >>> from autograd_engine import draw, tensor
    >>> x = tensor([-1.0, 4.0], requires_grad=True)
    >>> print(draw(x * 2).verdict)
    nothing wrong was found
    """

    __slots__ = ()

    def __str__(self) -> str:
        if not self:
            return "nothing wrong was found"
        return "\n".join(finding.sentence for finding in self)

    def __repr__(self) -> str:
        return f"<Verdict: {str(self)}>"

    @property
    def kinds(self) -> list[str]:
        """The kind of each finding."""
        return [finding.kind for finding in self]
