"""How Streamlit is set up: nothing leaves the machine, errors hold nobody's data, colours can be read."""

from __future__ import annotations

from typing import Any, Final

from workbench.reports.fonts import FAMILY, SYSTEM_FONTS, WEIGHTS

FONT_PATH: Final = "/fonts"
"""Where the server offers the shipped font; a browser asks for it only where it has no other Chinese font."""

_FONTS: Final = f"'Source Sans', {SYSTEM_FONTS}, '{FAMILY}', sans-serif"

CONFIG: Final[dict[str, Any]] = {
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 20,
    "server.enableAgentApi": False,
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "global.suppressDeprecationWarnings": True,
    "logger.hideWelcomeMessage": True,
    "theme.base": "light",
    "theme.primaryColor": "#1f4e79",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f3f6fa",
    "theme.textColor": "#1f2937",
    "theme.linkColor": "#1f4e79",
    "theme.borderColor": "#d5dce4",
    "theme.baseRadius": "0.4rem",
    "theme.font": _FONTS,
    "theme.headingFont": _FONTS,
    "theme.fontFaces": [
        {"family": FAMILY, "url": f"{FONT_PATH}/{file}", "weight": weight, "style": "normal"}
        for file, weight in WEIGHTS.items()
    ],
    "theme.showWidgetBorder": True,
    "theme.sidebar.backgroundColor": "#f3f6fa",
}
"""Options of the server, as `streamlit.App.run` takes them."""
