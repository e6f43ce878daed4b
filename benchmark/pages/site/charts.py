"""How the page's charts look, as Vega-Lite specifications, and the library that draws them.

The data are not in the specifications: the page puts in those of the board that is looked at. Text
and axes take the colour of the page around them, light or dark.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import vl_convert

_HEAT_END = 25
"""Gain in points from which on a colour gets no stronger."""
_ROW = 30
"""Height of one row of the heat map in pixels; the page knows how many there are."""
_CLOSE = 15
"""Gain from which on a cell is so dark that its text has to be light."""


def specifications() -> dict[str, dict[str, Any]]:
    """Kind of chart -> its specification.

    They name the data that they want: ``points``, ``gains`` and ``marks`` of a board, and ``map``.
    """
    made = {"accuracy": _accuracy(), "gain": _gain(), "map": _map()}
    return {kind: chart.to_dict(validate=True) for kind, chart in made.items()}


def library() -> str:
    """JavaScript that defines ``vegaEmbed``, without a network; fit for a ``script`` element."""
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle(vl_version=version)
    return bundle.replace("</script", r"<\/script")


def _accuracy() -> alt.LayerChart:
    made = alt.layer(
        *_crossovers(), *_curves("points", "test accuracy, %", hollow="datum.unfinished")
    )
    return _styled(made.add_params(alt.param(name="sizes", value=[])), height=280)


def _gain() -> alt.LayerChart:
    level = alt.Chart(alt.Data(values=[{}]))
    zero = level.mark_rule(color="currentColor", opacity=0.7).encode(
        y=alt.YDatum(0, type="quantitative")
    )
    margins = [
        level.mark_rule(color="currentColor", opacity=0.6, strokeDash=[2, 4], clip=True).encode(
            y=alt.YDatum(alt.expr(f"{sign}margin"), type="quantitative")
        )
        for sign in ("", "-")
    ]
    curves = _curves("gains", "gain over scratch, points", hollow="false")
    made = alt.layer(zero, *margins, *_crossovers(), *curves, _named_crossovers())
    sizes, margin = alt.param(name="sizes", value=[]), alt.param(name="margin", value=0)
    return _styled(made.add_params(sizes, margin), height=280)


def _curves(data: str, title: str, hollow: str) -> list[alt.Chart]:
    """A band, a line and points with their values for each arm; a point may be hollow."""
    base = alt.Chart(alt.NamedData(data)).encode(x=_size_axis(), detail="arm:N")
    colour = alt.Color("colour:N", scale=None)
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    band = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_area(opacity=0.16)
        .encode(y=alt.Y("low:Q", title=title), y2="high:Q", color=colour)
    )
    line = base.mark_line(strokeWidth=2).encode(y=y, color=colour)
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(
        y=y,
        stroke=alt.Stroke("colour:N", scale=None),
        fill=alt.Fill("colour:N", scale=None),
        fillOpacity=alt.when(hollow).then(alt.value(0)).otherwise(alt.value(1)),
        shape=alt.Shape("shape:N", scale=None),
        tooltip=_words(n="images per class", arm="arm", shown=title, seeds="seeds"),
    )
    return [band, line, points]


def _crossovers() -> list[alt.Chart]:
    """Where an arm stops helping: a dashed line in its interval."""
    base = alt.Chart(alt.NamedData("marks")).encode(
        color=alt.Color("colour:N", scale=None), tooltip=_words(arm="arm", shown="crossover")
    )
    interval = base.mark_rect(opacity=0.1).encode(x=_size_axis("low"), x2="high:Q")
    rule = base.mark_rule(strokeDash=[6, 4], strokeWidth=2).encode(x=_size_axis())
    return [interval, rule]


def _named_crossovers() -> alt.Chart:
    """Words beside them, one below the other."""
    below = alt.ExprRef("2 + 14 * datum.place")
    return (
        alt.Chart(alt.NamedData("marks"))
        .mark_text(align="left", baseline="top", dx=4, dy=below)
        .encode(x=_size_axis(), y=alt.value(0), text="shown:N")
    )


def _size_axis(field: str = "n") -> alt.X:
    axis = alt.Axis(values=alt.ExprRef("sizes"), grid=False, labelOverlap="greedy", format="d")
    scale = alt.Scale(type="log", nice=False, padding=16)
    return alt.X(f"{field}:Q", title="images per class, N", scale=scale, axis=axis)


def _map() -> alt.LayerChart:
    lines = {"labelExpr": r"split(datum.label, '\n')", "labelLineHeight": 12, "labelOffset": -6}
    labels = alt.Axis(labelLimit=220, **lines)
    titles = {"task": "task", "backbone": "backbone"}
    base = alt.Chart(alt.NamedData("map")).encode(
        x=alt.X("n:O", title="images per class, N", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("row:N", title=None, sort=None, axis=labels, scale=alt.Scale(paddingInner=0.08)),
        tooltip=_words(**titles, n="images per class", arm="arm", shown="gain"),
    )
    reach = [-_HEAT_END, 0, _HEAT_END]
    scale = alt.Scale(scheme="blueorange", reverse=True, domain=reach, clamp=True)
    legend = alt.Legend(title="gain, points", orient="bottom", gradientLength=200)
    cells = base.mark_rect(cursor="pointer").encode(alt.Color("gain:Q", scale=scale, legend=legend))
    numbers = base.encode(
        text=alt.Text("gain:Q", format="+.1f"),
        color=alt.when(f"abs(datum.gain) > {_CLOSE}")
        .then(alt.value("white"))
        .otherwise(alt.value("black")),
    )
    texts = [
        numbers.transform_filter(chosen).mark_text(fontSize=10, fontWeight=weight, cursor="pointer")
        for chosen, weight in (("datum.sure", "bold"), ("!datum.sure", "normal"))
    ]
    return _styled(alt.layer(cells, *texts), height=_ROW)


def _words(**titles: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def _styled(chart: alt.LayerChart, height: Any) -> alt.LayerChart:
    text = {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    lines = {"domainColor": "currentColor", "tickColor": "currentColor", "domainOpacity": 0.5}
    grid = {"gridColor": "currentColor", "gridOpacity": 0.12, "titleFontWeight": "normal"}
    return (
        chart.properties(width="container", height=height, background="transparent")
        .configure(font="system-ui, sans-serif", aria=False)
        .configure_axis(**text, **lines, **grid)
        .configure_legend(**text, titleFontWeight="normal")
        .configure_text(color="currentColor", fontSize=12)
        .configure_view(stroke=None)
    )
