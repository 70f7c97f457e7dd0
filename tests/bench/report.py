"""Figures as a table that reads well in a terminal and in Markdown, and as JSON."""
import dataclasses


@dataclasses.dataclass
class Row:
    what: str
    figure: str          # with its unit
    ratio: float = None
    base: str = ""       # what the ratio is to
    aim: float = None    # the ratio, or the figure where there is none, should be at most this ...
    at_least: bool = False  # ... or at least


def aim_text(row):
    if row.aim is None:
        return ""
    return ("at least " if row.at_least else "at most ") + f"{row.aim:g}"


def table(rows, heads=("what", "figure", "ratio", "to", "aim")):
    cells = [heads] + [(row.what, row.figure, "" if row.ratio is None else f"{row.ratio:.2f}",
                        row.base, aim_text(row)) for row in rows]
    return columns(cells)


def columns(cells):
    """`cells` are rows of texts, the first of which are the heads."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |"
             for row in cells]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)
