"""Plots of growth, drawn by gnuplot from what the bench measured."""
import os
import subprocess

# Grey and blue are readable on white and on black, and nothing is painted behind them.
SCRIPT = """
set terminal svg size 640,320 dynamic font "sans-serif,13"
set output "{path}"
set border 3 linecolor rgb "#808080"
set tics nomirror textcolor rgb "#808080"
set grid ytics linecolor rgb "#808080" dashtype 3 linewidth 0.5
set xlabel "{label}" textcolor rgb "#808080"
set ylabel "CPU, us a line" textcolor rgb "#808080"
set logscale x
set format x "{ticks}"
set yrange [0:{top}]
unset key
plot "-" using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor rgb "#3b8eea"
{points}
e
"""


def draw(points, label, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    # The axis begins at zero, so that what is flat looks flat.
    top = 1.4 * max(point["us_per_line"] for point in points) or 1
    script = SCRIPT.format(path=path, label=label, top=top,
                           ticks="%.0s%c" if points[-1]["x"] >= 10_000 else "%.0f",
                           points="\n".join(f"{p['x']} {p['us_per_line']}" for p in points))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
