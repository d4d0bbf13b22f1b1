"""The dashboard: Streamlit, and nothing but Streamlit."""

from __future__ import annotations

from workbench.dashboard.server import serve

__all__ = ["serve"]
