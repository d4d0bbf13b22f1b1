"""Reports: one model of what is known of an experiment, and several ways to show it."""

from __future__ import annotations

from workbench.report.building import build, plugin_section
from workbench.report.curated import curation_section
from workbench.report.html import to_html
from workbench.report.imported import data_section
from workbench.report.markdown import to_markdown
from workbench.report.model import Report, Section
from workbench.report.planted import planted_section
from workbench.report.reader import StoreReader
from workbench.report.text import excerpt, printable
from workbench.report.writing import FORMATS, write

__all__ = [
    "FORMATS",
    "Report",
    "Section",
    "StoreReader",
    "build",
    "curation_section",
    "data_section",
    "excerpt",
    "planted_section",
    "plugin_section",
    "printable",
    "to_html",
    "to_markdown",
    "write",
]
