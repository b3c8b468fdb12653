"""What the demonstration company brought along from the system it had before."""

import hashlib
from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.judging import Judge
from portal.imports.mapping import Mapping, guess
from portal.imports.preparing import Forecast, prepare
from portal.imports.reading import Row, Table
from portal.imports.running import start, take_part
from portal.kernel.act import Act, System, Via
from portal.kernel.attachments import Stored

_NAME = "旧系统报修记录.csv"
_HEADER = (
    *("单号", "故障现象", "处理结果", "类别", "报修时间", "完成时间", "状态", "渠道"),
    *("客户名称", "联系人", "电话", "地址", "设备型号", "序列号", "费用"),
)
_HARVESTER = ("4LZ-6.0 履带式收割机", "SH6-2024-0317")
_ZHANG = ("张建军", "", "13900010001", "成都市新都区斑竹园镇")
_LI = ("李秀兰", "", "13900010002", "成都市郫都区安德街道")
_COOP = ("向阳农机合作社", "刘会计", "13900010003", "成都市双流区黄水镇")
_YANG = ("杨国华", "", "13900010021", "成都市温江区万春镇")
_ROWS: tuple[tuple[str, ...], ...] = (
    (
        *("W2024-0415", "割台升降缓慢", "更换液压油滤芯，试机正常", "液压", "2024-09-02 08:40"),
        *("2024-09-03 15:20", "已完成", "电话", *_ZHANG, *_HARVESTER, "180"),
    ),
    (
        *("W2024-0502", "脱粒滚筒异响", "更换滚筒轴承两只", "脱粒", "2024-10-11 14:05"),
        *("2024-10-12 11:30", "已完成", "电话", *_ZHANG, *_HARVESTER, "460"),
    ),
    (
        *("W2025-0087", "履带跑偏", "调整张紧，指导日常检查", "行走", "2025-05-20 09:15"),
        *("2025-05-20 16:00", "已完成", "微信", *_ZHANG, *_HARVESTER, "0"),
    ),
    (
        *("W2023-0311", "电瓶亏电无法启动", "更换电瓶", "电气", "2023-12-18 07:50"),
        *("2023-12-18 10:40", "已完成", "电话", *_LI, "TD-904 拖拉机", "TD9-2021-1185", "620"),
    ),
    (
        *("W2025-0120", "后悬挂提升无力", "更换分配器密封件", "液压", "2025-06-07 10:00"),
        *("2025-06-05 17:30", "已完成", "电话", *_LI, "TD-904 拖拉机", "TD9-2021-1185", "350"),
    ),
    (
        *("W2025-0233", "空调出风小", "清洗冷凝器，补充冷媒", "空调", "2025-07-22 13:25"),
        *("2025-07-23 09:50", "已完成", "网站", *_COOP, "TD-1204 拖拉机", "TD12-2023-0042", "280"),
    ),
    (
        *("W2026-0019", "旋耕机传动箱漏油", "", "传动", "2026-10-30 16:10"),
        *("", "待处理", "电话", *_YANG, "1GKN-200 旋耕机", "XG-2020-0093", ""),
    ),
    (
        *("W2026-0020", "仪表不显示", "", "电气", "十月底"),
        *("", "待处理", "电话", *_YANG, "TD-704 拖拉机", "", ""),
    ),
)


async def bring_history(db: AsyncSession, act: Act, zone: tzinfo) -> None:
    """Import the records of before, as ``act``'s actor would from the page; one is refused."""
    table = Table(_HEADER, _rows)
    mapping = Mapping(columns=guess(_HEADER), zone=str(zone))
    content = "\n".join(",".join(row) for row in (_HEADER, *_ROWS)).encode()
    run = await prepare(
        db,
        act,
        Stored(hashlib.sha256(content).hexdigest(), len(content), "text/plain"),
        table,
        name=_NAME,
        source="旧系统",
        profile="",
        mapping=mapping,
        forecast=Forecast(total=len(_ROWS)),
    )
    await start(db, act, run, attended=True)
    worker = Act.now(System("import", on_behalf_of=run.by_id), act.at, Via.IMPORT)
    await take_part(db, worker, run, mapping, Judge(table, mapping).next(len(_ROWS)))
    await take_part(db, worker, run, mapping, [])


def _rows() -> Iterator[Row]:
    return (Row(line, cells) for line, cells in enumerate(_ROWS, 2))
