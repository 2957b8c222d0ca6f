# SPDX-License-Identifier: BSD-3-Clause

"""Draws what `dpdk-test-iommufd` or `lab bench` measured: `dpdk-iommufd.py plot`.

Figures are grouped by what they are of and by their unit; each group is a panel of bars beside a
table of the same numbers. Figures of many samples are drawn a second time, by their percentiles.
"""

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

FORMATS = (".svg", ".png")
PERCENTILES = ("p50", "p90", "p99", "p99.9", "most")

# Okabe and Ito's: told apart by the colour-blind, and by their brightness in print
OURS, PEER, MISSED = "#0072B2", "#E69F00", "#B03A00"
MARKERS = dict(zip(PERCENTILES, (("o", "#0072B2"), ("^", "#009E73"), ("s", "#E69F00"),
                                 ("D", "#D55E00"), ("|", "#000000"))))
STYLE = {
    "font.family": "sans-serif", "font.size": 9, "axes.spines.top": False,
    "axes.spines.right": False, "svg.fonttype": "none", "svg.hashsalt": "dpdk-iommufd",
}

# Inches
WIDTH, LINE, GAP, HEAD = 14, 0.19, 0.09, 0.75
LEFT, RIGHT = 3.1, 7.6          # where bars begin and end
LOG_FROM = 30                   # most by least, from which on an axis is logarithmic
MANY = 10                       # samples, of which percentiles say something


class PlotError(Exception):
    """Why nothing was drawn, for the user."""


@dataclass(frozen=True)
class Bar:
    """A bar, and its line of the table."""
    value: float
    what: str
    ratio: str = ""
    note: str = ""
    ours: bool = True
    missed: bool = False
    span: tuple[float, float] | None = None     # least and most


@dataclass
class Panel:
    """Figures of one group that have one unit: bars by name."""
    title: str
    bars: dict[str, list[Bar]] = field(default_factory=dict)


@dataclass
class Spread:
    """The same for figures of many samples: values by name, and by percentile."""
    title: str
    rows: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass
class Drawing:
    """All that is drawn."""
    title: str
    panels: dict[tuple[str, str], Panel] = field(default_factory=dict)
    spreads: dict[tuple[str, str], Spread] = field(default_factory=dict)

    def panel(self, group, unit):
        """That of a group and unit, in the order in which they come."""
        return self.panels.setdefault((group, unit), Panel(titled(group, unit)))

    def add_spread(self, group, name, figure):
        """One more figure with percentiles, if it has them."""
        if figure.get("count", 0) >= MANY and all(name in figure for name in PERCENTILES):
            unit = figure["unit"]
            spread = self.spreads.setdefault(
                (group, unit), Spread(titled(group, f"percentiles, {unit}")))
            spread.rows[name] = {key: number_of(figure, key) for key in ("least", *PERCENTILES)}


def titled(group, what):
    """What a panel is called; figures needn't be of a group."""
    return f"{group}: {what}" if group else what


def number_of(fields, name):
    """A number of a JSON object, which must be one."""
    value = fields[name]
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} is {value}")
    return value


def shown(value):
    """Digits as they say something: 15,339 and 254.40"""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.2f}"


def shown_ratio(ratio):
    """The same of a ratio; near 1 the last digits matter."""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    if ratio >= 10:
        return f"{ratio:.1f}"
    if 0.9 < ratio < 1.1:
        return f"{ratio:.4f}"
    return f"{ratio:.3f}" if ratio >= 0.1 else f"{ratio:.2g}"


def read_comparison(rows):
    """What `lab bench --json` writes: a list of ours beside a peer's."""
    drawing = Drawing("ours beside other ways, by lab bench")
    for row in rows:
        panel = drawing.panel(row.get("job", ""), row["unit"])
        bars = panel.bars.setdefault(row["name"], [])
        if not bars:
            bars.append(Bar(number_of(row, "ours"), "ours"))
        ratio, target = row["ratio"], row.get("target")
        missed = row.get("met") is False
        bars.append(Bar(
            number_of(row, "peer"), row["peer_name"], ours=False, missed=missed,
            ratio="" if ratio is None else shown_ratio(number_of(row, "ratio")),
            note=f"{target}: {'MISSED' if missed else 'met'}" if target else ""))
        if row.get("application"):
            drawing.add_spread(row.get("job", ""), row["name"], row["application"])
    return drawing


def read_application(run):
    """What `dpdk-test-iommufd --json` writes: an object about a run."""
    way = "--iova-mode=iommufd" if run.get("iommufd") else "without --iova-mode=iommufd"
    about = (run.get("dpdk"), run.get("kernel") and f"Linux {run['kernel']}", run.get("cpu"), way)
    drawing = Drawing(f"dpdk-test-iommufd: {', '.join(filter(None, about))}")
    for figure in run["figures"]:
        panel = drawing.panel(f"bench {figure['bench']}", figure["unit"])
        bars = panel.bars.setdefault(figure["name"], [])
        what = []
        count = figure.get("count", 1)
        if count != 1:
            what.append(f"median of {count:,}")
        if "requests" in figure:
            each = number_of(figure, "requests")
            what.append(f"{shown(each)} request{'' if each == 1 else 's'}")
        value = number_of(figure, "value" if "value" in figure else "p50")
        span = (number_of(figure, "least"), number_of(figure, "most")) if count > 1 else None
        bars.append(Bar(value, ", ".join(what), span=span))
        drawing.add_spread(f"bench {figure['bench']}", figure["name"], figure)
    return drawing


def read(path):
    """The figures of a file."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise PlotError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise PlotError(f"{path} is not JSON: {error}") from None

    try:
        drawing = read_comparison(found) if isinstance(found, list) else read_application(found)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PlotError(
            f"{path} has no figures of a bench, neither what dpdk-test-iommufd --json writes nor "
            f"what lab bench --json does ({type(error).__name__}: {error})") from None
    if not drawing.panels:
        raise PlotError(f"{path} has no figures: nothing was measured")
    return drawing


def scale(axes, values):
    """A logarithmic axis where magnitudes differ, else one from 0; returns where bars begin."""
    positive = [value for value in values if value > 0]
    if not any(values):
        axes.set_xticks([])
        return 0
    if not positive or max(positive) < LOG_FROM * min(positive):
        axes.set_xlim(min(0, *values), max(positive, default=1) * 1.04)
        return 0
    least = 10 ** math.floor(math.log10(min(positive) * 0.8))
    axes.set_xscale("log")
    axes.set_xlim(least, max(positive) * 1.3)
    axes.xaxis.set_minor_formatter("")
    return least


def magnitude(value, _position):
    """A number of an axis: 20k, 1.5M"""
    for power, letter in ((9, "G"), (6, "M"), (3, "k")):
        if abs(value) >= 10 ** power:
            return f"{value / 10 ** power:g}{letter}"
    return f"{value:g}"


def prepare(axes, title, values):
    """What panels of both kinds have; returns where bars begin."""
    axes.set_title(title, loc="left", fontweight="bold")
    axes.grid(axis="x", color="#D9D9D9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    left = scale(axes, values)
    axes.xaxis.set_major_formatter(magnitude)
    return left


def write_line(axes, y, columns, **how):
    """A line of the table beside an axis: (inches from its end, alignment, text)."""
    for inches, side, text in columns:
        if text:
            axes.text(1 + inches / (RIGHT - LEFT), y, text, ha=side, va="center",
                      transform=axes.get_yaxis_transform(), **how)


BAR_COLUMNS = ((1.05, "right"), (1.2, "left"), (4.1, "right"), (4.25, "left"))


def draw_bars(axes, panel):
    """Bars of a panel, the first on top, and their numbers."""
    values = [value for bars in panel.bars.values() for bar in bars
              for value in (bar.value, *(bar.span or ()))]
    left = prepare(axes, panel.title, values)
    y, ticks = 0.0, []
    for bars in panel.bars.values():
        ticks.append(y)
        for bar in bars:
            colour = OURS if bar.ours else PEER
            width = max(bar.value, left) - left if left else bar.value
            axes.barh(y, width, height=LINE * 0.82, left=left, color=colour, linewidth=0)
            if bar.span:
                axes.plot([max(end, left) for end in bar.span], [y, y], color="black",
                          linewidth=1, marker="|", markersize=5)
            write_line(axes, y, [(*column, text) for column, text in zip(
                BAR_COLUMNS, (shown(bar.value), bar.what, bar.ratio, bar.note))],
                color=MISSED if bar.missed else "black",
                fontweight="bold" if bar.missed or (bar.ours and len(bars) > 1) else "normal")
            y += LINE
        y += GAP
    axes.set_yticks(ticks, labels=list(panel.bars))
    axes.set_ylim(y - GAP - LINE / 2, -LINE * 1.6)
    every = [bar for bars in panel.bars.values() for bar in bars]
    heads = ("", "", "ratio" if any(bar.ratio for bar in every) else "",
             "target" if any(bar.note for bar in every) else "")
    write_line(axes, -LINE, [(*column, text) for column, text in zip(BAR_COLUMNS, heads)],
               color="#555555", style="italic")


def draw_spread(axes, spread):
    """Percentiles of a group, each with a mark of its own."""
    left = prepare(axes, spread.title,
                   [value for row in spread.rows.values() for value in row.values()])
    columns = [(1.05 * (number + 1), "right") for number in range(len(PERCENTILES))]
    write_line(axes, -LINE, [(*column, name) for column, name in zip(columns, PERCENTILES)],
               color="#555555", style="italic")
    for (inches, _), (marker, colour) in zip(columns, MARKERS.values()):
        axes.plot(1 + (inches - 0.5) / (RIGHT - LEFT), -LINE, marker, color=colour, clip_on=False,
                  transform=axes.get_yaxis_transform())
    ticks = []
    for number, row in enumerate(spread.rows.values()):
        y = number * (LINE + GAP)
        ticks.append(y)
        axes.plot([max(row["least"], left), row["most"]], [y, y], color="#999999", linewidth=1)
        for name, (marker, colour) in MARKERS.items():
            axes.plot(max(row[name], left), y, marker, color=colour, markersize=6,
                      clip_on=False)
        write_line(axes, y, [(*column, shown(row[name]))
                             for column, name in zip(columns, PERCENTILES)])
    axes.set_yticks(ticks, labels=list(spread.rows))
    axes.set_ylim(ticks[-1] + LINE, -LINE * 1.6)


def height_of(part):
    """Inches of a panel between its title and its axis."""
    if isinstance(part, Spread):
        return len(part.rows) * (LINE + GAP) + 2 * LINE
    return sum(len(bars) * LINE + GAP for bars in part.bars.values()) + LINE


def draw(drawing):
    """A matplotlib figure of it all."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError("matplotlib is missing: apt-get install python3-matplotlib") from None

    matplotlib.rcParams.update(STYLE)
    parts = [*drawing.panels.values(), *drawing.spreads.values()]
    height = sum(height_of(part) + HEAD for part in parts) + 0.55
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.15 / WIDTH, 1 - 0.2 / height, drawing.title, va="top", fontsize=11,
                fontweight="bold")
    top = height - 0.45
    for part in parts:
        bottom = top - HEAD + 0.35 - height_of(part)
        axes = figure.add_axes((LEFT / WIDTH, bottom / height, (RIGHT - LEFT) / WIDTH,
                                height_of(part) / height))
        (draw_spread if isinstance(part, Spread) else draw_bars)(axes, part)
        top = bottom - 0.35
    return figure


def write(figure, output):
    """Writes a whole file, or none."""
    temporary = output.with_name(f".{output.name}.{os.getpid()}")
    metadata = {"Date": None} if output.suffix == ".svg" else None  # the same for the same figures
    try:
        try:
            figure.savefig(temporary, format=output.suffix[1:], dpi=110, metadata=metadata)
            temporary.replace(output)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise PlotError(f"{output}: {error.strerror}") from None


def plot(path, output):
    """Draws the figures of a file; the output's suffix says how."""
    output = Path(output) if output else Path(path).with_suffix(FORMATS[0])
    if output.suffix not in FORMATS:
        raise PlotError(f"{output}: its name must end in {' or '.join(FORMATS)}")
    write(draw(read(path)), output)
