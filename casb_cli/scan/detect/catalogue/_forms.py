"""How a secret is written beside its name: what the names are, what stands between, and forms without a sign."""

from __future__ import annotations

from casb_cli.scan.detect.rules import Rule

SECRET = (
    r"(?:api[_ .-]?key|apikey|secret(?:[_ .-]?(?:key|token|access[_ .-]?key))?|client[_ .-]?secret"
    r"|auth[_ .-]?(?:token|key)|(?:consumer|app(?:lication)?|oauth|master|session|cipher|shared|hmac)[_ .-]?key"
    r"|access[_ .-]?(?:token|key)|private[_ .-]?key|encryption[_ .-]?key|signing[_ .-]?key|bearer|token|credentials?"
    r"|oauth_(?:signature|verifier))"
)
_CHOOSERS = ("client", "jwt", "session", "cookie", "consumer", "shared")
_CHOSEN = rf"(?:{'|'.join(_CHOOSERS)})[_-]?secret"
"""Secrets that people choose as they choose passwords."""
_CHOSEN_ENDS = "secret(?:" + "|".join(f"(?<={one}secret)|(?<={one}[_-]secret)" for one in _CHOOSERS) + ")"
"""The same, sought by what all of them end in."""
_FOREIGN = r"kennwort|contrase[n\xc3\xb1]{1,2}a|mot[_ -]de[_ -]passe"
FOREIGN = (
    r"(?:senha|wachtwoord|adgangskode|passord|salasana|heslo|has(?:\xc5\x82|l)o|l(?:\xc3\xb6|o)senord|jelsz(?:\xc3\xb3|o)"
    r"|(?:\xc5\x9f|\xc5\x9e|s)ifre|parol(?:\xc4\x83|\xc4\x97)|\xd0[\x9f\xbf]\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"
    r"|\xe5\xaf\x86\xe7[\xa0\xa2][\x81\xbc]|\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89"
    r"|\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8)"
)
"""The word in other languages, in UTF-8: of Europe, Russian, Chinese, Japanese and Korean. They have a rule of
their own, as each beginning more costs the other one time."""
PASSWORD_HINT = rf"(?:pass(?:word|wd|phrase|wort|code)?|pwd|psw|mypw|[^a-z0-9]pw|{_CHOSEN}|{_FOREIGN})"
# "pass" alone is a word of its own: `passive`, `passed`, `bypass` and `passband` name no password; nor does
# the NOPASSWD of sudo.
PASSWORD = (
    rf"(?:pass(?<!(?-i:NOPASS))(?:word|wd(?!qc)|phrase|wort|code)|pwd|{_CHOSEN_ENDS}|{_FOREIGN}"
    r"|(?:(?<![a-z])|(?<!by)(?=(?-i:P)))(?:pass|pw|psw)(?![a-z])|(?<=my)pw(?![a-z]))"
)
_FRENCH = r"(?:\xc2\xa0|\xe2\x80\xaf)?"
"""The blank that French writes in front of a colon: it parts no lines."""
CLOSE = r"(?:%5d)?[\"'`\])\\*]{0,4}\s{0,40}" + _FRENCH
CLOSES = r"(?:%5d)?[\"'`\])\\*]{0,4}\s*" + _FRENCH
"""The same in a hint, where a number of spaces without bound is cheaper."""
TYPE = r"(?:(?:const |as )?(?:string|str|char ?\*?)\s{0,3}|\{ get;[ a-z;]{0,20}\}\s)?"
"""The type that some languages write between a name and its value, or how a property is got and set."""
DECLARED = r"\s{0,2}(?:&(?:'[a-z]{1,12}\s)?)?(?:[a-z.]{0,10}string|str)[?!]?\s{0,3}="
"""The type that others write behind a colon, and the sign."""
EQUALS = CLOSE + TYPE + r"(?::" + DECLARED + r"|\xef\xbc\x9a|:{0,3}=|[?.+!]?={1,3}|:(?!:)-?(?:\*\*)?|<?-(?=\s[\"'`]))>?"
SIGN = "(?:" + EQUALS + r"|" + CLOSE + r"(?:(?<=[\"'`]),(?=\s?[\"'`])|\((?=(?:[a-z0-9_.]{1,30}\()?\s?[\"'`])))"
"""What stands between a name and its value: signs, and in calls a comma or a bracket before a quote."""
ENDS = (
    r"(?:"
    + TYPE
    + r"[:?.+!]{0,3}=|:|\xef\xbc\x9a|<?-\s[\"'`]|[\"'`]\s{0,2},\s?[\"'`]|\((?:[a-z0-9_.]{1,30}\()?\s?[\"'`])"
)
"""Where a hint ends: behind a sign, or behind the quote that follows a comma, a bracket or a call in one."""
HERE = r"(?:[ \t]{0,40}|[ \t]{0,4}[|>][+-]?[ \t\r]{0,4}\n[ \t]{1,40})"
"""A value without quotes stands on the line of its name, or in the block of YAML below."""
WRAP = (
    r"(?:\[\s{0,40}|(?:\[\]byte|bytes|(?:[a-z0-9_]{1,30}(?:\.|::)){0,2}"
    r"(?:b64decode|(?:from_?|to_?)?base64(?:_?decode)?|unhexlify|from_?hex|decode_?(?:string|hex)?|from|atob|string(?:value|ptr)?"
    r"|some|just|ok|optional\.of(?:nullable)?|secret_?(?:str|string|value)|secure_?string|sensitive|utf8|getbytes|must(?:_?decode)?)|new\s{1,2}[a-z0-9_.]{1,60})"
    r"\(\s{0,40})?"
)
"""What may stand between a sign and a quote: the bracket of a list, or what turns the text into bytes or an object."""
FALLBACK = r"(?:(?:<%=\s{0,3})?[a-z_$][\w.$\[\]\"'()-]{1,80}(?:\s?\|\||\s?\?\?|\s?\?:|\sor|\s\?)\s{1,3})?"
"""What a value in code may stand behind: where another one lacks, or as one of two."""
OPEN = WRAP + r"[bflnru@]?\\{0,3}[\"'`]{1,3}"
"""What opens a quoted value: doubled in CSV, behind a backslash in JSON within JSON."""
UUID_HINT = r"(?:authorization|api[_ .-]?(?:key|token)|(?:secret|auth|access)[_ .-]?(?:key|token)|token|secret)"
UUID_NAME = (
    r"(?:authorization|api[_ .-]?(?:key|token)|(?:client|app)[_ .-]?secret|(?:secret|auth|access)[_ .-]?(?:key|token)"
    r"|token"
    r"|(?<![a-z_.-])secret)"
)
UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
SCHEME = r"(?:(?:bearer|basic|token|apikey|ssws|oauth)\s{1,4})?"

PASSWORD_SAID = (
    r"(?:\b[a-z0-9_]{0,20}(?:password|passwd)\s{1,3}[\"']|(?:set|with)_?[a-z]{0,12}password\(\s{0,3}[\"']|\bpassword\(\s?'"
    r"|securestring(?:\s{1,3}-[a-z]{1,14}){0,3}\s{1,3}[\"'])"
)
"""A password behind its name and a blank: of SQL, build files, and of calls that set one."""
GETS = r"\b(?:define|(?:os\.)?(?:getenv|environ\.(?:get|setdefault))|env(?:\.fetch)?)"
"""What takes the name of a setting and its value, or what it is without one."""


def _pair(names: str) -> str:
    """Return the expression of a name and its value as two fields, up to the value.

    Variables of containers, parameters and collections of requests have them.
    """
    return (
        r"(?:name|key)(?:[\"']?\s{0,4}:|\s{1,4}=)\s{0,4}[\"']?[a-z0-9_.-]{0,60}"
        + names
        + r"[\"']?(?:,\s{0,40}|\s{1,40})[\"']?value[\"']?"
        r"\s{0,4}[:=]"
    )


_PASSWORD_PAIR, _TOKEN_PAIR = _pair(r"(?:pass(?:word|wd)?|pwd)"), _pair(r"(?:secret|token|api_?key)")
_KEYED = (
    r"(?:createhmac|hmac(?:sha)?[0-9]{3}|hmac\.(?:new|(?:hex)?digest)|hash_hmac|hmacshakeyfor|setsigningkey|signwith|jwt\.(?:sign|verify|encode|decode)|signjwt|jwtverify|cookieparser|secretkeyspec"
    r"|fernet|createcipher(?:iv)?|createdecipher(?:iv)?|aes\.(?:(?:en|de)crypt|new(?:cipher)?))"
)
"""What takes the key of a signature or a cipher as its first or second argument."""
_VARIABLE = r"\bvariable\s{1,3}\"[a-z0-9_-]{0,60}(?:secret|token|key|password)\""
_PASSWORD_GOT = GETS + r"\(\s{0,3}[\"'][a-z0-9_.-]{0,40}(?:pass(?:word|wd)?|pwd)[0-9]{0,2}[\"']\s{0,3},\s{0,12}[\"']"
_TOKEN_GOT = GETS + r"\(\s{0,3}[\"'][a-z0-9_]{0,40}(?:key|secret|token|salt)[\"']\s{0,3},\s{0,3}[\"']"
_PASSED = r"(?:pass(?:word|wd)|pwd)"
_ELSE = r"[\"'`\])]{0,4}\s{1,3}(?:\|\||\?\?|\?:|or)\s{1,3}[\"'`]"
"""Behind the name of what may lack: the sign, and the quote that opens what then stands in its place."""
# Forms without an assignment sign: elements, attributes, options, statements and plain speech.
PASSWORD_FORMS = (
    Rule(
        hint=_PASSWORD_PAIR,
        pattern=(_PASSWORD_PAIR + r"\s{0,4}(?:[\"'](?P<v>[^\s\"']{4,100})[\"']|(?P<v2>[^\s\"'{}\[\],]{4,100})(?=\s))"),
        caseless=True,
        before=200,
        after=120,
    ),
    Rule(
        hint=r"<[a-z0-9_.:-]{0,40}" + PASSWORD_HINT + r"[a-z0-9_.-]{0,20}(?:\s[^<>\n]{0,80})?>\s*[^<>\s]{3}",
        pattern=(
            r"<[a-z0-9_.:-]{0,40}?"
            + PASSWORD
            + r"[a-z0-9_.-]{0,20}(?:\s[^<>\n]{0,80})?>\s{0,24}(?P<v>[^<>\s]{6,100})\s{0,24}</"
        ),
        caseless=True,
        before=260,
        after=110,
    ),
    Rule(
        hint=r"(?:key|name)=\"[^\"\n]{0,60}" + PASSWORD_HINT + r"\"\s{1,4}value=\"",
        pattern=r"(?:key|name)=\"[^\"\n]{0,60}?" + PASSWORD + r"\"\s{1,4}value=\"(?P<v>[^\"\n]{6,100})\"",
        caseless=True,
        before=120,
        after=110,
    ),
    Rule(
        hint=r"(?:identified\s{1,3}(?:with\s{1,2}[a-z0-9_]{1,40}\s{1,2})?by|"
        + PASSWORD_HINT
        + r"\s{1,2}(?:is|lautet|est|es|\xc3\xa8))(?:\s{0,3}:|\s)\s{0,3}[\"'`]?[^\s\"'`]{4}",
        pattern=(
            # Without quotes only where a statement begins so: people are identified by numbers.
            r"(?:identified\s{1,3}(?:with\s{1,2}[a-z0-9_]{1,40}\s{1,2})?by(?=\s{1,4}[\"'`])|"
            + PASSWORD
            + r"\s{1,2}(?:is|lautet|est|es|\xc3\xa8))(?:\s{0,3}:|\s)\s{0,3}[\"'`]?"
            r"(?P<v>(?:(?=[^\s\"'`]{0,99}(?:[0-9]|(?-i:[a-z])[^\s\"'`]{0,60}(?-i:[A-Z])))(?!\\)[^\s\"'`{}]{6,100}|(?<=[\"'`])[^\s\"'`]{4,100}(?=[\"'`])))"
            r"|(?:(?:create|alter)\s{1,3}(?:user|role)|grant\s[^;\n]{1,40}\sto)\s{1,3}\S{1,60}\s{1,3}identified\s{1,3}by\s{1,3}(?P<v2>[^\s\"'<>{};&$]{6,100})"
        ),
        caseless=True,
        before=110,
        after=110,
    ),
    Rule(
        hint=r"(?:-" + PASSWORD_HINT + r"|\blogin\s[^\s]{1,80}\s{1,4}password|_password)\s{1,2}[^\s=:]{6}",
        pattern=(
            r"(?:(?<![a-z0-9-])--?(?:[a-z]{1,16}-){0,3}"
            + PASSWORD
            + r"|\blogin\s\S{1,80}\s{1,4}password|\benv\s[a-z0-9_]{0,60}password)\s{1,2}[\"']?"
            r"(?P<v>[^\s\"'=:-][^\s\"']{5,99})"
        ),
        caseless=True,
        before=180,
        after=110,
    ),
    # Beside the user's name, in letters and logs.
    Rule(
        hint=r"pass(?:word|wd|wort)[ \t][\"'`]?[a-z][^\s]{0,11}[0-9]",
        pattern=r"\b(?:user(?:name)?|account|login|benutzer(?:name)?|usuario|utilisateur|utente)(?:\s{0,2}[:=]\s{0,2}|\s)[\"'`]?[\w.@+-]{1,60}[\"'`]?,?\s{1,3}"
        r"(?:there )?(?:(?:with|and|using|has|has the)\s{1,2})?pass(?:word|wd|wort)\s{1,2}[\"'`]?"
        r"(?P<v>[^\s\"'`]{6,100}[^\s\"'`.,;])",
        caseless=True,
        before=130,
        after=110,
        checks=("chosen",),
    ),
    # In the cell or on the line behind its label, as tables and letters have it.
    Rule(
        hint=PASSWORD_HINT + r"[*`\":]{0,4}[ \t]{0,8}(?:[\t|,;]|\r?\n)",
        # Where a word alone ends the line, as that of Python does which does nothing, a sign is the value's.
        then=r"(?:(?<!\n)|(?<![a-z]\n)(?<![a-z]\r\n)|(?=[ \t*`\"]{0,8}[^\s@]{0,60}[!$%&?^~]))[ \t*`\"]{0,8}[^\s|,;]{6}",
        pattern=(
            r"(?<![^\n|\t])[ \t*`\"]{0,8}(?:[a-z0-9_-]{1,20}[ ]){0,3}[a-z0-9_-]{0,20}?"
            + PASSWORD
            + r"(?:[*`\":]{0,4}[ \t]{0,8}[\t|][ \t*`\"]{0,8}"
            r"(?P<v>[^\s|\"`<>]{6,100}?)[*`\"]{0,4}(?=[ \t]{0,8}(?:[\t|\r\n]|\Z))"
            # Two cells only, where a comma parts them; on the next line where a colon or a sign in it tells.
            r"|(?:\"?(?<!pass)[,;]\"?|(?:[*`\"]{0,2}:[*`\"]{0,2}|(?=\s{1,12}[^\s@]{0,60}[!$%&?^~]))"
            r"[ \t]{0,8}\r?\n[ \t*`\"]{0,8})"
            r"(?P<v2>[^\s|\"`<>,;]{6,100}?)[*`\"]{0,4}(?=[ \t]{0,8}(?:\r?\n|\Z)))"
        ),
        caseless=True,
        before=130,
        after=110,
        checks=("chosen",),
    ),
    # One of several pairs, as connections and queries have them: up to the sign that parts them, with others in it.
    Rule(
        hint=r"[;?&\"'`\s][a-z0-9_]{0,20}" + _PASSED + r"\s?=\s?[^\s\"'`]{6}",
        pattern=(
            r"(?:;\s?"
            + _PASSED
            + r"\s?=\s?(?P<v>[^\s;\"'`]{6,100})(?=[;\"'`]|\s|\Z)|(?:[?&\"'`]|[a-z_]=[^\s=]{1,80}\s)[a-z0-9_]{0,20}"
            + _PASSED
            + r"=(?P<v2>[^\s&;\"'`]{6,100})(?=[&;\"'`]|\s|\Z))"
        ),
        caseless=True,
        before=150,
        after=110,
        checks=("strong_password",),
    ),
    # What stands where a variable lacks.
    Rule(
        hint=_PASSED + _ELSE,
        pattern=_PASSED + _ELSE + r"(?P<v>[^\s\"'`]{4,100})[\"'`]",
        caseless=True,
        before=32,
        after=110,
    ),
    Rule(
        hint=PASSWORD_SAID,
        pattern=PASSWORD_SAID + r"(?P<v>[^\s\"']{4,100})[\"'](?!\s{0,3},)",
        caseless=True,
        before=80,
        after=110,
    ),
    Rule(
        hint=r"\b(?:requirepass|masterauth)\s{1,3}[\"']?[^\s\"']{4}",
        pattern=r"\b(?:requirepass|masterauth)\s{1,3}[\"']?(?P<v>[^\s\"']{4,100})",
        caseless=True,
        before=48,
        after=110,
    ),
    Rule(
        hint=_PASSWORD_GOT,
        pattern=(_PASSWORD_GOT + r"(?P<v>[^\s\"']{4,100})[\"']"),
        caseless=True,
        before=90,
        after=110,
    ),
    Rule(
        hint=r"[\"'`]\s?[!=]==?\s?[a-z0-9_.$]{0,40}(?:pass(?:word|wd|phrase)|pwd)",
        pattern=r"[\"'`](?P<v>[^\s\"'`]{4,100})[\"'`]\s?[!=]==?\s?[a-z0-9_.$]{0,40}(?:pass(?:word|wd|phrase)|pwd)",
        caseless=True,
        before=200,
        after=8,
    ),
    Rule(
        hint=r"(?:\bpsexec[^\n]{0,160}\s-p\s{1,2}|\bmysql(?:dump|admin)?\s[^\n]{0,160}\s-p)[^\s-][^\s]{3}",
        pattern=(
            r"(?:\bpsexec[^\n]{0,160}\s-p\s{1,2}|\bmysql(?:dump|admin)?\s[^\n]{0,160}\s(?-i:-p))[\"']?"
            r"(?P<v>(?![0-9]{1,5}\s)[^\s\"'`$%-][^\s\"'`]{3,60})"
        ),
        caseless=True,
        before=220,
        after=80,
    ),
    Rule(
        hint=r"\s(?:-u[ =]?|--user[ =]{1,3})[\"']?[^\s:\"'/]{0,80}:[\"']?[^\s\"'/]{3}",
        # The call may go on in further lines.
        pattern=(
            r"\bcurl(?:[^\n\\]|\\\r?[\s\S]){0,400}?\s(?:-u[ =]?|--user[ =]{1,3})[\"']?[^\s:\"'/]{0,80}:"
            r"[\"']?(?P<v>[^\s\"']{4,100})"
        ),
        caseless=True,
        before=520,
        after=110,
    ),
)
_BESIDE = r"[ \t]{1,4}[\"'=]?|[*`\"]{0,3}[ \t]{0,8}\|[ \t]{0,8}`?"
"""What parts a word for a key from the key in speech and between cells."""
# What Android's builds put into the program.
_BUILT = (
    r"(?:buildconfigfield|resvalue)\s?\(?\s{0,3}[\"'](?:java\.lang\.)?string[\"']\s?,\s{0,3}[\"'][a-z0-9_]{0,40}"
    r"(?:key|token|secret|pass(?:word|wd)?|pwd)(?:_?(?:value|debug|release|prod|dev|test))?[\"']\s?,\s{0,3}"
)
_SERVED = r"(?:credentials?|git(?:hub|lab)|octokit|client|login|bot(?:\.run)?|auth(?:handler|enticator)?|twilio[\"']\))"
"""What takes the key of a service."""
TOKEN_FORMS = (
    Rule(
        hint=_SERVED + r"\(\s{0,12}[\"']",
        pattern=(
            _SERVED
            + r"\(\s{0,12}(?:(?:\"[^\"\n]{0,120}\"|'[^'\n]{0,120}'|[\w.]{1,40})\s{0,4},\s{0,12}){0,3}"
            + r"[\"'](?P<v>[a-z0-9+/_=.~-]{20,300})[\"']\s{0,12}[,)]"
        ),
        caseless=True,
        before=30,
        after=560,
        checks=("key_like",),
    ),
    Rule(
        hint=r"(?:buildconfigfield|resvalue)\s?\(?\s{0,3}[\"']",
        pattern=_BUILT + r"[\"']\\{0,2}[\"']?(?P<v>[^\s\"'\\]{8,300})\\{0,2}[\"']",
        caseless=True,
        before=24,
        after=420,
    ),
    # A token as the user of a repository's address.
    Rule(
        hint=r"://[a-z0-9_-]{16,255}@[a-z0-9]",
        pattern=r"://(?P<v>[a-z0-9_-]{16,255})@(?:(?:[a-z0-9-]{1,40}\.){0,3}(?:git|bitbucket|dev\.azure)|[^\s\"'<>]{1,160}\.git\b)",
        caseless=True,
        before=290,
        after=200,
    ),
    # What stands where a variable lacks.
    Rule(
        hint=r"(?:secret|token|key)" + _ELSE,
        pattern=r"(?:secret|token|(?:api|secret|access|auth|private)_?key)" + _ELSE + r"(?P<v>[^\s\"'`]{8,300})[\"'`]",
        caseless=True,
        before=40,
        after=310,
    ),
    Rule(
        hint=r"(?:totp|hotp|authenticator)[a-z0-9_.:]{0,24}\(\s{0,3}[\"'][a-z2-7]{16}",
        pattern=r"(?:totp|hotp|authenticator)[a-z0-9_.:]{0,24}\(\s{0,3}[\"'](?P<v>(?-i:[A-Z2-7]{16,64}))[\"']",
        caseless=True,
        before=80,
        after=72,
    ),
    Rule(
        hint=r"\.equals(?:ignorecase)?\(",
        pattern=(
            r"(?:(?:secret|token|api_?key)[a-z0-9_]{0,16}(?:\(\))?\.equals(?:ignorecase)?\(\s{0,3}[\"'](?P<v>[^\"'\s]{12,300})[\"']"
            r"|[\"'](?P<v2>[^\"'\s]{12,300})[\"']\.equals(?:ignorecase)?\([^,()\n]{0,60}?(?:secret|token|api_?key)[a-z0-9_]{0,16}(?:\(\))?\s{0,3}[,)])"
        ),
        caseless=True,
        before=330,
        after=310,
    ),
    Rule(
        hint=_KEYED + r"\(",
        pattern=(
            _KEYED
            + r"\(\s{0,20}(?:(?:[\"'][a-z0-9-]{0,20}[\"']|\{[^{}]{0,120}\}|[a-z_$][\w.$]{0,60})\s{0,3},\s{0,20})?"
            + WRAP
            + r"[bru@]?[\"'`](?!eyj)(?P<v>[^\s\"'`]{10,300})[\"'`]"
        ),
        caseless=True,
        before=24,
        after=540,
    ),
    Rule(
        hint=r"token[\"']?\s{0,3}[:=]\s{0,3}[\"']\{\s?\\{0,3}[\"']",
        pattern=(
            r"token[\"']?\s{0,3}[:=]\s{0,3}[\"']\{[^{}\n]{0,160}?:\s?\\{0,3}[\"'](?P<v>[a-z0-9._+/-]{20,300}={0,2})\\{0,3}[\"']"
        ),
        caseless=True,
        before=60,
        after=480,
    ),
    Rule(
        hint=_TOKEN_PAIR,
        pattern=(_TOKEN_PAIR + r"\s{0,4}[\"']?(?P<v>[a-z0-9._~+/=-]{12,300})(?![a-z0-9._~+/=-])"),
        caseless=True,
        before=200,
        after=310,
    ),
    Rule(
        hint=_VARIABLE,
        pattern=(
            _VARIABLE + r"\s{0,3}\{[^{}]{0,200}?"
            r"\bdefault\s{0,20}=\s{0,4}\"(?P<v>[^\s\"]{10,300})\""
        ),
        caseless=True,
        before=90,
        after=620,
    ),
    # Settings as PHP stores them, and a symbol of Ruby in front of its value.
    Rule(
        hint=r"(?:secret|token|key)\\?\";s:[0-9]{1,4}:\\?\"",
        pattern=r"s:[0-9]{1,3}:\\?\"[\w.-]{0,60}?(?:secret|token|(?:api|secret|access|auth|private)_?key)\\?\";s:[0-9]{1,4}:\\?\"(?P<v>[^\"\s\\]{8,300})\\?\";",
        caseless=True,
        before=130,
        after=320,
    ),
    Rule(
        hint=r"(?:secret|token|_key),\s{0,3}[\"']",
        pattern=r"(?<![:\w]):[a-z_]{0,30}(?:secret|token|(?:api|secret|access|auth|private)_key),\s{0,3}[\"'](?P<v>[^\"'\s]{16,300})[\"']",
        before=48,
        after=310,
    ),
    Rule(
        hint=_TOKEN_GOT,
        pattern=(_TOKEN_GOT + r"(?P<v>[^\s\"']{12,300})[\"']"),
        caseless=True,
        before=80,
        after=310,
    ),
    Rule(
        hint=r"<(?:[a-z0-9_.:-]{0,30}(?:secret|token|api-?key|access-?key))>\s{0,24}[^<>\s][^<>\n]{11}",
        pattern=(
            r"<(?:[a-z0-9_.:-]{0,30}(?:secret|token|api-?key|access-?key))>\s{0,24}\{?(?:[\w-]{1,30} ){0,2}"
            r"(?P<v>[a-z0-9._~+/=\\-]{12,300})[\};]{0,2}\s{0,24}</"
        ),
        caseless=True,
        before=140,
        after=310,
    ),
    Rule(
        hint=r"authorization[\"']?\s{0,3}[:=,]\s{0,3}[\"']?(?:(?:bearer|token|ssws|apikey)\s{1,2}[a-z0-9._~+/-]{10}|[a-z0-9_~+/-]{24})",
        pattern=(
            r"authorization[\"']?\s{0,3}[:=,]\s{0,3}[\"']?(?:(?:bearer|token|ssws|apikey)"
            r"\s{1,2}(?P<v>[a-z0-9._~+/-]{10,300}={0,2})|(?P<v2>[a-z0-9_~+/-]{24,300}={0,2}))(?![a-z0-9._~+/=-])"
        ),
        caseless=True,
        before=120,
        after=310,
    ),
    Rule(
        hint=r"\bbearer\s{1,2}[a-z0-9._~+/-]{20}",
        pattern=r"\bbearer\s{1,2}(?P<v>[a-z0-9._~+/-]{20,600}={0,2})(?![a-z0-9._~+/=-])",
        caseless=True,
        before=40,
        after=620,
    ),
    Rule(
        hint=r"(?:key|name)=\"[^\"\n]{0,60}(?:secret|token|api[_-]?key)\"(?:\s{1,4}value=\"|(?:\s[^<>\n]{1,40})?>\s{0,12}(?:<value>\s{0,12})?[^<\s]{12})",
        pattern=(
            r"(?:key|name)=\"[^\"\n]{0,60}?(?:secret|token|api[_-]?key)\"(?:\s{1,4}value=\"(?P<v>[^\"\s]{12,300})\""
            r"|(?:\s[^<>\n]{1,40})?>\s{0,12}(?:<value>\s{0,12})?(?P<v2>[^<\s]{12,300})\s{0,12}</)"
        ),
        caseless=True,
        before=120,
        after=310,
    ),
    Rule(
        hint=r"-[a-z-]{0,20}(?:key|token|secret)\s{1,2}[\"']?[a-z0-9._~+/-]{16}",
        pattern=(
            r"(?<![a-z0-9-])--?[a-z-]{0,20}(?:api-?key|token|secret)"
            r"\s{1,2}[\"']?(?P<v>[a-z0-9._~+/-]{16,300}={0,2})(?![a-z0-9._~+/=-])"
        ),
        caseless=True,
        before=80,
        after=310,
    ),
    Rule(
        hint=r"(?:secret|token|private|access|key)(?:(?:"
        + _BESIDE
        + r"|:[ \t\r]{0,4}\n[ \t]{0,8})[a-z0-9+/_.~-]{16}|[-.][a-z0-9]{20})",
        pattern=(
            r"(?<![a-z0-9+/])[a-z0-9_]{0,40}(?:secret|token|private|access|key)(?:(?:"
            + _BESIDE
            + r"|(?:(?<=secret)|(?<=token)|(?<=apikey)|(?<=(?:api|ess)[ _-]key)):[ \t\r]{0,4}\n[ \t]{0,8}"
            r"(?=[a-z0-9+]{20,200}={0,2}[ \t\r]{0,4}(?:\n|\Z)))"
            r"(?P<v>[a-z0-9+/_.~-]{16,300}={0,2})(?![a-z0-9+/_=.~-])|[-.](?P<v2>[a-z0-9]{20,120}={0,2})(?![a-z0-9+/_=.~:-]))"
        ),
        caseless=True,
        before=120,
        after=310,
    ),
    Rule(
        hint=r"(?:secret|token|key)</(?:key|(?:param-)?name)>\s{0,20}<(?:string|(?:param-)?value)>[^<\s]{12}",
        pattern=(
            r"<(?:key|(?:param-)?name)>[^<\n]{0,60}(?:secret|token|(?:api|access|secret|private|auth)[_.-]?key)</(?:key|(?:param-)?name)>"
            r"\s{0,20}<(?:string|(?:param-)?value)>(?P<v>[^<\s]{12,300})</"
        ),
        caseless=True,
        before=140,
        after=310,
    ),
    Rule(
        hint=r"[\"'`]\s?[!=]==?\s?[a-z0-9_.$]{0,40}(?:secret|token|key)",
        pattern=r"[\"'`](?P<v>[^\s\"'`]{12,300})[\"'`]\s?[!=]==?\s?[a-z0-9_.$]{0,40}(?:secret|token|key)(?!s?\()",
        caseless=True,
        before=400,
        after=8,
    ),
)
