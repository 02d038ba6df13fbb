"""S3's request bodies, and small readings of its answers."""

from __future__ import annotations

from casb_cli.apps.aws.wire import Element

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
CONTROL = "http://awss3control.amazonaws.com/doc/2018-08-20/"
"""The namespace of S3's control plane."""
_WRITTEN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", "\n": "&#10;"})


def word(node: Element, path: str) -> str | None:
    """Return the text at a path, None where there is none or it is empty."""
    return node.value(path) or None


def yes(node: Element, path: str) -> bool:
    """Tell whether the text at a path reads true."""
    return (node.value(path) or "").strip().lower() == "true"


def element(name: str, *children: str, text: str | None = None, attributes: str = "") -> str:
    """Return an element as text; line breaks in its text are written as references, or they would be lost."""
    inner = text.translate(_WRITTEN) if text is not None else "".join(children)
    return f"<{name}{attributes}>{inner}</{name}>"


def document(name: str, *children: str, namespace: str = NAMESPACE) -> bytes:
    """Return a request's body: the root element in S3's namespace, or in another."""
    return element(name, *children, attributes=f' xmlns="{namespace}"').encode()
