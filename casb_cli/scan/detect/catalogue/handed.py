"""Passwords handed to a call or a program: told by what takes them, as no name stands beside."""

# ruff: noqa: E501 - forms

from __future__ import annotations

from casb_cli.scan.detect.catalogue._build import credential, form
from casb_cli.scan.detect.rules import Detector

_NAME = r"(?:pass(?:word|wd|phrase)?|pwd)"
_TEXT = r"[\"'][^\"'\n]{0,120}[\"']"
_HERE = r"[\"'](?P<v>[^\"'\s]{4,100})[\"']"
_TWO = (
    r"(?:HTTP(?:Basic|Digest|Ntlm)Auth|BasicAuth(?:entication)?|basic_auth|(?:Network|UsernamePassword|Basic|Password|PS|Sql)Credentials?"
    r"|PasswordAuthentication|PasswordAuthenticator|pgdb\.connect|ldap_bind|simple_bind(?:_s)?|PlainTextAuthProvider|PlainCredentials|(?:cx_Oracle|oracledb)\.connect)"
)
_THREE = r"(?:(?:pymysql|MySQLdb)\.(?:connections\.)?[cC]onnect(?:ion)?|mysqli?_(?:p|real_)?connect|DirectoryEntry|ldap_bind|ftp_login|imap_open|pg\.(?:DB|connect)|new\s(?:mysqli|PDO)|DBI->connect|DriverManager\.getConnection|smtp\.PlainAuth|ssh2_auth_password)"

_GIVEN = ("given",)

_RULES = (
    # Two texts, a user's name and the password.
    form(60, 280, _TWO + r"\s?\(\s{0,20}[\"']", _TWO + r"\s?\(\s{0,20}" + _TEXT + r"\s{0,3},\s{0,20}" + _HERE, checks=_GIVEN),
    form(24, 280, r"\bauth\s{0,2}[=:]\s{0,2}[\[(]\s{0,3}[\"']",
         r"\bauth\s{0,2}[=:]\s{0,2}[\[(]\s{0,3}" + _TEXT + r"\s{0,3},\s{0,3}" + _HERE + r"\s{0,3},?\s{0,3}[\])]", checks=_GIVEN),
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
         r"\.(?:login|authenticate|sign_?in|logon)\(\s{0,20}" + _TEXT + r"\s{0,3},\s{0,20}" + _HERE + r"\s{0,20}[,)]", caseless=True, checks=_GIVEN),
    # The password first.
    form(40, 140, r"(?:PasswordDeriveBytes|Rfc2898DeriveBytes|PasswordEncoder)\([\"']",
         r"\b(?:PasswordDeriveBytes|Rfc2898DeriveBytes|(?:Pbkdf2|Standard|SCrypt)PasswordEncoder)\(" + _HERE + r"\s{0,3}[,)]", checks=_GIVEN),
    form(60, 140, r"(?i:SECURITY[_.]CREDENTIALS)[\"']?\s?,\s?[\"']", r"(?i:SECURITY[_.]CREDENTIALS)[\"']?\s?,\s?" + _HERE + r"\s?\)", checks=_GIVEN),
    # A source, a user's name and the password.
    form(60, 400, _THREE + r"\s?\(",
         _THREE + r"\s?\((?:[^;\n]|(?<=,)\r?\n){1,200}?[\"'][^\"'\n]{1,60}[\"']\s{0,3},\s{0,20}" + _HERE + r"\s{0,20}[,)]", checks=_GIVEN),
    form(180, 2, r"@(?:tcp|unix)\(", r"(?<=[\"'`= ])[\w.-]{1,60}:(?P<v>[^@\s\"'`/]{4,100})@(?:tcp|unix)\("),
    # The name of a setting, and its value.
    form(180, 140, _NAME + r"[\"']\s{0,2},\s{0,20}[\"']",
         r"\b(?:put|set|setProperty|setenv|putenv|addProperty|setParameter|option|with|add|append|conf|config)\w{0,12}\(\s{0,20}"
         r"[\"'][\w.-]{0,80}" + _NAME + r"[\"']\s{0,2},\s{0,20}" + _HERE + r"\s{0,20}\)", caseless=True),
    form(140, 130, r"(?:key|name)=\"[^\"\n]{0,60}" + _NAME + r"\">\s{0,12}[^<\s]{4}",
         r"<\w{1,20}\s[^<>\n]{0,40}(?:key|name)=\"[^\"\n]{0,60}" + _NAME + r"\">\s{0,12}(?P<v>[^<\s]{4,100})\s{0,12}</", caseless=True),
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
    form(180, 12, r"\|\s{0,2}sudo\s[^\n|]{0,40}-[a-z]{0,6}S",
         r"\becho\s{1,3}[\"']?(?P<v>[^\s\"'$|]{4,100})[\"']?\s{0,2}\|\s{0,2}sudo\s[^\n|]{0,40}-[a-z]{0,6}S"),
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
    form(40, 110, r"\spass:[^\s]{4}", r"-pass(?:in|out)?\s{1,2}[\"']?pass:(?P<v>[^\s\"'$%<`]{4,100})", checks=_GIVEN),
    form(220, 110, r"\b(?:[xw]freerdp3?|cmdkey|mstsc)\s[^\n]{0,200}\s/p(?:ass)?:[^\s]{4}",
         r"\b(?:[xw]freerdp3?|cmdkey|mstsc)\s[^\n]{0,200}?\s/p(?:ass)?:[\"']?(?P<v>[^\s\"'$%<`]{4,100})", checks=_GIVEN),
    form(160, 60, r"(?:psexec|smbexec|wmiexec|atexec|secretsdump|mssqlclient)(?:\.py)?\s[^\n]{0,100}:[^\s]{4,60}@",
         r"(?:psexec|smbexec|wmiexec|atexec|secretsdump|mssqlclient)(?:\.py)?\s(?:-\S{1,20}\s){0,4}[\"']?[\w.$/\\-]{1,60}:(?P<v>[^\s\"'$@]{4,60})@", checks=_GIVEN),
    form(80, 110, r"\bhtpasswd\s-[a-zA-Z0-9]{0,6}b", r"\bhtpasswd\s(?:-\S{1,8}\s){0,3}-[a-zA-Z0-9]{0,6}b[a-zA-Z0-9]{0,6}\s\S{1,100}\s\S{1,60}\s[\"']?(?P<v>[^\s\"'$%<`-]{4,100})", checks=_GIVEN),
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
    form(24, 110, r"\bbindpw\s{1,8}[^\s]{4}",
         r"(?<![^\n])[ \t]{0,8}bindpw[ \t]{1,8}[\"']?(?P<v>[^\s\"']{4,100})[\"']?[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    form(40, 80, r"\bpsk\s{0,2}=\s{0,2}[\"']?[^\"'\n]{8}",
         r"(?<![^\n])[ \t]{0,8}(?:wpa_)?psk[ \t]{0,2}=[ \t]{0,2}(?:\"(?P<v>[^\"\n]{8,63})\"|(?P<v2>[^\s\"']{8,64}))[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    # In a statement of SQL the type of a column follows.
    form(40, 110, r"(?:^|\n)[ \t]{0,8}password[ \t]{1,8}[^\s]{4}",
         r"(?<![^\n])[ \t]{0,8}password[ \t]{1,8}[\"']?(?!(?i:n?(?:var)?char|text|bytea|blob|character|string)\b)(?P<v>[^\s\"']{4,100})[\"']?[ \t\r]{0,8}(?=\n|\Z)"),
    form(100, 120, r"\brootpw[ \t]{1,8}[^\s]{4}|passwd/(?:root|user)-password[^\n]{0,20}[ \t]password[ \t]",
         r"(?<![^\n])(?:rootpw[ \t]{1,8}(?:--plaintext[ \t]{1,8})?|[a-z-]{1,20}[ \t]{1,8}passwd/(?:root|user)-password(?:-again)?[ \t]{1,8}password[ \t]{1,8})"
         r"(?P<v>(?!--)[^\s]{4,100})[ \t\r]{0,8}(?=\n|\Z)", checks=_GIVEN),
    form(24, 110, r"\bPSK\s{1,8}\"[^\"\n]{4}", r":\s{0,4}PSK\s{1,8}\"(?P<v>[^\"\n]{4,100})\"", checks=_GIVEN),
    form(48, 310, r"Password>\s{0,20}<Value>[^<\s]{4}", r"Password>\s{0,20}<Value>(?P<v>[^<\s]{4,300})</Value>", checks=_GIVEN),
    form(120, 110, r"<(?:key|name)>[^<\n]{0,60}" + _NAME + r"</(?:key|name)>\s{0,20}<(?:string|value)>",
         r"<(?:key|name)>[^<\n]{0,60}" + _NAME + r"</(?:key|name)>\s{0,20}<(?:string|value)>(?P<v>[^<\s]{4,100})</(?:string|value)>", caseless=True),
    form(90, 460, r"\bvariable\s{1,3}\"[a-z0-9_-]{0,60}" + _NAME + r"\"",
         r"\bvariable\s{1,3}\"[a-z0-9_-]{0,60}" + _NAME + r"\"\s{0,3}\{[^{}]{0,300}?\bdefault\s{0,20}=\s{0,4}\"(?P<v>[^\s\"$]{4,100})\"", caseless=True),
    # Lists of accounts: an address and its password a line.
    form(180, 80, r"@[a-z0-9.-]{1,60}\.[a-z]{2,12}[:;|][^\s:/@]{5}",
         r"(?<![^\n])(?:\[?[\w.-]{1,80}\]?(?::\d{2,5})?[ \t]{1,20})?[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,80}\.[a-z]{2,12}[:;|](?P<v>[^\s:/@;|]{5,64})(?=[ \t\r]{0,8}(?:\n|\Z))", caseless=True),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = (
    credential(
        "password-argument",
        "Password handed to a call or a program",
        "A password as an argument, told by the function, the program or the directive that takes it.",
        *_RULES,
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
        ),
    ),
)
