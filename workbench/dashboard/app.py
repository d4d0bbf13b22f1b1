"""The script that Streamlit runs for each visit and each click."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.dashboard.bias_page import bias_page
from workbench.dashboard.comparison import comparison_page
from workbench.dashboard.curation import curation_page
from workbench.dashboard.datasets_page import datasets_page
from workbench.dashboard.decisions import remember_author
from workbench.dashboard.duplicates_page import duplicates_page
from workbench.dashboard.export_page import export_page
from workbench.dashboard.history_page import history_page
from workbench.dashboard.navigation import navigate
from workbench.dashboard.plugins_page import plugins_page
from workbench.dashboard.policy_page import policy_page
from workbench.dashboard.record_page import record_page
from workbench.dashboard.runs import runs_page
from workbench.dashboard.status_page import status_page

# In a field a key is a letter, not a shortcut; Escape leaves it, so that the hands can stay on the keyboard.
LEAVE_FIELDS = """<script>
window.leaveFields ??= document.addEventListener("keydown", (event) => event.key === "Escape" && document.activeElement?.blur()) ?? true
</script>"""

st.set_page_config(page_title="workbench", layout="wide", initial_sidebar_state=340)
chosen = navigate(
    {
        "Curate": curation_page,
        "Record": record_page,
        "Duplicates": duplicates_page,
        "Policy": policy_page,
        "Export": export_page,
        "Datasets": datasets_page,
        "Bias": bias_page,
        "History": history_page,
        "Runs": runs_page,
        "Compare": comparison_page,
        "Plugins": plugins_page,
        "Status": status_page,
    }
)
st.html(Path(__file__).with_name("style.css"))
st.html(LEAVE_FIELDS, unsafe_allow_javascript=True)
remember_author()
chosen.run()
