"""The script that Streamlit runs for each visit and each click."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.dashboard.comparison import comparison_page
from workbench.dashboard.curation import curation_page
from workbench.dashboard.runs import runs_page

st.set_page_config(page_title="workbench", layout="wide", initial_sidebar_state=340)
# Pages have no icons: the browser's tab would ask a font server on the internet for them. The first has no path: Streamlit serves it at / alone.
chosen = st.navigation(
    [
        st.Page(curation_page, title="Curate", default=True),
        st.Page(runs_page, title="Runs", url_path="runs"),
        st.Page(comparison_page, title="Compare", url_path="compare"),
    ],
    position="top",
)
st.html(Path(__file__).with_name("style.css"))
chosen.run()
