"""China's public holidays and make-up working days (调休), as the State Council announced them."""

from datetime import date

from chinese_calendar.constants import Holiday, holidays, workdays

from portal.calendar.days import Kind, SpecialDay

SATURDAY, FRIDAY, MONDAY = 5, 4, 0


def official_days(year: int) -> dict[date, SpecialDay]:
    """The exceptions of a calendar in ``year``, by date, with their Chinese names.

    A make-up Saturday has Friday's hours and a make-up Sunday Monday's, as the notice names no
    weekday. ``ValueError`` for a year that chinesecalendar does not know: it must not pass for a
    year without holidays.
    """
    # A year's first days may come with the notice of the year before; National Day does not.
    if date(year, 10, 1) not in holidays:
        raise ValueError(
            f"public holidays of {year} are not known: update chinesecalendar or import the year"
        )
    days = {
        day: SpecialDay(Kind.HOLIDAY, _chinese(name))
        for day, name in holidays.items()
        if day.year == year
    }
    for day, name in workdays.items():
        if day.year == year:
            like = FRIDAY if day.weekday() == SATURDAY else MONDAY
            days[day] = SpecialDay(Kind.WORKING, f"{_chinese(name)}调休", like=like)
    return days


def _chinese(name: str) -> str:
    chinese: str = Holiday(name).chinese
    return chinese
