"""Log text made safe to keep: no colours, no control characters, no secrets, not too long.

Log text is never trusted: whatever a client can make a server log ends up here.
"""

from __future__ import annotations

import re

MAX_TEXT = 2_048  # characters kept of a line or of a field: enough to recognise, safe to store
MAX_LOOK = 4 * MAX_TEXT  # characters looked at for secrets before the text is cut to MAX_TEXT
REDACTED = "[redacted]"

# ECMA-48: control sequences (colours, cursor), operating system commands, two-byte escapes.
# rsyslog writes the escape character as #033.
_ANSI = re.compile(
    r"#033\[[0-9;]*+m|\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?>(?:\x07|\x1b\\)?)|[@-Z\\^_])"
)
# Controls, lone surrogates, and what reorders or hides text on a terminal or in a browser.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_NAME = (
    r"(?:[a-z]{1,20}[_-])?(?:token|key|secret|signature)|apikey|auth|authorization|password|passwd"
    r"|pwd|jwt|sid|session(?:[_-]?id)?|ticket|credentials?"
)
# "no bearer found" has none: a token has a digit or a sign, or is long.
_TOKEN = r"(?=[A-Za-z]*[0-9._~+/=-]|\w{20})"
_MAYBE_BEARER = re.compile(rf"earer {_TOKEN}")
# Words one of which is in every name that _NAME knows.
_WORDS = ("token", "key", "auth", "sid", "session", "secret", "signature", "passw", "pwd", "jwt",
          "ticket", "credential")  # fmt: skip
_RULES = (
    (  # token=..., also %3D and JSON's = for the sign; "token":"...", also escaped once more
        re.compile(
            rf"(?i)(?<![a-z0-9])((?:{_NAME})(?:=|%3D|\\u003d|\\?[\"']?: ?\\?[\"'])"
            r"(?>(?:Bearer |Basic )?))(?!\[redacted\])[^\s&\"'`,;)\]}\\]+"
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), REDACTED),
    (re.compile(rf"(?i)\b(bearer ){_TOKEN}[\w.~+/=-]{{8,}}"), rf"\1{REDACTED}"),
    (re.compile(r"(://)[^/\s@?#]+@"), rf"\1{REDACTED}@"),
)


def plain(text: str) -> str:
    """The text without colours and other terminal escapes."""
    return _ANSI.sub("", text) if "\x1b" in text or "#033[" in text else text


def visible(text: str) -> str:
    r"""The text with every control character shown as \xNN or \uNNNN, so that none acts."""
    return text if text.isprintable() else _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def suspicious(text: str) -> bool:
    """Whether the text may hold a secret: a quick look, never a false "no"."""
    # One `in` after the other: four times as fast as one expression or a loop over a tuple.
    if "@" in text or "eyJ" in text or "EARER " in text:
        return True
    if "earer " in text and _MAYBE_BEARER.search(text) is not None:
        return True
    assigns = (
        "=" in text or '"' in text or "'" in text or "%3" in text or "u003" in text
    )  # fmt: skip
    if not assigns:
        return False
    lowered = text.lower()
    return any(word in lowered for word in _WORDS)


def redact(text: str) -> str:
    """The text with secrets replaced by `[redacted]`, made visible, at most MAX_TEXT long."""
    text = text[:MAX_LOOK]
    if suspicious(text):
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
    return visible(text)[:MAX_TEXT]
