"""A chart as an SVG file of its own, drawn as the product's reports draw theirs, for the reports that benchmarks write."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from workbench.report.charts import draw

COLOURS = ["#2a6fbb", "#cf7a17", "#23885f", "#8457bd", "#c34b4a", "#8a6a3f", "#158a94", "#6e7a84"]
DASHES = ["none", "7 4", "2 4", "9 3 2 3", "12 4", "4 2", "1 3", "6 6"]
STYLE = """
  .paper { fill: #fff } .grid, .zero { stroke: #d8dce0 } text { font: 12px system-ui, sans-serif; fill: #4b555e; dominant-baseline: middle }
  .sideways { transform: rotate(-90deg) } .curve { fill: none; stroke-width: 2 }
"""
LEGEND_LINE = 18


def write_svg(chart, path):
    """Write a line chart with its legend beneath, and what it shows in words for those who don't see it."""
    drawing = draw(chart)
    height = drawing.height + LEGEND_LINE * len(drawing.legend)
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {drawing.width:g} {height:g}", role="img")
    ET.SubElement(root, "title").text = chart.title
    ET.SubElement(root, "desc").text = drawing.description
    colours = "".join(
        f"  .c{at} {{ stroke: {colour}; stroke-dasharray: {dash} }}\n" for at, (colour, dash) in enumerate(zip(COLOURS, DASHES, strict=True))
    )
    ET.SubElement(root, "style").text = STYLE + colours
    ET.SubElement(root, "rect", {"class": "paper", "width": f"{drawing.width:g}", "height": f"{height:g}"})
    for line in drawing.lines:
        _add(root, "line", line.css, x1=line.x1, y1=line.y1, x2=line.x2, y2=line.y2)
    for curve in drawing.curves:
        tag, css = ("polygon", "band") if curve.area else ("polyline", "curve")
        element = ET.SubElement(root, tag, {"class": f"{css} {curve.css}", "points": curve.points})
        ET.SubElement(element, "title").text = curve.tip
    for label in drawing.labels:
        _add(root, "text", label.css, x=label.x, y=label.y, anchor=label.anchor).text = label.text
    for at, (css, name) in enumerate(drawing.legend):
        y = drawing.height + LEGEND_LINE * at + 4
        _add(root, "line", f"curve {css}", x1=40, y1=y, x2=70, y2=y)
        _add(root, "text", "key", x=78, y=y).text = name
    ET.indent(root)
    path.write_text(ET.tostring(root, encoding="unicode") + "\n", encoding="utf-8")


def _add(root, tag, css, *, anchor="", **places):
    attributes = {"class": css, **{name: f"{value:g}" for name, value in places.items()}}
    return ET.SubElement(root, tag, attributes | ({"text-anchor": anchor} if anchor else {}))
