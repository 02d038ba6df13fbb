"""Bank accounts and routing beside cards and IBAN, and addresses of crypto-currencies."""

from __future__ import annotations

from casb_cli.scan.detect.catalogue._numbers import Number, number_detector
from casb_cli.scan.detect.rules import Detector, Rule

_ACCOUNT = ("account", "account number", "account no", "acct", "bank account")

_NUMBERS = (
    Number(
        "us.rtn",
        "us-routing-number",
        "US bank routing number (ABA)",
        r"(?:[0-9]{4}-?[0-9]{4}-?[0-9]|[0-9]{3}-[0-9]{3}-[0-9]{3})",
        "121999999",
        ("routing", "routing number", "routing no", "aba", "aba number", "rtn", "transit number", "fedwire"),
        severity="medium",
    ),
    Number(
        "bic",
        "bic",
        "Bank identifier code (BIC, SWIFT)",
        r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?",
        "AAAADEFF",
        ("bic", "bicfi", "swift", "swift code", "swift bic", "bic code"),
        severity="low",
        distance=16,
    ),
    Number(
        "mx_clabe",
        "mx-clabe",
        "Mexican bank account (CLABE)",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{11}[ -]?[0-9]",
        "002999999999999999",
        ("clabe", "clabe interbancaria", "cuenta"),
        severity="medium",
        reference="Asociación de Bancos de México, check digit by 3, 7, 1",
    ),
    Number(
        "ar.cbu",
        "ar-cbu",
        "Argentine bank account (CBU)",
        r"[0-9]{22}",
        "2859999999999999999999",
        ("cbu", "cvu"),
        severity="medium",
    ),
    Number(
        "es.ccc",
        "es-bank-account",
        "Spanish bank account (CCC)",
        r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}[ -]?[0-9]{10}",
        "9999 9999 99 9999999999",
        ("ccc", "cuenta", "cuenta bancaria", "número de cuenta", *_ACCOUNT),
        severity="medium",
        everywhere=True,
    ),
    Number(
        "cz.bankaccount",
        "cz-bank-account",
        "Czech bank account",
        r"(?:[0-9]{1,6}-)?[0-9]{6,10}/[0-9]{4}",
        "9999999999/0100",
        ("účet", "číslo účtu", "cislo uctu", "č ú", *_ACCOUNT),
        severity="medium",
        everywhere=True,
    ),
    Number(
        "pl_nrb",
        "pl-bank-account",
        "Polish bank account (NRB)",
        r"[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        "99 9999 9999 9999 9999 9999 9999",
        (
            "nr konta",
            "nrb",
            "numer konta",
            "numer rachunku",
            "nr rachunku",
            "rachunek",
            "rachunku",
            "konto",
            "konta",
            "iban",
        ),
        severity="medium",
        reference="Narodowy Bank Polski: the IBAN without its country",
    ),
    Number(
        "fr_rib",
        "fr-bank-account",
        "French bank account (RIB)",
        r"[0-9]{5}[ -]?[0-9]{5}[ -]?[0-9A-Z]{11}[ -]?[0-9]{2}",
        "99999 99999 99999999999 99",
        ("rib", "compte", "compte bancaire", "numéro de compte", "relevé d'identité bancaire", "domiciliation"),
        severity="medium",
        reference="Comité français d'organisation et de normalisation bancaires: key modulo 97",
    ),
    Number(
        "no.kontonr",
        "no-bank-account",
        "Norwegian bank account",
        r"[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{5}",
        "8601 99 99999",
        ("kontonr", "kontonummer", "bankkonto", "konto", *_ACCOUNT),
        severity="medium",
        everywhere=True,
        whole=True,
    ),
    Number(
        "se_giro",
        "se-bankgiro",
        "Swedish Bankgiro or Plusgiro number",
        r"(?:[0-9]{3,4}-[0-9]{4}|[0-9]{1,2}(?: ?[0-9]{2}){1,3}-[0-9])",
        "999-9999",
        ("bankgiro", "bankgironr", "bankgironummer", "plusgiro", "plusgironr", "plusgironummer", "postgiro"),
        severity="low",
        reference="Bankgirot: number and modulus 10",
        distance=24,
    ),
    Number(
        "nz.bankaccount",
        "nz-bank-account",
        "New Zealand bank account",
        r"[0-9]{2}-[0-9]{4}-[0-9]{7}-[0-9]{2,3}",
        "01-0902-0999999-00",
        ("bank", *_ACCOUNT),
        severity="medium",
        everywhere=True,
    ),
)

_BITCOIN = r"(?:[13](?![1-9a-f]{25})[1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71})"

DETECTORS: tuple[Detector, ...] = (
    *(number_detector(number._replace(family="payment")) for number in _NUMBERS),
    Detector(
        id="bitcoin-address",
        title="Bitcoin address",
        family="payment",
        severity="low",
        confidence="high",
        description="A Bitcoin address whose check holds.",
        reference="Base58Check; BIP 173 and BIP 350",
        rules=(
            Rule(
                hint=r"\b(?:[13][1-9A-HJ-NP-Za-km-z]{25}|bc1[02-9ac-hj-np-z]{11})",
                pattern=rf"(?<![0-9A-Za-z_/+=])(?P<v>{_BITCOIN})(?![0-9A-Za-z_/+=])",
                before=80,
                after=80,
                tight=26,
            ),
        ),
        checks=("stdnum.bitcoin",),
        filters=("monotone", "lock_file", "minified"),
        # The address of BIP 173's test vectors, in two pieces as every example here.
        match=lambda: ("pay to bc1qw508d6qejxtdg4y5r" + "3zarvary0c5xw7kv8f3t4",),
        no_match=lambda: ("pay to bc1qw508d6qejxtdg4y5r" + "3zarvary0c5xw7kv8f3t5",),
    ),
)
