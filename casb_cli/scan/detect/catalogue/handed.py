"""Passwords and sessions handed to a call, a program or a server: told by what takes them."""

# ruff: noqa: E501 - forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._build import credential, form
from casb_cli.scan.detect.catalogue._keys import LOWER
from casb_cli.scan.detect.examples import HEX, rand
from casb_cli.scan.detect.rules import Detector, Rule

_NAME = r"(?:pass(?:word|wd|phrase)?|pwd)"
_TEXT = r"[\"'][^\"'\n]{0,120}[\"']"
_HERE = r"[\"'](?P<v>[^\"'\s]{4,100})[\"']"
_TWO = (
    r"(?:HTTP(?:Basic|Digest|Ntlm)Auth|BasicAuth(?:entication)?|basic_auth|(?:Network|UsernamePassword|Basic|Password|PS|Sql)Credentials?"
    r"|PasswordAuthentication|PasswordAuthenticator|ldap_bind|simple_bind(?:_s)?|PlainTextAuthProvider|PlainCredentials|username_pw_set|OAuthHandler|(?:cx_Oracle|oracledb)\.connect)"
)
_THREE = r"(?:(?:pymysql|MySQLdb)\.(?:connections\.)?[cC]onnect(?:ion)?|mysqli?_(?:p|real_)?connect|DirectoryEntry|ldap_bind|ftp_login|imap_open|pg\.(?:DB|connect)|pgdb\.connect|new\s(?:mysqli|PDO)|DBI->connect|DriverManager\.getConnection|smtp\.PlainAuth|ssh2_auth_password|new\sSequelize)"

_SIGNS_IN = r"(?:auth|log[io]n|connect|connection|credentials?|sign_?in|user|basic)\("
_GIVEN = ("given",)
_PARAMETER = r"(?:password|secret|token|(?:private|api|access|secret|token)_?key)"
_TOLD = (
    r"[\"']?(?:type|description|constraintdescription|allowedpattern|sensitive|format|min_?length|max_?length)[\"']?\s{0,2}:"
    r"(?:[ \t]{0,4}\"[^\"\n]{0,200}\"(?:,\s{0,40}|\s{1,40})|[^\n{}\"]{1,200}+\n\s{0,40}|[^\n{},\"]{1,160}+,\s{0,40})"
)
_HIDDEN = r"[\"']?noecho[\"']?\s{0,2}:\s{0,2}[\"']?(?:true|false)[\"']?(?:,\s{0,40}|\s{1,40})"
_PROPERTIES = rf"(?:{_TOLD}){{0,8}}+"
_OPENS = r"[\"']?\s{0,2}:\s{0,8}(?:\{\s{0,24}|\n[ \t]{1,24})"
_DEFAULT, _BARE = r"[\"']?default[\"']?\s{0,2}:[ \t]{0,4}[\"']?", r"[^\s\"'{}\[\],]{4,100}"
"""What is told about a parameter beside its value, in templates of clouds and in schemas."""

_RULES = (
    # Two texts, a user's name and the password.
    form(60, 280, _TWO + r"\s?\(\s{0,20}[\"']", _TWO + r"\s?\(\s{0,20}" + _TEXT + r"\s{0,3},\s{0,20}" + _HERE, checks=_GIVEN),
    form(24, 280, r"auth\s{0,2}[=:]\s{0,2}[\[(]\s{0,3}[\"']",
         r"(?:\b|_)auth\s{0,2}[=:]\s{0,2}[\[(]\s{0,3}" + _TEXT + r"\s{0,3},\s{0,3}" + _HERE + r"\s{0,3},?\s{0,3}[\])]", checks=_GIVEN),
    # The pair that becomes a header.
    form(40, 180, r"(?:b64encode|btoa|base64_?encode|strict_encode64)\(\s?b?[\"'][^\s:\"']{1,60}:",
         r"(?:b64encode|btoa|base64_?encode|strict_encode64)\(\s?b?[\"'][^\s:\"']{1,60}:(?P<v>[^\s\"':/]{4,100})[\"']", caseless=True, checks=_GIVEN),
    # The key of a signature, as people choose passwords.
    form(24, 420, r"(?:jwt\.(?:sign|verify|encode|decode)|cookieparser|secretkeyspec)\(",
         r"(?:jwt\.(?:sign|verify|encode|decode)\(\s{0,20}(?:\{[^{}]{0,200}\}|[a-z_$][\w.$]{0,60}(?:\(\))?)\s{0,3},|cookieparser\(|secretkeyspec\()"
         r"\s{0,20}" + _HERE + r"(?=\s{0,3}[,).])", caseless=True, checks=_GIVEN),
    form(40, 340, r"CURLOPT_(?:PROXY|TLSAUTH_)?(?:USERPWD|PASSWORD)|CURLOPT_(?:KEYPASSWD|XOAUTH2_BEARER)",
         r"CURLOPT_(?:(?:PROXY)?USERPWD\s{0,8}(?:,|=>)\s{0,8}[\"'][^\s\"':]{1,60}:(?P<v>[^\s\"']{4,100})[\"']"
         r"|(?:(?:PROXY|TLSAUTH_)?PASSWORD|KEYPASSWD|XOAUTH2_BEARER)\s{0,8}(?:,|=>)\s{0,8}[\"'](?P<v2>[^\s\"']{4,300})[\"'])", checks=_GIVEN),
    form(50, 280, r"\.(?:login|authenticate|sign_?in|logon)\(\s{0,20}[\"']",
         r"\.(?:login|authenticate|sign_?in|logon)\(\s{0,20}(?![\"'](?:anonymous|ftp)[\"'])" + _TEXT + r"\s{0,3},\s{0,20}" + _HERE + r"\s{0,20}[,)]", caseless=True, checks=_GIVEN),
    # A call that signs in by its name, with the user's right in front of a password that is no word.
    form(40, 440, _SIGNS_IN + r"\s*[a-z\"']", _SIGNS_IN + r"\s{0,20}(?:(?:[\"'][^\"'\n]{0,120}[\"']|[\w.$&]{1,60}(?:\([^()\"'\n]{0,40}\))?)\s{0,3},\s{0,20}){0,3}?"
         r"[\"'][\w.@+\\-]{1,60}[\"']\s{0,3},\s{0,20}(?![\"'][\w.+-]{0,60}@?[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}[\"'])(?:Some\()?" + _HERE + r"\s{0,20}[,)]", caseless=True, checks=("chosen",)),
    form(24, 180, r"\bbasic_auth\s[\"']", r"\bbasic_auth\s" + _TEXT + r"\s{0,3},\s{0,3}" + _HERE, checks=("chosen",)),
    # The password first.
    form(40, 140, r"(?:PasswordDeriveBytes|Rfc2898DeriveBytes|PasswordEncoder)\([\"']",
         r"\b(?:PasswordDeriveBytes|Rfc2898DeriveBytes|(?:Pbkdf2|Standard|SCrypt)PasswordEncoder)\(" + _HERE + r"\s{0,3}[,)]", checks=_GIVEN),
    form(60, 140, r"(?i:SECURITY[_.]CREDENTIALS)[\"']?\s?,\s?[\"']", r"(?i:SECURITY[_.]CREDENTIALS)[\"']?\s?,\s?" + _HERE + r"\s?\)", checks=_GIVEN),
    form(130, 24, r"\"\.toCharArray\(",
         r"(?:\b(?:load|init|getKey|setKeyEntry|PBEKeySpec)|(?i:pass(?:word|wd|phrase)?|pwd|secret)\w{0,30})\s?[(=,][^\"\n]{0,80}\"(?P<v>[^\"\s]{4,100})\"\.toCharArray\(", checks=_GIVEN),
    form(24, 120, r"\bssh\.Password\([\"`]", r"\bssh\.Password\([\"`](?P<v>[^\"`\s]{4,100})[\"`]\)", checks=_GIVEN),
    # What is typed into a form.
    form(110, 120, _NAME + r"[a-z0-9_-]{0,12}[\"'`\])]{1,6}(?:\.[a-z]{1,12}\(\)){0,2}(?:\.(?:type|fill|send_?keys|set_?value|val|input)\(|,\s?(?:with:\s?)?)[\"']",
         _NAME + r"[a-z0-9_-]{0,12}[\"'`\])]{1,6}(?:\.[a-z]{1,12}\(\)){0,2}(?:\.(?:type|fill|send_?keys|set_?value|val|input)\(|(?<=[\"']),\s?with:\s?)" + _HERE
         + r"|(?:\.(?:type|fill|set_?value|input)\(\s?|fill_in\(?\s?)[\"'][^\"'\n]{0,60}" + _NAME + r"[a-z0-9_-]{0,12}\]?[\"'],\s?" + _HERE.replace("<v>", "<v2>"), caseless=True),
    # A source, a user's name and the password.
    form(60, 400, _THREE + r"\s?\(",
         _THREE + r"\s?\((?:[^;\n]|(?<=,)\r?\n){1,200}?[\"'][^\"'\n]{1,60}[\"']\s{0,3},\s{0,20}" + _HERE + r"\s{0,20}[,)]", checks=_GIVEN),
    form(180, 2, r"@(?:tcp|unix)\(", r"(?<=[\"'`= ])[\w.-]{1,60}:(?P<v>[^@\s\"'`/]{4,100})@(?:tcp|unix)\("),
    # The name of a setting, and its value.
    form(180, 140, _NAME + r"[\"']\s{0,2},\s{0,20}[\"']",
         r"\b(?:put|set|setProperty|setenv|putenv|addProperty|setParameter|option|with|add|append|conf|config)\w{0,12}\(\s{0,20}"
         r"[\"'][\w.-]{0,80}" + _NAME + r"[\"']\s{0,2},\s{0,20}" + _HERE + r"\s{0,20}\)", caseless=True),
    form(140, 130, r"(?:key|name)=\"[^\"\n]{0,60}" + _NAME + r"\">\s{0,12}(?:<value>\s*)?[^<\s]{4}",
         r"<\w{1,20}\s[^<>\n]{0,40}(?:key|name)=\"[^\"\n]{0,60}" + _NAME + r"\">\s{0,12}(?:<value>\s{0,12})?(?P<v>[^<\s]{4,100})\s{0,12}</", caseless=True),
    # Options in a list of words.
    form(90, 110, r"-[a-z-]{0,20}" + _NAME + r"[\"']\s{0,2},\s{0,20}[\"']",
         r"[\"']--?[a-z-]{0,20}" + _NAME + r"[\"']\s{0,2},\s{0,20}(?![\"']-)" + _HERE, caseless=True, checks=_GIVEN),
    # Comparisons by a call.
    form(130, 120, r"\.equals(?:ignorecase)?\(",
         r"(?:" + _NAME + r"[a-z0-9_]{0,16}(?:\(\))?\.equals(?:ignorecase)?\(\s{0,3}" + _HERE + r"\s{0,3}[,)]"
         r"|[\"'](?P<v2>[^\"'\s]{4,100})[\"']\.equals(?:ignorecase)?\([^,()\n]{0,60}?" + _NAME + r"[a-z0-9_]{0,16}(?:\(\))?\s{0,3}[,)])", caseless=True, checks=_GIVEN),
    form(16, 220, r"(?:str(?:case)?cmp|compare_digest|hash_equals)\(",
         r"(?:str(?:case)?cmp|compare_digest|hash_equals)\([^,()\n\"']{0,60}?" + _NAME + r"[^,()\n\"']{0,40},\s{0,3}b?" + _HERE, caseless=True, checks=_GIVEN),
    # Programs.
    form(180, 220, r"\slogin\s[^\n]{0,120}\s(?:-p|--password)[= ]",
         r"\b(?:docker|podman|nerdctl|buildah|skopeo|helm registry|oras|oc|az|cf|npm|quay)\slogin\s[^\n]{0,120}?\s(?:-p|--password)[= ]"
         r"[\"']?(?P<v>[^\s\"'$]{4,200})(?=[\"'\s]|\Z)"),
    form(180, 12, r"\|\s{0,2}(?:sudo\s[^\n|]{0,40}-[a-z]{0,6}S|(?:sudo\s)?passwd\s{1,2}--stdin|kinit\s|[^\n|]{0,160}--password-stdin|ConvertTo-SecureString)",
         r"(?:\b(?:echo|printf|echo -n)\s{1,3}|[(=]\s?)[\"']?(?P<v>[^\s\"'$|]{4,100})[\"']?\s{0,2}\|\s{0,2}"
         r"(?:sudo\s[^\n|]{0,40}-[a-z]{0,6}S|(?:sudo\s)?passwd\s{1,2}--stdin|kinit\s|[^\n|]{0,160}--password-stdin|ConvertTo-SecureString)"),
    form(60, 110, r"<\(\s?(?:echo|printf)\s", r"(?i:pass)[\w-]{0,12}[ =]{1,2}<\(\s?(?:echo|printf)\s{1,2}[\"']?(?P<v>[^\s\"')$]{4,100})", checks=_GIVEN),
    form(180, 12, r"\bsend(?:line)?(?:\s{1,3}|\(\s?)(?:--\s)?[\"'][^\"'\n]{4,60}[\"']",
         r"(?i:passw(?:or)?d|passphrase)[^\n]{0,40}(?:[\"'}][;\s]{1,12}|[\"']\)\s{1,12})(?:\w{1,20}\.)?send(?:line)?(?:\s{1,3}|\(\s?)(?:--\s)?[\"'](?P<v>[^\s\"'\\$]{4,60})(?:\\[rn]){0,2}[\"']", checks=_GIVEN),
    form(190, 110, r"\b(?:nmcli\s[^\n]{0,120}\spassword|openssl\s[^\n]{0,160}\s-k)\s{1,2}[^\s-]", r"\b(?:nmcli\s[^\n|;]{0,120}?\spassword|openssl\s(?:enc|aes|des|bf|rc4|camellia)[^\n|;]{0,160}?\s-k)\s{1,2}[\"']?(?P<v>[^\s\"'$%<:`\\-][^\s\"'$`\\]{3,100})", checks=_GIVEN),
    form(90, 110, r"\s-{1,2}auth[ =][\"']?[\w.@-]{1,60}:[^\s]{6}", r"\s--?auth[ =][\"']?[\w.@-]{1,60}:(?P<v>[^\s\"'$<{]{6,100})", checks=_GIVEN),
    form(170, 24, r":15[23][0-9][/:][A-Za-z]", r"(?<![\w/.:])[A-Za-z][\w$#]{0,39}/(?P<v>[^\s/@\"']{4,60})@(?://)?[\w.-]{1,80}:15[0-9]{2}[/:]"),
    form(48, 110, r"sshpass\s{1,3}-p\s{0,3}[\"']?[^\s\"'$]{4}|-(?:src|dest|new)?(?:store|key)pass\s{1,3}[^\s\"'$%-]{4}",
         r"(?:sshpass\s{1,3}-p\s{0,3}|\s--?(?:src|dest|new)?(?:store|key)pass\s{1,3})[\"']?(?P<v>[^\s\"'$%<`\\-][^\s\"'$`\\]{3,100})", checks=_GIVEN),
    form(190, 110, r"\b(?:ipmitool|mosquitto_[a-z]{3}|cqlsh|evil-winrm|crackmapexec|netexec|plink|pscp|psftp|(?:un)?zip|7z[ar]?|(?:un)?rar)(?:\s[^\n]{0,160})?\s-(?:[Pp]|hp)",
         r"\b(?:(?:ipmitool|mosquitto_[a-z]{3}|(?:un)?zip)(?:\s[^\n|;]{0,160}?)?\s-P|(?:cqlsh|evil-winrm|crackmapexec|netexec)\s[^\n|;]{0,160}?\s-p"
         r"|(?:plink|pscp|psftp)\s[^\n|;]{0,160}?\s-pw)[ ]{1,2}[\"']?(?P<v>[^\s\"'$%<:`\\-][^\s\"'$`\\]{3,100})"
         r"|\b(?:7z[ar]?|(?:un)?rar)\s[^\n|;]{0,160}?\s-h?p[\"']?(?P<v2>[^\s\"'$%<:`\\-][^\s\"'$`\\]{3,100})", checks=_GIVEN),
    form(190, 110, r"\bsnmp(?:bulk)?(?:walk|get|getnext|set|table|inform)\s[^\n]{0,160}\s-[cAX]\s?[^\s-]{4}",
         r"\bsnmp(?:bulk)?(?:walk|get|getnext|set|table|inform)\s[^\n|;]{0,160}?\s-[cAX]\s?[\"']?(?P<v>(?!public\b|private\b)[^\s\"'$%<:`\\-][^\s\"'$`\\]{3,100})", checks=_GIVEN),
    form(190, 110, r"\b(?:smbclient|rpcclient|smbget|winexe|net (?:rpc|ads))\s[^\n]{0,160}%[^\s%]{4}",
         r"\b(?:smbclient|rpcclient|smbget|winexe|net (?:rpc|ads))\s[^\n|;]{0,160}?(?:-U|--user)[ =]{0,2}[\"']?[\w.\\/-]{1,60}%(?P<v>[^\s\"'$%]{4,100})", checks=_GIVEN),
    form(40, 110, r"\spass:[^\s]{4}", r"-pass(?:in|out|word)?\s{1,2}[\"']?pass:(?P<v>[^\s\"'$%<`]{4,100})", checks=_GIVEN),
    form(220, 110, r"\b(?:[xw]freerdp3?|cmdkey|mstsc)\s[^\n]{0,200}\s/p(?:ass)?:[^\s]{4}",
         r"\b(?:[xw]freerdp3?|cmdkey|mstsc)\s[^\n]{0,200}?\s/p(?:ass)?:[\"']?(?P<v>[^\s\"'$%<`]{4,100})", checks=_GIVEN),
    form(160, 60, r"(?:psexec|smbexec|wmiexec|atexec|secretsdump|mssqlclient)(?:\.py)?\s[^\n]{0,100}:[^\s]{4,60}@",
         r"(?:psexec|smbexec|wmiexec|atexec|secretsdump|mssqlclient)(?:\.py)?\s(?:-\S{1,20}\s){0,4}[\"']?[\w.$/\\-]{1,60}:(?P<v>[^\s\"'$@]{4,60})@", checks=_GIVEN),
    form(80, 110, r"\bhtpasswd\s-[a-zA-Z0-9]{0,6}b", r"\bhtpasswd\s(?=[^\n]{0,40}-[a-zA-Z0-9]{0,6}b)(?:(?=[^\n]{0,40}-[a-zA-Z0-9]{0,6}n)(?:-\S{1,8}\s){1,5}|(?:-\S{1,8}\s){1,5}\S{1,100}\s)\S{1,60}\s[\"']?(?P<v>[^\s\"'$%<`-]{4,100})", checks=_GIVEN),
    form(80, 110, r"\bnet\s{1,3}user\s[^\n]{1,120}/add\b",
         r"\bnet\s{1,3}user\s{1,3}[\"']?[\w.$-]{1,40}[\"']?\s{1,3}[\"']?(?P<v>[^\s\"'$%/|*<-][^\s\"'$|]{3,100})[\"']?\s{1,3}(?:/\S{1,20}\s){0,2}/add\b", caseless=True, checks=_GIVEN),
    form(190, 110, r"\b(?:sqlcmd|osql|mongo(?:sh|dump|restore|import|export)?|redis-cli|ldap(?:search|add|modify|delete|passwd|whoami))\s[^\n]{0,160}\s-[PpawW]",
         r"\b(?:(?:sqlcmd|osql)\s[^\n|;]{0,160}?\s-P|mongo(?:sh|dump|restore|import|export)?\s[^\n|;]{0,160}?\s-p"
         r"|redis-cli\s[^\n|;]{0,160}?\s-a|ldap(?:search|add|modify|delete|passwd|whoami)\s[^\n|;]{0,160}?\s-w)"
         r"[ ]{0,2}[\"']?(?P<v>[^\s\"'$%<:`\\-][^\s\"'$`\\]{3,100})", checks=_GIVEN),
    form(220, 200, r"\bnet\s{1,3}use\s[^\n]{0,160}/user:|\brabbitmqctl\s[^\n]{0,60}(?:add_user|change_password)\s|\|\s{0,2}(?:sudo\s)?chpasswd",
         r"(?:\bnet\s{1,3}use\s(?:[^\n/]{0,120}?\s)?/user:[^\s]{1,60}\s{1,3}|\brabbitmqctl\s[^\n]{0,60}?(?:add_user|change_password)\s[^\s]{1,60}\s{1,3}"
         r"|\becho\s{1,3}(?:-e\s)?[\"']?[a-z][\w-]{0,30}:(?=[^\n|]{4,100}\|\s{0,2}(?:sudo\s)?chpasswd))[\"']?(?P<v>[^\s\"'$%/|*<-][^\s\"'$|]{3,100})"
         r"|\bnet\s{1,3}use\s(?:\S{1,4}\s{1,3})?\\\\\S{1,120}\s{1,3}(?P<v2>[^\s\"'$%/|*<-]\S{3,60})(?=\s{1,3}/user:)", caseless=True, checks=_GIVEN),
    form(140, 60, r"\b(?:sqlplus|sqlldr|expdp|impdp|rman target)\s[^\n]{1,100}/[^\s/@]{4}",
         r"\b(?:sqlplus|sqlldr|expdp|impdp|rman target)\s{1,3}(?:-\w{1,3}\s{1,3}){0,3}[\"']?[\w$#]{1,40}/(?P<v>[^\s/@\"']{4,60})(?=[@\s\"']|\Z)", caseless=True),
    # Directives of configurations, a line each.
    form(24, 110, r"\b(?:bindpw|remote_password)\s{1,8}[^\s]{4}",
         r"(?<![^\n])[ \t]{0,8}(?:bindpw|remote_password)[ \t]{1,8}[\"']?(?P<v>[^\s\"']{4,100})[\"']?[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    form(40, 80, r"\bpsk\s{0,2}=\s{0,2}[\"']?[^\"'\n]{8}",
         r"(?<![^\n])[ \t]{0,8}(?:wpa_)?psk[ \t]{0,2}=[ \t]{0,2}(?:\"(?P<v>[^\"\n]{8,63})\"|(?P<v2>[^\s\"']{8,64}))[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    form(30, 110, r"\binsecure-password\s{1,4}[^\s]{4}|\bremotepass\s{0,3}=", r"\b(?:insecure-password[ \t]{1,4}|remotepass[ \t]{0,3}=[ \t]{0,3})(?P<v>[^\s]{4,100})", checks=_GIVEN),
    form(100, 110, r"\b(?:user|login)\s?=\s?[\"']?[a-z][\w.-]{0,30}:[^\s]{4}", r"\b(?:user|login)\s?=\s?[\"']?[a-z][\w.-]{0,30}:(?P<v>[^\s\"':/]{4,100})(?=[\"']?[ \t\r]{0,8}(?:\n|\Z))", caseless=True, checks=("chosen",)),
    form(150, 80, r"\]:[0-9]{2,5}[ \t]{1,20}[\w.+-]{1,64}:[^\s]{4}", r"(?<![^\n])\[[\w.-]{1,80}\]:[0-9]{2,5}[ \t]{1,20}[\w.+-]{1,64}:(?P<v>[^\s]{4,100})(?=[ \t\r]{0,8}(?:\n|\Z))", checks=_GIVEN),
    form(80, 110, r"\bsp_addlogin\s", r"\bsp_addlogin\s{1,4}N?'[^'\n]{1,60}'\s{0,3},\s{0,3}N?'(?P<v>[^'\s]{4,100})'", caseless=True, checks=_GIVEN),
    form(170, 110, r"<<<\s{0,2}[\"']?[^\s\"'$]{4}", r"\b(?:kinit|su|sudo|vncpasswd|passwd|cryptsetup|gpg|(?:docker|podman|helm registry) login)\b[^\n<]{0,140}<<<\s{0,2}[\"']?(?P<v>[^\s\"'$]{4,100})", checks=_GIVEN),
    form(24, 110, r"\s/rp\s{1,2}[\"']?[^\s\"'%*]{4}", r"\s/rp\s{1,2}[\"']?(?P<v>[^\s\"'%*]{4,100})", caseless=True, checks=_GIVEN),
    # In a statement of SQL the type of a column follows.
    form(40, 110, r"(?:^|\n)[ \t]{0,8}password[ \t]{1,8}[^\s]{4}",
         r"(?<![^\n])[ \t]{0,8}password[ \t]{1,8}[\"']?(?!(?i:n?(?:var)?char|text|bytea|blob|character|string)\b)(?P<v>[^\s\"']{4,100})[\"']?[ \t\r]{0,8}(?=\n|\Z)"),
    form(100, 120, r"\brootpw[ \t]{1,8}[^\s]{4}|passwd/(?:root|user)-password[^\n]{0,20}[ \t]password[ \t]",
         r"(?<![^\n])(?:rootpw[ \t]{1,8}(?:--plaintext[ \t]{1,8})?|[a-z-]{1,20}[ \t]{1,8}passwd/(?:root|user)-password(?:-again)?[ \t]{1,8}password[ \t]{1,8})"
         r"(?P<v>(?!--)[^\s]{4,100})[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    form(24, 110, r"\bPSK\s{1,8}\"[^\"\n]{4}", r":\s{0,4}PSK\s{1,8}\"(?P<v>[^\"\n]{4,100})\"", checks=_GIVEN),
    form(48, 310, r"Password>\s{0,20}<Value>[^<\s]{4}", r"Password>\s{0,20}<Value>(?P<v>[^<\s]{4,300})</Value>", checks=_GIVEN),
    form(120, 110, r"<(?:key|(?:param-)?name)>[^<\n]{0,60}" + _NAME + r"</(?:key|(?:param-)?name)>\s{0,20}<(?:string|(?:param-)?value)(?:\s[^<>\n]{1,60})?>",
         r"<(?:key|(?:param-)?name)>[^<\n]{0,60}" + _NAME + r"</(?:key|(?:param-)?name)>\s{0,20}<(?:string|(?:param-)?value)(?:\s[^<>\n]{1,60})?>(?P<v>[^<\s]{4,100})</(?:string|(?:param-)?value)>", caseless=True),
    form(90, 460, r"\bvariable\s{1,3}\"[a-z0-9_-]{0,60}" + _NAME + r"\"",
         r"\bvariable\s{1,3}\"[a-z0-9_-]{0,60}" + _NAME + r"\"\s{0,3}\{[^{}]{0,300}?\bdefault\s{0,20}=\s{0,4}\"(?P<v>[^\s\"$]{4,100})\"", caseless=True),
    # A parameter, whose value is a property of its own; and one that is not to be shown.
    form(48, 420, _PARAMETER + r"[\"']?\s*:\s*[\"'{]?\s*[\"']?(?:type|description|noecho|value|default)[\"']?\s*:",
         _PARAMETER + _OPENS + _PROPERTIES + rf"(?:{_HIDDEN})?" + _PROPERTIES
         + r"[\"']?(?:default)?(?:value)?[\"']?\s{0,2}:[ \t]{0,4}[\"']?(?P<v>[^\s\"'{}\[\],]{4,100})[\"']?(?=[\s},]|\Z)", caseless=True),
    form(300, 420, r"noecho[\"']?\s{0,2}:\s{0,2}[\"']?true",
         _PARAMETER + _OPENS + _PROPERTIES + rf"(?:{_HIDDEN}{_PROPERTIES}{_DEFAULT}(?P<v>{_BARE})(?=[\s\"'}},]|\Z)"
         rf"|{_DEFAULT}(?P<v2>{_BARE})[\"']?(?:,\s{{0,40}}|\s{{1,40}}){_PROPERTIES}{_HIDDEN})", caseless=True, checks=_GIVEN),
    # Settings as PHP stores them, with the length of each text.
    form(130, 130, _NAME + r"\\?\";s:[0-9]{1,4}:\\?\"", r"s:[0-9]{1,3}:\\?\"[\w.-]{0,60}?" + _NAME + r"\\?\";s:[0-9]{1,4}:\\?\"(?P<v>[^\"\s\\]{4,100})\\?\";", caseless=True, checks=_GIVEN),
    # Variables of shells and of psql, set without a sign.
    form(90, 110, r"\bset(?:env|x)?\s{1,3}(?:-[a-z]{1,3}\s{1,2})?[a-z0-9_]{0,40}" + _NAME + r"\s{1,3}[\"']?[^\s\"'$]{4}",
         r"(?<![^\n])[ \t\\]{0,8}set(?:env|x)?\s{1,3}(?:-[a-z]{1,3}\s{1,2})?[a-z0-9_]{0,40}" + _NAME + r"[ \t]{1,3}[\"']?(?P<v>[^\s\"'$=]{4,100})[\"']?(?=[ \t\r]{0,8}(?:/m)?(?:\n|\Z))", caseless=True),
    # Parameters of PowerShell.
    form(48, 110, r"[a-z]password\s{1,2}[\"']?[^\s\"'$(-][^\s\"']{5}", r"(?<![a-z0-9-])-[a-z]{1,24}password\s{1,2}[\"']?(?P<v>[^\s\"'$(-][^\s\"']{5,99})", caseless=True),
    # Lists of accounts: an address and its password a line.
    form(180, 80, r"@[a-z0-9.-]{1,60}\.[a-z]{2,12}[:;|][^\s:/@]{5}",
         r"(?<![^\n])(?:\[?[\w.-]{1,80}\]?(?::\d{2,5})?[ \t]{1,20})?[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,80}\.[a-z]{2,12}[:;|](?![\w.~-]{1,60}\.git\b)(?P<v>[^\s:/@;|]{5,64})(?=[ \t\r]{0,8}(?:\n|\Z))", caseless=True),
)  # fmt: skip

_SESSION = r"(?:phpsessid|jsessionid|connect\.sid|asp\.net_sessionid|laravel_session)"
_COOKIE = r"(?:sess(?:ion)?(?:_?id|_?token)?|sid|auth|(?:auth|access|remember|refresh|login)_?(?:token|me))"
_COOKIES = r"(?:s%3a|s:)?(?P<v>[a-z0-9%_.+/=-]{16,400})"

_COLUMN, _NO_HASH = r"[^(),]{1,60},", r"(?!\$|\{|[0-9a-f]{32}|(?:pbkdf2|sha|md5|bcrypt|argon|scrypt)\w{0,20}[$:])"
_CELL = r"(?:N?'(?:[^'\\]|''|\\.){0,2000}'|[^',()]{1,60}(?:\([^()]{0,60}\))?)"


def _inserted(place: int) -> Rule:
    """Return the rule of the passwords that a statement of SQL inserts, in the column behind `place` others."""
    column = r"[^(),]{0,30}pass(?:word|wd)[`\"\]]?\s{0,4}"
    return form(
        400, 3000, r"insert\s+into\s+[^()]+\(" + r"[^(),]+," * place + r"[^(),]*pass(?:word|wd)[`\"\]]?\s*[,)]",
        r"insert\s{1,4}into\s{1,4}[^()\n]{1,80}\(" + _COLUMN * place + column + r"(?:,[^()]{0,400})?\)\s{0,12}values\s{0,12}"
        r"(?P<v>(?:\(" + _CELL + r"(?:\s{0,8},\s{0,8}" + _CELL + r"){0,40}\s{0,8}\)[\s,]{0,12}){1,60})",
        caseless=True, checks=_GIVEN, each=r"\(\s{0,8}" + (_CELL + r"\s{0,8},\s{0,8}") * place + r"N?'" + _NO_HASH + r"(?P<v>[^'\s]{4,100})'",
    )  # fmt: skip


DETECTORS: tuple[Detector, ...] = (
    credential(
        "session-cookie",
        "Session of a signed-in user",
        "The value of a cookie that keeps somebody signed in, in code, a command or what a browser sent.",
        form(
            40,
            420,
            _SESSION + r"(?:[\"']?\s{0,3}[:=]|[\"'], ?)\s{0,3}[\"']?[a-z0-9%_.+/-]{16}",
            _SESSION + r"(?:[\"']?\s{0,3}[:=]|[\"'], ?)\s{0,3}[\"']?" + _COOKIES,
            caseless=True,
        ),
        form(
            560,
            420,
            r"(?:sess|sid|auth|token)[a-z_]{0,10}=(?:s%3a|s:)?[a-z0-9%_.+/-]{16}",
            r"\bcookies?\b(?:[\"' \t:=,]|[\w]{1,12}[\"'])[^\n]{0,500}?(?<![a-z])[a-z0-9_-]{0,20}?"
            + _COOKIE
            + "="
            + _COOKIES,
            caseless=True,
        ),
        form(
            80,
            420,
            r"[\"']name[\"']\s?:\s?[\"'][a-z0-9._-]{0,20}(?:sess|sid)[a-z0-9._-]{0,12}[\"']\s?,\s{0,12}[\"']value[\"']\s?:",
            r"[\"']name[\"']\s?:\s?[\"'][a-z0-9_-]{0,20}(?:sess|sid)[a-z0-9._-]{0,12}[\"']\s?,\s{0,12}[\"']value[\"']\s?:\s?[\"']"
            + _COOKIES,
            caseless=True,
        ),
        severity="medium",
        confidence="medium",
        checks=("key_like",),
        filters=("documentation", "repeated", "placeholder", "example_uuid", "minified"),
        reference="RFC 6265: cookies; PHP, Jakarta Servlet, Express, ASP.NET and Laravel: sessions",
        match=lambda: (
            f"Cookie: PHPSESSID={rand(26, LOWER)}; lang=en",
            f"Set-Cookie: JSESSIONID={rand(32, HEX.upper()[:16])}; Path=/",
            f'cookies = {{"connect.sid": "s%3A{rand(32)}.{rand(43, seed=2)}"}}',
            f"curl --cookie 'lang=en; session={rand(32, HEX)}' https://host/",
            f'"cookies": [{{"name": "sessionid", "value": "{rand(32, seed=3)}"}}]',
        ),
        no_match=lambda: (
            f'"sessionId": "{rand(32, HEX)}"',
            "Cookie: PHPSESSID=your-session-id-here",
            f"the session={rand(32, HEX)} is known",
        ),
    ),
    credential(
        "password-argument",
        "Password handed to a call or a program",
        "A password as an argument, told by the function, the program or the directive that takes it.",
        *_RULES,
        *map(_inserted, range(8)),
        severity="medium",
        confidence="medium",
        reference="the manuals of what takes the password",
        checks=("password_like",),
        filters=(
            "placeholder",
            "documentation",
            "monotone",
            "counted",
            "template_file",
            "minified",
            "no_password",
            "in_prose",
        ),
        doubts=("doubtful_password", "sequence"),
        keywords=("user", "username", "login", "host", "server", "connect"),
        match=lambda: (
            "requests.get(url, auth=('admin', '" + "Gr8Pass" + "9word'))",
            'new NetworkCredential("svc", "' + "Gr8Pass" + '9word")',
            'session.login("ann@host", "' + "Gr8Pass" + '9word")',
            'DriverManager.getConnection(url, "scott", "' + "Gr8Pass" + '9word");',
            "mysqli_connect('localhost', 'root', '" + "Gr8Pass" + "9word');",
            'DBI->connect("DBI:mysql:shop", "root", "' + "Gr8Pass" + '9word");',
            'sql.Open("mysql", "root:' + "Gr8Pass" + '9word@tcp(10.0.0.5:3306)/shop")',
            'props.put("mail.smtp.password", "' + "Gr8Pass" + '9word");',
            '<entry key="db.password">' + "Gr8Pass" + "9word</entry>",
            "docker login -u ci -p " + "Gr8Pass" + "9word registry.host",
            "echo '" + "Gr8Pass" + "9word' | sudo -S reboot",
            "jwt.sign({ id: 1 }, '" + "harbour-lights" + "', options)",
            'curl_setopt($ch, CURLOPT_USERPWD, "ann:' + "Gr8Pass" + '9word");',
            "sshpass -p " + "winterharbour ssh ann@host",
            "keytool -genkey -storepass " + "winterharbour -alias x",
            "mongodump -u ann -p " + "Gr8Pass" + "9word --db shop",
            "net use z: \\\\\\\\host\\\\share /user:ann " + "Gr8Pass" + "9word",
            "echo ann:" + "Gr8Pass" + "9word | chpasswd",
            "rootpw " + "Gr8Pass" + "9word\n",
            '10.0.0.1 : PSK "' + "Gr8Pass" + '9word"',
            "<AdministratorPassword><Value>" + "Gr8Pass" + "9word</Value>",
            "<key>password</key>\n<string>" + "Gr8Pass" + "9word</string>",
            "<name>jdbc.password</name>\n  <value>" + "Gr8Pass" + "9word</value>",
            'variable "db_password" {\n  default = "' + "Gr8Pass" + '9word"\n}',
            "sqlplus scott/" + "Gr8Pass" + "9word@orcl",
            'conn.simple_bind_s("cn=admin", "' + "winter" + 'harbour")',
            'new DirectoryEntry("LDAP://x", "corp\\ann", "' + "winter" + 'harbour")',
            'new Rfc2898DeriveBytes("' + "winter" + 'harbour", salt)',
            'env.put(Context.SECURITY_CREDENTIALS, "' + "winter" + 'harbour");',
            "ipmitool -H 10.0.0.1 -U ann -P " + "winter" + "harbour9 power status",
            "7z a -p" + "winter" + "harbour9 x.7z a",
            "snmpwalk -v2c -c " + "winter" + "harbour9 10.0.0.1",
            "smbclient //srv/share -U ann%" + "winter" + "harbour9",
            "openssl rsa -passin pass:" + "winter" + "harbour9 -in x",
            "xfreerdp /u:ann /p:" + "winter" + "harbour9 /v:srv",
            "psexec.py corp/ann:" + "winter" + "harbour9@10.0.0.1",
            "htpasswd -b .htpasswd ann " + "winter" + "harbour9",
            "net user ann " + "winter" + "harbour9 /add",
            "[smtp.corp.net]:587 ann@corp.net:" + "winter" + "harbour9\n",
            "binddn cn=admin\nbindpw " + "Gr8Pass" + "9word\n",
            'network={\n  ssid="x"\n  psk="' + "Gr8Pass" + '9word"\n}',
            "account shop\nuser ann\npassword " + "Gr8Pass" + "9word\n",
            "ann@host.example:" + "Gr8Pass" + "9word\n",
            "new Sequelize('shop', 'ann', '" + "Gr8Pass" + "9word', options)",
            "fill_in 'Password', with: '" + "Gr8Pass" + "9word'",
            '"adminPassword": {"value": "' + "Gr8Pass" + '9word"}',
            'expect "password:"; send "' + "Gr8Pass" + '9word\\r"',
            "db=ann/" + "Gr8Pass" + "9word@db.host:1521/shop",
            'load(stream, "' + "Gr8Pass" + '9word".toCharArray())',
        ),
        no_match=lambda: (
            "auth=('user', 'password')",
            'session.login("ann@host", "your-password")',
            "auth=('user', os.environ['X1'])",
            "docker login -u ci -p $CI_TOKEN1 host",
            'map.put("password", "Enter your password")',
            'props.put("mail.smtp.password", "password");',
            "username and password login9, session",
            "git@host.com:team9/repo.git",
            "password reset\n",
            "  id int,\n  password VARCHAR(255),\n",
            "sqlplus /nolog @/opt/scripts2/run.sql",
            'getConnection(url, "user", "password")',
            "snmpwalk -v2c -c public 10.0.0.1",
            "unzip -p archive.zip member.txt",
            "net user ann /add",
            "openssl rsa -passin pass:password -in x",
            'connect("localhost:8080", "bucket-2")',
            "password:\n  type: string\n  description: of the user\n",
        ),
    ),
)
