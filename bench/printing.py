"""How long a form takes as a PDF, and how much memory: a short one, and one of 200 lines."""

import asyncio
import resource
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from portal.kernel.i18n import language
from portal.kernel.settings import read_settings
from portal.kernel.web.assets import Assets
from portal.kernel.web.page import Here
from portal.kernel.web.render import Templates
from portal.procedures.definition import Label
from portal.records.catalog import SERVICE_REPORT
from portal.records.pages.sheet_page import PrintedPage
from portal.records.printing import Press
from portal.records.sheets import Grid, Section, Sheet, wide

ROOT = Path(__file__).parents[1]
_TIMES = 3


def page(lines: int) -> str:
    heads = ((Label("时间", "Time"), 3), (Label("事项", "What"), 9))
    rows = tuple(("2026-11-23 09:05", f"第 {n} 条：更换油管接头密封圈") for n in range(lines))
    parts = tuple(wide("Result", "试机 20 分钟无渗漏") for _ in range(20))
    title = Label("服务经过", "Course")
    sections = (Section(title, entries=parts), Section(title, grid=Grid(heads, rows)))
    sheet = Sheet(SERVICE_REPORT, "P06-2026-0001-F11-1", "P06", "x", sections=sections)
    templates = Templates(str(ROOT / "templates"), Assets(ROOT), read_settings())
    here = Here(language=language("zh_CN"), path="", csrf="")
    return templates.html(PrintedPage(sheet=sheet, company="x"), here, layout="")


async def main() -> None:
    press = Press()
    await press.missing()
    for lines in (20, 200):
        html, took, before = page(lines), [], _processor()
        for _ in range(_TIMES):
            begin = perf_counter()
            await press.pdf(html)
            took.append(perf_counter() - begin)
        each = (_processor() - before) / _TIMES
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(
            f"{lines} lines: {each:.2f} s of processor each, median {median(took):.2f} s by the"
            f" clock, most memory so far {most} MB"
        )


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    asyncio.run(main())
