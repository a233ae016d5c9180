"""The colours of the pictures, by role, for light and for dark.

A picture is drawn in the light colours. Its style sheet then maps each of them to the dark one
where the reader's system (or the notebook's theme) is dark, so every role needs a colour of its
own.
"""

from __future__ import annotations

LIGHT = {
    "ink": "#1f2328",
    "muted": "#505861",
    "line": "#8c959f",
    "grad": "#8a3512",
    "bad": "#a40e26",
    "op": "#ffffff",
    "op-line": "#c4ccd6",
    "output": "#fefefe",
    "output-line": "#57606a",
    "leaf": "#eff8f0",
    "leaf-line": "#86b791",
    "parameter": "#edf3fc",
    "parameter-line": "#86a8d8",
    "constant": "#f5f6f7",
    "constant-line": "#dcdfe3",
    "group": "#f7f4fb",
    "group-line": "#b3a1cf",
    "scope": "#fafbfc",
    "scope-line": "#d5dae0",
    "failed": "#fdecec",
    "backward": "#fdf4ee",
    "backward-line": "#dba98b",
    "heat0": "#f7fafd",
    "heat1": "#fdf8e6",
    "heat2": "#fbf0cb",
    "heat3": "#f9e6ab",
    "heat4": "#f7dc8c",
    "heat5": "#f4cf66",
    "cold3": "#b9d2f5",
    "cold2": "#c6daf6",
    "cold1": "#e2ecfa",
    "even": "#f6f6f3",
    "warm1": "#fdeee2",
    "warm2": "#fbdcc4",
    "warm3": "#f8c8a2",
}

DARK = {
    "ink": "#e6e9ec",
    "muted": "#bac3cc",
    "line": "#77818c",
    "grad": "#f7b693",
    "bad": "#ffa39b",
    "op": "#262b31",
    "op-line": "#4b545f",
    "output": "#2b3138",
    "output-line": "#a3adb8",
    "leaf": "#1f2f25",
    "leaf-line": "#527f5f",
    "parameter": "#1f2b3d",
    "parameter-line": "#5174a6",
    "constant": "#22262b",
    "constant-line": "#3b424a",
    "group": "#2a2534",
    "group-line": "#6f5f8e",
    "scope": "#1c2025",
    "scope-line": "#3a424b",
    "failed": "#3c2022",
    "backward": "#33271f",
    "backward-line": "#8a6248",
    "heat0": "#20262c",
    "heat1": "#2b2a1f",
    "heat2": "#38321c",
    "heat3": "#463b1a",
    "heat4": "#4e4018",
    "heat5": "#5a4714",
    "cold3": "#2a4776",
    "cold2": "#283f63",
    "cold1": "#253449",
    "even": "#262b30",
    "warm1": "#3a2e25",
    "warm2": "#4d3825",
    "warm3": "#5c4024",
}

PAPER = {"light": "#ffffff", "dark": "#15181c"}
"""Behind a picture whose theme was chosen; otherwise it is transparent."""

SANS = "Helvetica,Arial,sans-serif"
MONO = "Menlo,Consolas,DejaVu Sans Mono,monospace"


def palette(theme: str) -> dict[str, str]:
    """The colours of a theme; those of "auto" are the light ones."""
    if theme not in ("auto", "light", "dark"):
        raise ValueError(f"theme is 'auto', 'light' or 'dark', got {theme!r}")
    return DARK if theme == "dark" else LIGHT


def dark_rules(scope: str) -> str:
    """Style rules that turn each light colour inside ``scope`` into the dark one."""
    rules = [f"{scope}{{fill:{DARK['ink']}}}"]
    for role, light in LIGHT.items():
        for what in ("fill", "stroke"):
            rules.append(f'{scope} [{what}="{light}"]{{{what}:{DARK[role]}}}')
    return "".join(rules)
