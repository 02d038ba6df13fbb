"""All checks by name: the product's own, and those of python-stdnum's modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

from casb_cli.scan.detect import (  # noqa: F401
    checks_americas,
    checks_documents,
    checks_europe,
    checks_payment,
    checks_secrets,
    checks_world,
)
from casb_cli.scan.detect.checking import CHECKS, Check

# Each adds its checks to the table when it is imported.
from casb_cli.scan.detect.expressions import expression

__all__ = ("CHECKS",)

_JOINTS = expression(r"[^0-9A-Za-z]")


def _national(name: str) -> Check:
    """Return the check of a module of python-stdnum, loaded when a number is first put to it.

    A number is tried as it is written, then without what joins its parts: each country's module knows some joints only.
    """
    module = cache(lambda: _loaded(name))

    def holds(value: bytes) -> bool:
        is_valid, text = module().is_valid, value.decode("utf-8", "replace")
        return bool(is_valid(text)) or (not value.isalnum() and bool(is_valid(_JOINTS.sub("", text))))

    return holds


def _loaded(name: str) -> Any:
    """Return a module of python-stdnum; those that strip a number of its joints do so by a table."""
    _quicken()
    return import_module(f"stdnum.{name}")


class _Stripped(dict[int, str | None]):
    """What is left of each character where some are stripped; `clean` is asked once of each."""

    def __init__(self, clean: Callable[[str, str], str], joints: str) -> None:
        self._clean, self._joints = clean, joints

    def __missing__(self, code: int) -> str | None:
        left = self[code] = self._clean(chr(code), self._joints) or None
        return left


@cache
def _quicken() -> None:
    """Let python-stdnum strip numbers by tables: its own way, a character at a time, takes longer than its checks."""
    import stdnum.util

    tables = cache(partial(_Stripped, stdnum.util.clean))

    def clean(number: str, deletechars: str = "") -> str:
        return number.translate(tables(deletechars))

    stdnum.util.clean = clean


_NUMBERS = """
ad.nrt al.nipt ar.cbu ar.cuit at.tin at.vnr au.abn au.tfn az.voen be.bis be.eid be.nn bg.egn bg.pnf bic bitcoin
br.cnpj br.cpf by.unp ca.bc_phn ca.sin ch.ssn cl.rut cn.ric co.nit cr.cpf cr.cr cu.ni cy.vat cz.bankaccount cz.dic
cz.rc de.idnr de.stnr dk.cpr do.cedula dz.nif ec.ci ec.ruc ee.ik eg.tn es.ccc es.cif es.dni es.nie fi.hetu fo.vn fr.nif
fr.nir gb.nhs gb.upn gb.utr gh.tin gn.nifp gr.amka gr.vat gt.nit hr.oib hu.anum id.nik id.npwp ie.pps il.idnr imei
in_.aadhaar in_.epic in_.gstin in_.pan in_.vid is_.kennitala it.codicefiscale it.iva jp.in_ ke.pin kr.rrn li.peid
lt.asmens lv.pvn ma.ice md.idno me.pib mk.edb mt.vat mu.nid mx.curp mx.rfc my.nric mz.nuit nl.bsn
nl.onderwijsnummer no.fodselsnummer no.kontonr nz.bankaccount nz.ird pe.cui pe.ruc pk.cnic
pl.nip pl.pesel pt.cc pt.nif py.ruc ro.cnp rs.pib ru.inn si.ddv si.emso sk.rc sn.ninea sv.nit th.pin
th.tin tn.mf tr.tckimlik tr.vkn tw.ubn ua.rntrc us.atin us.ein us.itin us.ptin us.rtn uy.rut ve.rif vn.mst za.idnr
za.tin au.acn ca.bn ch.uid cn.uscc dk.cvr ee.registrikood fi.veronumero fi.ytunnus jp.cn kr.brn no.orgnr pl.regon
ru.ogrn se.orgnr sg.uen ua.edrpou
"""
CHECKS.update({f"stdnum.{name}": _national(name) for name in _NUMBERS.split()})
