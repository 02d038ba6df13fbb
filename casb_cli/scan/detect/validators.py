"""All checks by name: the product's own, and those of python-stdnum's modules."""

from __future__ import annotations

from functools import cache
from importlib import import_module

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
    module = cache(lambda: import_module(f"stdnum.{name}"))

    def holds(value: bytes) -> bool:
        is_valid, text = module().is_valid, value.decode("utf-8", "replace")
        bare = _JOINTS.sub("", text)
        return bool(is_valid(text)) or (bare != text and bool(is_valid(bare)))

    return holds


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
