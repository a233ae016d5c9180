"""Reading the DOT text that `dot` writes: nodes, edges and boxes with their attributes. It is what
pictures are made of where no Graphviz is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

Attributes = dict[str, str]

TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|->|[\w.]+|[][{}=;,]|<|\s+')
BRACKET = re.compile("[<>]")


@dataclass(eq=False, slots=True)
class Box:
    """The whole picture, or a cluster in it.

    Attributes
    ----------
    attributes : dict
    boxes : list of Box
    nodes : dict of str to dict
        The nodes directly in it, with their attributes.
    """

    attributes: Attributes = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    nodes: dict[str, Attributes] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Arrow:
    """An edge."""

    source: str
    target: str
    attributes: Attributes


@dataclass(eq=False, slots=True)
class Dot:
    """A picture as its DOT text says it."""

    root: Box = field(default_factory=Box)
    arrows: list[Arrow] = field(default_factory=list)
    defaults: dict[str, Attributes] = field(default_factory=lambda: {"node": {}, "edge": {}})


def read(source: str) -> Dot:
    """The picture that a DOT text says."""
    reader = _Reader(list(tokens(source)))
    return reader.picture()


def tokens(source: str) -> Iterator[str]:
    """Words, strings and signs; what stands in angle brackets is one."""
    place = 0
    while place < len(source):
        found = TOKEN.match(source, place)
        if found is None:
            raise ValueError(f"DOT text that cannot be read: {source[place : place + 40]!r}")
        token = found[0]
        place = found.end()
        if token == "<":
            start = place
            depth = 1
            for bracket in BRACKET.finditer(source, place):
                depth += 1 if bracket[0] == "<" else -1
                if not depth:
                    place = bracket.end()
                    break
            yield f"<{source[start : place - 1]}>"
        elif not token.isspace() and not token.startswith("//"):
            yield token


def text_of(token: str) -> str:
    """What a string says: its escapes and entities resolved."""
    if not token.startswith('"'):
        return token
    said = token[1:-1].replace('\\"', '"')
    said = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), said)
    return unescape(said)


class _Reader:
    """Goes through the tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0
        self.dot = Dot()

    def picture(self) -> Dot:
        while self._next() != "{":
            pass
        self._statements(self.dot.root)
        return self.dot

    def _next(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def _ahead(self) -> str:
        return self.tokens[self.place]

    def _statements(self, box: Box) -> None:
        while (token := self._next()) != "}":
            if token == "subgraph":
                self._next()  # the name of a cluster
                inner = Box()
                box.boxes.append(inner)
                self._next()
                self._statements(inner)
            elif token == "{":  # what only shares a level
                self._statements(Box())
            elif self._ahead() == "=":
                self._next()
                box.attributes[token] = text_of(self._next())
            elif self._ahead() == "->":
                self._next()
                target = self._next()
                arrow = Arrow(token, target, self.dot.defaults["edge"] | self._attributes())
                self.dot.arrows.append(arrow)
            elif token == "graph":
                box.attributes |= self._attributes()
            elif token in self.dot.defaults:
                self.dot.defaults[token] = self._attributes()
            else:
                box.nodes[token] = self.dot.defaults["node"] | self._attributes()

    def _attributes(self) -> Attributes:
        found: Attributes = {}
        if self._ahead() != "[":
            return found
        self._next()
        while (name := self._next()) != "]":
            self._next()
            found[name] = text_of(self._next())
        return found
