"""Data about persons, and keys that open things. Evidence shows places and masked values, never the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import Evidence, findings
from workbench.selectors._patterns import Match, Pattern, families_of, spans_of
from workbench.selectors._roles import RolesParams
from workbench.types import Action, Direction, Rule, Scope, SelectorKind, Signal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, Findings, SelectorContext

_RESERVED: Final = ("example", "example.com", "example.org", "example.net", "domain.com", "email.com", "test.com", "localhost")
"""Domains that belong to nobody (RFC 2606), and what people write in their place."""
_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GE": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "KW": 30,
    "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PK": 24,
    "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29,
}  # fmt: skip
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def is_card(text: str) -> bool:
    """Whether the digits could be a payment card's: a known first digit, 13 to 19 of them, not all the same, and Luhn's check (ISO/IEC 7812-1)."""
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or digits[0] not in {2, 3, 4, 5, 6} or len(set(digits)) < 2:
        return False
    doubled = [digit if place % 2 == 0 else (2 * digit - 9 if digit > 4 else 2 * digit) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether it has its country's length and leaves 1 modulo 97 (ISO 13616, ISO/IEC 7064)."""
    compact = "".join(text.split())
    if _IBAN_LENGTHS.get(compact[:2]) != len(compact):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def is_resident_number(text: str) -> bool:
    """Whether the last character checks a Chinese resident number (GB 11643: ISO 7064, modulo 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, text[:17], strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _is_address(text: str) -> bool:
    domain = text.rpartition("@")[2].lower()
    return domain not in _RESERVED and not domain.endswith(tuple(f".{name}" for name in (*_RESERVED, "invalid", "test")))


def _is_phone(text: str) -> bool:
    """Not the exchange 555, which fiction uses, nor what people type in the place of a number."""
    digits = "".join(map(str, _digits(text)))
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and digits[-7:-4] != "555" and "123456" not in digits


def _is_social(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000" and text not in {"123-45-6789", "078-05-1120"}


_CONTACT: Final = (
    Pattern(
        code="an e-mail address",
        expression=r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@(?:[A-Za-z0-9\-]{1,63}\.){1,4}[A-Za-z]{2,24}",
        needs="@",
        check=_is_address,
    ),
    Pattern(
        code="a phone number",
        expression=r"\B\+\d{1,3}[ .\-]?(?:\(\d{1,4}\)[ .\-]?)?\d{2,5}(?:[ .\-]?\d{2,5}){1,4}",
        needs="+",
        digits=8,
        check=_is_phone,
    ),
    Pattern(code="a phone number", expression=r"(?:\(\d{3}\) ?|\b\d{3}[-.])\d{3}[-.]\d{4}\b", digits=10, check=_is_phone),
    Pattern(code="a phone number", expression=r"\b1[3-9]\d(?:[ \-]?)\d{4}(?:[ \-]?)\d{4}\b", digits=11, check=_is_phone),
)
_IDENTITY: Final = (
    Pattern(
        code="a Chinese resident number",
        expression=r"\b[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b",
        digits=17,
        check=is_resident_number,
    ),
    Pattern(code="an IBAN", expression=r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", digits=8, check=is_iban),
    Pattern(code="a card number", expression=r"\b(?:\d{4}[ \-]?){3}\d{1,7}\b|\b3[47]\d{2}[ \-]?\d{6}[ \-]?\d{5}\b", digits=13, check=is_card),
    Pattern(code="a social security number", expression=r"\b\d{3}-\d{2}-\d{4}\b", digits=9, check=_is_social),
)
_SECRET: Final = (
    Pattern(code="a private key", expression=r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----", literals=("-----BEGIN",)),
    Pattern(code="an access key", expression=r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_\-]{35}", literals=("AKIA", "ASIA", "AIza")),
    Pattern(
        code="an access token",
        expression=r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{40}|\bglpat-[A-Za-z0-9_\-]{20}|\bhf_[A-Za-z0-9]{30}",
        literals=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_"),
    ),
    Pattern(code="an access token", expression=r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_\-]{24}|\bxox[abprs]-[A-Za-z0-9\-]{10}", literals=("sk-", "xox")),
    Pattern(code="a signed token", expression=r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}", literals=(".eyJ",)),
)
_FAMILIES: Final = (("contact", _CONTACT), ("identity", _IDENTITY), ("secret", _SECRET))


def masked(match: Match, family: str) -> str:
    """What a value is and not which: an address by its first character and its ending, a key by its prefix, a number by its last two digits."""
    if family == "secret":
        return f"{match.text[:4]}***"
    if "@" in match.text:
        return f"{match.text[0]}***@***.{match.text.rpartition('.')[2]}"
    return f"***{match.text[-2:]}"


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """Finds personal data: ways to reach a person, numbers that identify one, and keys.

    ``contact``: e-mail addresses, phone numbers (international, North American, Chinese mobile). ``identity``: card numbers (Luhn's check), IBAN
    (modulo 97, length by country), Chinese resident numbers (modulo 11-2), social security numbers. ``secret``: private keys, access keys and
    tokens, by the prefixes that their issuers give. Addresses and numbers that are kept for examples and fiction are left alone. Evidence is
    masked. For review: a help line's number is no secret.
    """

    params: RolesParams = RolesParams()
    name: str = "personal-data"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    signals: tuple[Signal, ...] = tuple(
        Signal(
            name=name,
            dtype="int64",
            summary=summary,
            low=0.0,
            direction=Direction.LOWER,
            rule=Rule(action=Action.REVIEW, operator=">", threshold=0.0),
            reasons={name: "{role} has {what}: {masked}"},
        )
        for name, summary in (
            ("contact", "How many e-mail addresses and phone numbers stand in its texts."),
            ("identity", "How many card, account and identity numbers with a right checksum stand in its texts."),
            ("secret", "How many keys and tokens stand in its texts."),
        )
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The roles that are looked at."""
        return self.params.roles

    def score(self, examples: ExampleTable, context: SelectorContext) -> Findings:  # noqa: ARG002 - the contract's signature
        """See ``Selector.score``."""
        evidence = Evidence()
        columns: dict[str, pa.Array | np.ndarray] = {}
        found_of = families_of(examples, self.params.roles, [patterns for _, patterns in _FAMILIES])
        for (name, _), matches in zip(_FAMILIES, found_of, strict=True):
            columns[name] = matches.column()
            for position, found in matches.items():
                evidence.add(
                    position, name, name, {"role": found[0].role, "what": found[0].code, "masked": masked(found[0], name)}, spans=spans_of(found)
                )
        return findings(self.signals, columns, evidence=evidence)
