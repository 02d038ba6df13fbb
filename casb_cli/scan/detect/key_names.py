"""Why a key or a token is none that opens anything: by the name beside it, or as all may know it."""

from __future__ import annotations

import base64
import binascii
import re

from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.view import View, by_value

_NAMES_MORE = expression(
    rb"(?:id|name|type|kind|path|file|filename|dir|folder|url|uri|endpoint|host|arn|hash|digest|fingerprint|thumbprint|prefix|suffix|length|size|count|limit|expir[a-z]*"
    rb"|ttl|lifetime|timeout|alg|algo|algorithm|format|version|field|label|column|header|pattern|regexp?|policy|hint|error|message|title|class|selector"
    rb"|last_?(?:eight|four|used)|locator|template|rule|ref|reference|store|provider|manager|generator|validator|encoder|service|handler|table|query|changed|updated|created|attr|attribute|filter|scheme|within|sent_?at|address|addr|contract|mint|symbol|issuer|audience)s?"
    rb"[\"'`\])\\]{0,4}\s{0,4}(?:(?:string|str)\s{1,3})?(?::{0,3}=|[?.+!]?={1,3}>?|:|,)\s{0,4}[bru]?\\{0,3}[\"'`]{0,3}$"
    rb"|::[A-Za-z]+[\"']?\s?[:=]\s?[\"']?$|password_?secret[\"']?\s?:\s?[\"']?$"
    rb"|public_?key_?token[\"'\s]{0,3}[=:][\"'\s]{0,3}$",
    re.IGNORECASE,
)


_AMONG_CODES = expression(
    rb"(?<![A-Za-z0-9_])[A-Z]{2}[\"']?\s?(?:=>|[:=])[^\n]{1,80}?[,;\s]\s{0,12}[\"']?PW[\"']?\s?(?:=>|[:=])\s?[\"']?$"
)
"""The code of a land, behind that of another one."""


def other_name(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold where the name tells something about the secret at its end: its file, its kind; and for codes of lands."""
    if b"PW" in view.text[max(0, view.start - 8) : view.start]:
        return _AMONG_CODES.search(view.text, max(0, view.start - 130), view.start) is not None
    return _NAMES_MORE.search(view.before(80)) is not None


_PATHED = expression(rb"[\"'][\w.:@-]{0,60}/[\w./:@-]{0,100}[\"']\s{0,3}(?:=>|[:,=])\s{0,3}[\"']$")
_WORDED = expression(rb"/?[a-z][a-z0-9.@_-]*(?:[/#][a-z0-9.@_:-]+)+/?")
"""Where a path in quotes stands in the place of a name, and the path or the method that it leads to."""


def routed(value: bytes, view: View) -> bool:
    """Return whether a value is a path that another one leads to, as tables of routes have them."""
    return _WORDED.fullmatch(value) is not None and _PATHED.search(view.before(120)) is not None


_POSITION = expression(
    rb"postman-token[\"'`\\]{0,3}\s?[:=][\s\"'`\\]{0,4}$|(?:next|page|paging|pagination|continuation|sync|change|csrf|xsrf|cursor|resume|start|(?:client[_-]?)?request"
    rb"|lock|update|copy[_-]?product|provision|grant|dkim|verification|validation|web[_-]?identity|lifecycle[_-]?action|correlation|trace|operation|cancell?ation|idempotency)"
    rb"[_ -]?token(?:[\"'`]?\s{0,4}[:=]\s{0,4}[\"'`]?|[ \t]{1,4})$"
    rb"|(?:primary|foreign|cache|partition|sort|row|shard|hash|lookup|index|object|map|registry|gpg|pgp|ssh|host)"
    rb"[ _-]keys?[ \t]{1,4}$"
    rb"|arn:aws[^\s\"']*$|X-Amz-Credential=$|badge\.svg\?token=$"
    rb"|(?:csrf|xsrf|authenticity|verification)[a-z_-]{0,12}token\"\s{1,4}value=\"$",
    re.IGNORECASE,
)


def position(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold for tokens that mark a place in a listing or guard a form, and for names of stored secrets."""
    return _POSITION.search(view.before(160)) is not None


_OTHER_KEY = expression(
    rb"(?:public|encrypted[a-z]{0,20}|wrapped|websocket|primary|foreign|cache|partition|sort|row|shard|range|hash|lookup|index|object|s3|site|map|storage|dedup"
    rb"|idempotency|translation|locale|message|group|unique|composite|registry|column|field|dict|session|sitemap|bucket"
    rb"|state|host|known|ssh|gpg|pgp|product|license|licence|keyboard|hot|short)[ _.-]?keys?"
    rb"(?:[ _-]?(?:id|value|bytes|data|hex|base64|b64))?\W{0,8}"
    rb"(?:[a-z.]{1,20}\(\W{0,2})?$",
    re.IGNORECASE,
)


_CACHED = expression(rb"[a-z][a-z0-9_-]*-[0-9a-f]{40}(?:-[a-z0-9_]+)+")
"""What build systems keep under a commit's id."""
_SHARED = expression(rb"google\.com/[^\s\"']{0,100}[?&]key=$|encrypted_[0-9a-f]*_$", re.IGNORECASE)


_MAIL = expression(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,12}", re.IGNORECASE)
_NKEY = expression(rb"[UAONCX][A-Z2-7]{55}|[A-Z]{14}-[A-Z]{10}-[A-Z]")
"""The public keys of NATS, which differ from its seeds in the first letter, and the names of substances (InChIKey)."""


def other_key(value: bytes, view: View) -> bool:
    """Hold where the word before `key` says that it opens nothing: the key of a cache, a table, a lock on the road."""
    before = view.before(160)
    if (
        _MAIL.fullmatch(value) is not None
        or _CACHED.fullmatch(value) is not None
        or view.after(4).lstrip().startswith(b"${{")
    ):
        return True
    return _OTHER_KEY.search(before) is not None or _SHARED.search(before) is not None or bool(_NKEY.fullmatch(value))


_PUBLIC = expression(
    rb"(?:pub[_-]?|publi(?:c|shable)(?:[ _.-]?(?:(?:api|access|client)[ _.-]?)?|[_-]?[a-z]{1,16}[_-]?))(?:key|token)"
    rb"(?:[ _.-]?(?:id|value|data|pem|base64))?\W{0,8}$",
    re.IGNORECASE,
)


_PUBLIC_KEY = expression(
    rb"0x[0-9a-fA-F]{40}$|MI(?:GfMA0GCSqGSIb3|IB[A-Za-z0-9+/]{2}ANBgkqhkiG9w0)|M[A-Za-z0-9+/]{3,6}YHKoZIzj0|MCowBQYDK2V|ssh-|AAAA[BCE][0-9]"
)


_PRINT = expression(rb"(?:0x)?[0-9A-F]{16}\.?|[0-9A-F]{40}")
"""The id or fingerprint of a key of OpenPGP."""
_PRINTED = expression(rb"key(?: id)?:? $", re.IGNORECASE)


def public_key(value: bytes, view: View) -> bool:
    """Hold for what all may know: by its form, or by the name in front."""
    if _NKEY.fullmatch(value) or _PUBLIC_KEY.match(value):
        return True
    if _PRINT.fullmatch(value) and _PRINTED.search(view.before(12)):
        return True
    return _PUBLIC.search(view.before(80)) is not None


_SEALED = expression(
    rb"ENC[(\[].*|RU5D[KW].*|\{cipher\}.*|A[gQ][A-D][A-Za-z0-9+/]{339,}={0,2}|eyJ(?:hbGciOi|0eXAiOi)[A-Za-z0-9_-]*\.",
    re.DOTALL,
)


@by_value
def sealed(value: bytes) -> bool:
    """Hold for what opens nothing as it stands: encrypted by eyaml and kin, or a piece of a JWT's head."""
    return _SEALED.fullmatch(value) is not None or (_HEAD.match(value) is not None and not _whole(value))


_HEAD = expression(rb"eyJ(?:hbGciOi|0eXAiOi)(?!.*\.)")


def _whole(value: bytes) -> bool:
    """Return whether base64 ends where the object in it does."""
    try:
        return base64.urlsafe_b64decode(value + b"=" * (-len(value) % 4)).rstrip().endswith(b"}")
    except binascii.Error:
        return False
