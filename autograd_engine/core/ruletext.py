"""The rules of gradients as text, read from where they are declared: for the table of all ops, and
for pictures that say what happens at a step.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from types import CodeType
from typing import Any

from .primitive import Rule


def first_paragraph(doc: str) -> str:
    """The text up to the first empty line, in one line of Markdown."""
    return " ".join(doc.partition("\n\n")[0].split()).replace("``", "`")


def rule_text(rule: Rule) -> str:
    """The rule as its docstring says it; without one, the expression of its source where it is one;
    else its name.
    """
    vjp: Any = inspect.unwrap(rule.vjp)  # a kernel may stand beside it
    if vjp.__doc__:
        return first_paragraph(vjp.__doc__.strip())
    if (found := definition(vjp.__code__)) is not None:
        node, source = found
        body = node.body if isinstance(node, ast.Lambda) else returned(node)
        if body is not None:
            return f"`{in_one_line(ast.get_source_segment(source, body) or '')}`"
    return f"`{vjp.__name__}`"


def in_one_line(source: str) -> str:
    """An expression without its line breaks.

    >>> in_one_line("f(\\n    x,\\n    y\\n)")
    'f(x, y)'
    """
    return " ".join(source.split()).replace("( ", "(").replace(" )", ")")


def returned(node: ast.FunctionDef) -> ast.expr | None:
    """The expression of a function that does nothing but return one."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def definition(code: CodeType) -> tuple[ast.Lambda | ast.FunctionDef, str] | None:
    """The function in its file that was compiled to ``code``, and the text of that file; None where
    there is no file.
    """
    source, functions = parsed(code.co_filename)
    names = list(code.co_varnames[: code.co_argcount])
    found = [
        node
        for node in functions.get(code.co_firstlineno, ())
        if [arg.arg for arg in node.args.args] == names
    ]
    if len(found) > 1:
        place = f"{code.co_filename}:{code.co_firstlineno}"
        raise ValueError(f"{place}: rules of the same arguments need a line each")
    return (found[0], source) if found else None


@functools.cache
def parsed(filename: str) -> tuple[str, dict[int, list]]:
    """The text of a file, and its functions by the line on which they begin."""
    source = "".join(linecache.getlines(filename))
    functions: dict[int, list] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            functions.setdefault(min([node.lineno, *(d.lineno for d in decorators)]), []).append(
                node
            )
    return source, functions
