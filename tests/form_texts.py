"""Forms and letters of an invented company, blank and filled in, for tests of document fingerprints."""

from __future__ import annotations

import random
import re

HEAD = """Northwind Harbour Logistics plc
Registered office: Quay House, 14 Harbour Road, Aberdeen. Registered in Scotland.
"""
FOOT = """
Data protection
Northwind Harbour Logistics plc uses the information on this form only for the purpose for which it was given, keeps
it no longer than the law requires and shares it with nobody outside the group without your consent. You may ask for
a copy of what we hold about you at any time by writing to the Data Protection Officer at the address above.

I declare that the information given on this form is true and complete to the best of my knowledge.

Signature: ______________________   Date: ____/____/________

For office use only
Received by: ____________   Checked by: ____________   Reference: ____________
"""

LEAVE = (
    HEAD
    + """
APPLICATION FOR LEAVE OF ABSENCE

Section 1 - About you
Full name: ______________________________
Staff number: ____________   Department: ____________________
Line manager: ____________________________
Date of birth: ____/____/________

Section 2 - The leave you ask for
Kind of leave (tick one):  [ ] annual  [ ] parental  [ ] study  [ ] compassionate  [ ] unpaid
First day of absence: ____/____/________    Last day of absence: ____/____/________
Number of working days applied for: ________
Address and telephone number while away: ____________________________________________
Name of the colleague who will take over your duties: ______________________________

Section 3 - Reasons
If you apply for study, compassionate or unpaid leave, please give your reasons below and enclose supporting
papers. Applications for parental leave must reach the personnel office at least eight weeks before the first day of
absence.
________________________________________________________________________
________________________________________________________________________

Section 4 - Decision of the line manager
[ ] approved   [ ] refused   If refused, state the grounds: ______________________________
"""
    + FOOT
)

EXPENSES = (
    HEAD
    + """
CLAIM FOR TRAVEL AND SUBSISTENCE EXPENSES

Section 1 - About you
Full name: ______________________________
Staff number: ____________   Department: ____________________
Bank sort code: ____________   Account number: ____________________
Cost centre: ____________

Section 2 - The journey
Purpose of the journey: ______________________________
From: ____________ To: ____________ Departure: ________ Return: ________
Means of transport:  [ ] rail  [ ] air  [ ] hired car  [ ] own car   Miles driven: ________
Registration of own car: ____________

Section 3 - What you claim
Fares: ________  Fuel: ________  Accommodation: ________  Meals: ________  Other: ________
Receipts must be attached for every item above five pounds. Claims that are handed in later than three months after
the journey will not be paid. Alcohol, fines and upgrades are never refunded.
Advance already received: ________    Total claimed: ________

Section 4 - Approval of the budget holder
[ ] approved in full   [ ] approved in part, namely: ____________   [ ] refused
"""
    + FOOT
)

ACCIDENT = (
    HEAD
    + """
REPORT OF AN ACCIDENT AT WORK

Section 1 - The injured person
Full name: ______________________________
Staff number: ____________   Department: ____________________
Date of birth: ____/____/________   Occupation: ____________________
Home address: ____________________________________________

Section 2 - The accident
Date and time of the accident: ____________   Exact place on site: ____________________
Describe what happened, which machine, vehicle or substance was involved, and what the injured person was doing:
________________________________________________________________________
Part of the body injured: ____________   Kind of injury: ____________
Was first aid given?  [ ] yes  [ ] no   By whom: ____________   Was the person taken to hospital?  [ ] yes  [ ] no

Section 3 - Witnesses
Name and telephone number of each witness: ______________________________
This report must reach the safety officer within twenty-four hours. Accidents that keep a person from work for more
than seven days are reported to the authority by the safety officer.

Section 4 - Measures taken
What has been done to prevent it from happening again: ______________________________
"""
    + FOOT
)

HEALTH = (
    HEAD
    + """
PRE-EMPLOYMENT HEALTH QUESTIONNAIRE - CONFIDENTIAL

Section 1 - About you
Full name: ______________________________
Date of birth: ____/____/________   Position applied for: ____________________
Family doctor and practice: ______________________________

Section 2 - Your health
Have you ever suffered from any of the following? Tick all that apply and give details overleaf.
[ ] asthma or bronchitis  [ ] epilepsy or blackouts  [ ] diabetes  [ ] heart disease or raised blood pressure
[ ] back or joint trouble  [ ] skin disease  [ ] depression or anxiety  [ ] impaired hearing or sight
Are you taking any medicine regularly?  [ ] yes  [ ] no   If yes, which: ____________________
Days of sickness in the last two years: ________   Longest single absence and its cause: ____________________
Have you ever left a post for reasons of health?  [ ] yes  [ ] no
Vaccinations against tetanus and hepatitis B, with dates: ____________________

Section 3 - Consent
I agree that the occupational physician of the company may ask my family doctor for a report. I know that I may see
that report before it is sent, and that a false answer can lead to dismissal.
"""
    + FOOT
)

CONTRACT = (
    HEAD
    + """
CONTRACT OF EMPLOYMENT
between Northwind Harbour Logistics plc (the Employer) and ______________________ (the Employee)

1. Commencement. The employment begins on ____________ and no earlier period counts as continuous employment. The
first six months are a probationary period during which either party may end the employment by one week's notice.
2. Duties. The Employee is engaged as ______________________ and shall carry out all duties that may reasonably be
assigned by the Employer, devote the whole of the working time to them and promote the interests of the group.
3. Place of work. The normal place of work is ______________________. The Employer may require the Employee to
work at any other site within reasonable daily travelling distance on giving one month's notice in writing.
4. Hours. The normal hours of work are ________ hours a week, exclusive of breaks. Overtime is worked only on the
prior instruction of the line manager and is compensated by time off within the following three months.
5. Remuneration. The gross annual salary is ____________ and is paid in twelve equal instalments in arrears by bank
transfer on the last working day of each month. The salary is reviewed every April without obligation to raise it.
6. Holidays. The Employee is entitled to ________ working days of paid holiday in each calendar year in addition to
public holidays. Up to five days may be carried over to the end of March with the consent of the line manager.
7. Sickness. The Employee shall notify the line manager before ten o'clock on the first day of absence and hand in a
medical certificate from the eighth day on. Sick pay is paid for ________ weeks at the full rate of salary.
8. Confidentiality. During the employment and without limit in time after its end the Employee shall keep secret all
prices, routes, tenders, customer lists and technical processes of the group and shall not use them for any purpose
other than the employment. Papers and data carriers remain the property of the Employer and are returned on demand.
9. Inventions. Inventions made in the course of the employment belong to the Employer. The Employee shall disclose
them without delay and shall at the Employer's expense sign whatever is needed to have them protected by patent.
10. Other activities. Any other gainful activity needs the prior written consent of the Employer, which shall not be
withheld without good reason. Public offices held by the Employee are disclosed before the employment begins.
11. Restraint. For twelve months after the end of the employment the Employee shall not canvass customers with whom
the Employee dealt in the last year, nor entice away other employees of the group.
12. Termination. After the probationary period either party may end the employment by three months' notice in
writing to the end of a calendar month. The Employer may release the Employee from work during the notice period.
13. Governing law. This contract is governed by the law of Scotland, whose courts have exclusive jurisdiction. There
are no oral agreements beside it, and changes need the written form in order to be valid.

Aberdeen, ____________
For the Employer: ______________________      The Employee: ______________________
"""
)

SERVICES = (
    HEAD
    + """
AGREEMENT FOR THE SUPPLY OF SERVICES
between Northwind Harbour Logistics plc (the Customer) and ______________________ (the Supplier)

1. Commencement. This agreement begins on ____________ and runs for ________ months. It is renewed for further
periods of one year unless one of the parties gives three months' notice in writing before the end of a period.
2. Services. The Supplier shall provide the services described in the schedule with the skill and care that can be
expected of a specialist, through personnel who hold the permits needed for work in the port.
3. Charges. The Customer shall pay the charges of ____________ within thirty days of receiving a proper invoice that
names the order number. Travelling time is not charged. Prices are fixed for the first two years.
4. Acceptance. Work results are accepted in writing. Minor defects do not entitle the Customer to refuse acceptance,
but are put right by the Supplier free of charge within a reasonable time.
5. Confidentiality. Each party shall keep secret what it learns about the business of the other, during the term
and for five years after its end, and shall bind its personnel and its own suppliers in the same way.
6. Liability. The Supplier is liable without limit for personal injury and wilful misconduct, otherwise up to
____________ for each event. Liability for loss of profit is excluded. The Supplier maintains insurance to match.
7. Personal data. Where the Supplier processes personal data for the Customer, the annex on data processing applies.
8. Subcontractors. Parts of the services may be subcontracted only with the prior written consent of the Customer.
9. Termination. Either party may end this agreement at once where the other commits a material breach and does not
remedy it within fourteen days of being asked to, or where insolvency proceedings are opened over its assets.
10. Governing law. This agreement is governed by the law of Scotland, whose courts have exclusive jurisdiction.
There are no oral agreements beside it, and changes need the written form in order to be valid.

Aberdeen, ____________
For the Customer: ______________________      For the Supplier: ______________________
"""
)

FORMS = {
    "leave": LEAVE,
    "expenses": EXPENSES,
    "accident": ACCIDENT,
    "health": HEALTH,
    "contract": CONTRACT,
    "services": SERVICES,
}
_BLANK = re.compile(r"_{2,}(?:/_{2,})*")
_FIRST = "Agnes Bartholomew Ciara Dmitri Eilidh Fergus Greta Hamish Isla Jean-Luc Kirsty Lachlan Morag Niamh".split()  # noqa: SIM905
_LAST = "Abernethy Buchanan Carmichael Drummond Farquhar Galbraith Iwanowski Kowalczyk Lindqvist Okonkwo".split()  # noqa: SIM905
_SAID = (
    "my mother has to undergo an operation in Inverness and needs somebody at home",
    "a load of pallets slid off the fork when the driver turned too fast near gate seven",
    "see the letter enclosed",
    "as agreed by telephone last Tuesday",
    "training course for dangerous goods",
    "meeting of the northern depots",
    "deputy warehouse supervisor on the late shift",
)


def filled(form: str, seed: int) -> str:
    """Return the form as a person fills it in: every blank by words or figures, some boxes ticked."""
    source = random.Random(seed)

    def value(blank: re.Match[str]) -> str:
        if "/" in blank[0]:
            return f"{source.randint(1, 28):02d}/{source.randint(1, 12):02d}/{source.randint(1955, 2026)}"
        if len(blank[0]) < 10:
            return str(source.randint(1, 60))
        if len(blank[0]) < 15:
            return source.choice((str(source.randint(1000, 99999)), source.choice(_LAST), "Depot North"))
        if len(blank[0]) < 50:
            return f"{source.choice(_FIRST)} {source.choice(_LAST)}"
        return ". ".join(text.capitalize() for text in source.sample(_SAID, 3))

    text = _BLANK.sub(value, form)
    return re.sub(r"\[ \]", lambda _: source.choice(("[ ]", "[x]", "[ ]")), text)


def paragraphs(form: str) -> list[str]:
    """Return the parts of a form that may be copied or moved alone."""
    return [part for part in re.split(r"\n\s*\n|\n(?=\d+\. )", form) if part.strip()]


def reordered(form: str, seed: int) -> str:
    """Return the form with its paragraphs in another order."""
    parts = paragraphs(form)
    random.Random(seed).shuffle(parts)
    return "\n\n".join(parts)


def reflowed(form: str, width: int) -> str:
    """Return the form with its lines broken elsewhere, as another program lays it out."""
    words, lines, line = form.split(), [], ""
    for word in words:
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line += f"{' ' * bool(line)}{word}"
    return "\n".join([*lines, line])


def part(form: str, share: float, at: float = 0.0) -> str:
    """Return so much of the form's words, from a point on."""
    words = form.split(" ")
    start = int(len(words) * at)
    return " ".join(words[start : start + int(len(words) * share)])
