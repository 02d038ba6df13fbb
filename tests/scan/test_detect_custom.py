"""Detectors of a user's own: the documented example, what is refused and where, and that none can hang."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casb_cli.core.errors import CasbError, ConfigError, UsageError
from casb_cli.scan.detect import describe
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.linear import Linear
from casb_cli.scan.detect.pattern import WIDEST, PatternError, parse
from casb_cli.scan.detect.rules import DetectorSet, Rule, Source
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.store.paths import cache_dir

PAGE = Path(__file__).parents[2] / "docs" / "custom-detectors.md"
EXAMPLE = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
HEAD = '[[detector]]\nid = "acme-x"\ntitle = "T"\nseverity = "low"\n'


def own(text, name="own.toml", **how):
    return detectors([Source(name, text)], **how)


def spans(pattern, text, *, before="", after="", caseless=False):
    table = f"{{ pattern = '{pattern}', before = '{before}', after = '{after}', caseless = {str(caseless).lower()} }}"
    scanner = new_scanner(DetectorSet(own(f"{HEAD}patterns = [{table}]")))
    data = text.encode() if isinstance(text, str) else text
    found = inspect_stream(data, name="x", scanner=scanner, key=bytes(32), every=True).matches
    return [(m.start, m.end) for m in found]


def test_the_documented_example_holds_to_its_tests():
    written = own(EXAMPLE)
    assert [d.id for d in written] == ["acme-employee", "acme-customer-list", "acme-service-token"]
    checks = list(describe.checked([d.id for d in written], written, str(cache_dir())))
    stated = tomllib.loads(EXAMPLE)["detector"]
    assert len(checks) == sum(len(d["tests"]["match"]) + len(d["tests"]["no_match"]) for d in stated)
    assert [check for check in checks if not check.right] == []
    assert describe.untested(written) == []


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ("patterns = ['ab(?=c)']", "5:16", "no look-around"),
        ("patterns = ['a',\n  'x(?<!a)b']", "6:5", "no look-around"),
        (r'patterns = ["a\\d(b)\\1"]', "5:21", "no back-references"),
        ("patterns = ['''\na*?b''']", "6:3", "no lazy repeats"),
        ("patterns = [{ pattern = 'a', before = '(b' }]", "5:40", "never closed"),
        ("patterns = ['a*']", "5:14", "match nothing"),
        ("patterns = ['(?i)a']", "5:14", "set `caseless`"),
        ("patterns = ['[^é]']", "5:16", "ASCII"),
        ("patterns = ['a{3000}']", "5:14", "2,048 are allowed"),
        ("patterns = ['a']\ncolour = 3", "6:1", "no key `colour`"),
        ("patterns = [{ pattern = 'a', bofore = 'x' }]", "5:30", "no key `bofore`"),
        ("patterns = ['a']\nvalidator = 'nope'", "6:14", "no validator `nope`"),
        ("patterns = ['a']\nvalidator = 'stdnum.de.nope'", "6:14", "no validator"),
        ("patterns = ['a']\nfilters = ['nope']", "6:13", "no filter `nope`"),
        ("patterns = ['a']\ndistance = 5000", "6:1", "<= 1000"),
        ("patterns = ['a']\nat_least = '3'", "6:1", "expected `int`"),
        ("patterns = ['a']\nkeywords_required = true", "6:1", "no keywords"),
        ("patterns = []", "5:1", "write patterns, or the index"),
        ("", "1:1", "write patterns, or the index"),
        ("patterns = [", "5:13", "this is no TOML"),
        ("patterns = ['a']\ntests.match = 3", "6:7", "match: expected `array`"),
        (r'patterns = ["\bA[0-9]"]', "5:14", "single quotes"),
        ("patterns = ['a']\n[detector.test]\nmatch = ['a']", "6:1", "no key `test`"),
        ("patterns = ['a']\n\n[[rule]]\nid = 'x'", "7:1", "no key `rule`"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(lines, place, words):
    with pytest.raises(ConfigError) as caught:
        own(HEAD + lines)
    assert caught.value.message.startswith(f"own.toml:{place}: "), caught.value.message
    assert words in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        (HEAD + "regex = 'a'", "no key `regex`", "it is called `patterns` here"),
        (HEAD + "patterns = ['a']\nentropy = 3.5", "no key `entropy`", '`validator = "random_looking"`'),
        (HEAD + "patterns = ['a']\nkeyword = ['b']", "no key `keyword`", "it is called `keywords` here"),
        (HEAD + "patterns = [{ regex = 'a' }]", "no key `regex`", "it is called `pattern` here"),
        (HEAD + "patterns = ['a']\nzzz = 1", "no key `zzz`", "casb detectors guide"),
        (HEAD + "patterns = ['a']\nvalidator = 'Luhn'", "no validator `Luhn`", "did you mean `luhn`? known: "),
        (HEAD + "patterns = ['a']\nfilters = ['uuids']", "no filter `uuids`", "did you mean `uuid`? known: "),
        (HEAD + r'patterns = ["\d"]', "this is no TOML", "single quotes"),
        ("[[rules]]\nid = 'a'", "no key `rules`", "it is called `detector` here"),
        (HEAD.replace("[[detector]]", "[detector]") + "patterns = ['a']", "each headed [[detector]]", "guide"),
    ],
)
def test_who_writes_as_for_another_tool_is_told_the_word(text, words, hint):
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        own(text)
    assert hint in (caught.value.hint or "")


def test_a_single_text_stands_for_a_list_of_one():
    (made,) = own(HEAD + "patterns = 'a+b'\nkeywords = 'badge'\ntests.match = 'badge ab'")
    assert (len(made.rules), made.keywords, made.match()) == (1, ("badge",), ("badge ab",))


def test_the_place_is_that_of_the_right_detector():
    second = HEAD.replace("acme-x", "acme-y")
    with pytest.raises(ConfigError, match=re.escape("own.toml:11:14: ")):
        own(f"{HEAD}patterns = ['a+b']\n\n{second}patterns = ['(a+b']".replace("'a+b'", "'(a+b)'"))


def test_ids_are_one_detectors_own():
    with pytest.raises(ConfigError, match=r"own.toml:2:7: id: `iban` is the id of a shipped"):
        own(HEAD.replace("acme-x", "iban") + "patterns = ['a']")
    with pytest.raises(ConfigError, match=r"b.toml:2:7: id: .* in a.toml"):
        text = HEAD + "patterns = ['a']"
        detectors([Source("a.toml", text), Source("b.toml", text)])


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"[a-z]{2,3}", "abcde", [(0, 3), (3, 5)]),
        (r"\bab\b", "ab cab abc ab", [(0, 2), (11, 13)]),
        (r"^ab", "ab ab\nab", [(0, 2), (6, 8)]),
        (r"ab$", "ab ab\nab", [(3, 5), (6, 8)]),
        (r"a|ab|abc", "abcab", [(0, 3), (3, 5)]),
        (r"x+y", "xxxxy xy", [(0, 5), (6, 8)]),
        (r"(a+)+b", "aaab", [(0, 4)]),
        (r"[äö]x", "äx öx ax", [(0, 3), (4, 7)]),
        (r"\d{3}-\x41", "123-A 12-A", [(0, 5)]),
    ],
)
def test_the_leftmost_longest_match(pattern, text, expected):
    assert spans(pattern, text) == expected


def test_only_the_value_counts_of_what_stands_around_it():
    assert spans("[0-9]{6}", "id: 123456, 654321", before="id: ?", after=",") == [(4, 10)]
    assert spans("[a-z0-9]+", "keyabc1", before="key") == [(3, 7)]
    assert spans(r"\S+", "pass = hello world", before=r"pass\s*=\s*") == [(7, 12)]
    assert spans("Ä+", "ää", caseless=True) == [(0, 4)]


def test_matches_over_block_borders_are_found_once():
    from casb_cli.scan.extract.base import BLOCK

    for start in range(BLOCK - 12, BLOCK + 2):
        data = b"." * start + b"EMP-123456" + b"." * 40_000
        assert spans("EMP-[0-9]{6}", data) == [(start, start + 10)]


def taken(make, error, told):
    """Return what is made, or None where it is refused in the right words."""
    try:
        return make()
    except error as refused:
        if not told(refused):
            raise
        return None


def test_many_matches_on_one_long_line_cost_no_more_than_on_many():
    scanner = new_scanner(DetectorSet(own(f"{HEAD}patterns = ['EMP-[0-9]{{6}}']")))
    line = b"".join(b"\xc3\xa4 EMP-%06d, " % number for number in range(40_000))
    result, one = timed(line, scanner)
    assert result.totals == {"acme-x": 40_000}
    assert [m.place for m in result.matches[:2]] == ["line 1, column 3", "line 1, column 17"]
    _, many = timed(line.replace(b", ", b"\n"), scanner)
    assert one < 8 * many, "looking at the whole line for each match costs some twenty times as much"


def timed(data, scanner):
    """Return what is found, and the CPU time of it."""
    before = time.process_time()
    result = inspect_stream(data, name="x", scanner=scanner, key=bytes(32), every=True)
    return result, time.process_time() - before


DREADED = [r"(a+)+$", r"(a|a)*b", r"(a|aa)+c", r"a*a*a*a*a*a*b", r"(.*a){12}", r"(x+x+)+y", r"abc([^!]*!)?", r"\w+"]


@pytest.mark.parametrize("pattern", DREADED)
def test_no_pattern_hangs(pattern):
    """Each of these takes `re` longer than the age of the machine on some of these texts."""
    scanner = new_scanner(DetectorSet(own(f"{HEAD}patterns = ['{pattern}']")))
    for text in (b"a" * 100_000 + b"!", b"abc" * 10_000, b"ab " * 10_000):
        before = time.process_time()
        inspect_stream(text, name="x", scanner=scanner, key=bytes(32))
        assert time.process_time() - before < 60


ATOMS = st.sampled_from(
    ["a", "b", "1", " ", "[ab]", "[^a]", r"\d", r"\w", ".", "(a|b1)", "(ab)+", "a{2,3}", "b*", "a?"]
)
TEXTS = st.text("ab1 \n", max_size=40)


@settings(max_examples=150)
@given(st.lists(ATOMS, min_size=1, max_size=5).map("".join), TEXTS)
def test_a_match_begins_where_re_says(pattern, text):
    try:
        parsed = parse(pattern)
    except PatternError:
        return
    width = parsed.most or WIDEST
    rule = Rule(hint=parsed.text, pattern=parsed.text, back=parsed.back, linear=True, width=width, before=width + 1)
    data = text.encode()
    meant = re.search(pattern.encode(), data)
    found = next(Linear(rule).spans(data, 0, len(data)), None)
    assert (found[0] if found else None) == (meant.start() if meant else None)


@settings(max_examples=300)
@given(st.text("ab01(){}[]\\^$|*+?.,-:<>=!PÄ\n'\"", max_size=30))
def test_a_pattern_of_any_kind_is_taken_or_refused(pattern):
    parsed = taken(lambda: parse(pattern, caseless=True), PatternError, lambda refused: 0 <= refused.at <= len(pattern))
    if parsed is None:
        return
    rule = Rule(hint=parsed.text, pattern=parsed.text, back=parsed.back, linear=True, width=10, caseless=True)
    taken(Linear(rule).compile, UsageError, lambda refused: bool(refused.message))


KEYS = st.sampled_from(["id", "title", "severity", "patterns", "keywords", "tests", "near", "exclude", "at_least", "x"])
VALUES = st.recursive(
    st.text(max_size=6) | st.integers() | st.booleans() | st.sampled_from(["high", "acme-x", "[a-z]{3}", "(", "luhn"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=7), max_size=2))
def test_a_file_of_any_kind_is_taken_or_refused(tables):
    import tomli_w

    text = tomli_w.dumps({"detector": tables})
    taken(lambda: own(text), CasbError, lambda refused: refused.message.startswith("own.toml"))


@settings(max_examples=100)
@given(st.integers(0, len(EXAMPLE)), st.text("[]{}'\"\\=#\n a1(", max_size=4), st.integers(0, 20))
def test_a_damaged_file_is_taken_or_refused(at, put, cut):
    text = EXAMPLE[:at] + put + EXAMPLE[at + cut :]
    taken(lambda: own(text, verify=False), CasbError, lambda refused: refused.message.startswith("own.toml"))


def test_a_validator_that_fails_on_a_value_says_no():
    written = own(f"{HEAD}patterns = ['[ -~]{{1,4}}']\nvalidator = ['iban', 'stdnum.bic']")
    result = inspect_stream(b"?? zz", name="x", scanner=new_scanner(DetectorSet(written)), key=bytes(32))
    assert (result.outcome, result.matches) == ("done", ())


def test_workers_find_what_this_process_finds_and_the_set_is_named_by_its_rules(tmp_path):
    source, ids = Source("acme.toml", EXAMPLE), ("acme-employee", "payment-card")
    with WorkerPool(key=bytes(32), detectors=ids, own=(source,), cache_dir=str(tmp_path), workers=1) as pool:
        result = pool.submit(Task(ref="1", name="a.txt"), b"badge EMP-482913").result()
        assert [m.detector for m in result.matches] == ["acme-employee"]
        assert result.matches[0].confidence == "high", "a keyword stands near by"
        assert result.matches[0].clear == (), "clear text leaves a worker only when it is asked for"
        assert pool.detector_set != DetectorSet.shipped(ids[1:]).id
    told = own(EXAMPLE.replace("Employee number of Acme", "Badge number"))
    looks = own(EXAMPLE.replace("{6}", "{7}"))
    assert DetectorSet.shipped(ids, told).id == pool.detector_set
    assert DetectorSet.shipped(ids, looks).id != pool.detector_set


def test_a_wrong_file_starts_no_worker():
    with pytest.raises(ConfigError):
        WorkerPool(key=bytes(32), own=(Source("x.toml", "[[detector]]"),))
