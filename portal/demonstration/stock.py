"""Parts, tools, and what lies in the vans."""

from datetime import timedelta, tzinfo
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from portal.demonstration.company import STAFF, Company
from portal.people.roles import Role
from portal.repairs.cataloguing import PartCard, ToolCard, save_part, save_tool
from portal.repairs.models import Part, Tool
from portal.repairs.stocking import hand_out

_PARTS = (
    # number, name, unit, yuan, the skill whose engineers carry it (nobody's: everybody)
    ("JY-6W40", "柴油机油 15W-40", "升", "28", ""),
    ("YY-L46", "抗磨液压油 L-HM46", "升", "22", ""),
    ("LX-JY01", "机油滤清器", "个", "45", ""),
    ("LX-CY02", "柴油滤清器", "个", "58", ""),
    ("DX-RDL20", "插片式保险丝 20A", "个", "2", ""),
    ("LS-M12", "高强度螺栓 M12×40", "个", "3.50", ""),
    ("PY-2205", "喷油器总成", "个", "680", "发动机"),
    ("YRS-1105", "预热塞", "个", "95", "发动机"),
    ("QD-2812", "起动电机", "台", "860", "发动机"),
    ("PD-A1250", "风扇皮带 A1250", "条", "36", "发动机"),
    ("JWQ-85", "节温器 85℃", "个", "72", "发动机"),
    ("YF-3502", "油缸骨架油封 35×52×8", "个", "12", "液压系统"),
    ("YG-DN10", "高压油管 DN10", "米", "65", "液压系统"),
    ("JT-M18", "液压管接头 M18×1.5", "个", "18", "液压系统"),
    ("FZ-4L20", "多路换向阀", "台", "1250", "液压系统"),
    ("CLB-316", "齿轮泵 CBN-316", "台", "420", "液压系统"),
    ("CG-ZS01", "转速传感器", "个", "135", "电气控制"),
    ("JDQ-40A", "继电器 12V 40A", "个", "16", "电气控制"),
    ("XL-2X1.5", "耐油控制电缆 2×1.5", "米", "6.80", "电气控制"),
    ("BC-3D", "三挡拨叉", "个", "210", "传动与变速"),
    ("LH-200", "离合器摩擦片", "片", "320", "传动与变速"),
    ("ZC-6208", "深沟球轴承 6208", "个", "38", "传动与变速"),
    ("DD-16A", "割刀动刀片", "片", "9", "割台与脱粒"),
    ("LT-08B", "输送链条 08B", "米", "48", "割台与脱粒"),
    ("KT-YSJ12", "空调压缩机 12V", "台", "1480", "驾驶室与空调"),
    ("KT-R134", "制冷剂 R134a", "瓶", "32", "驾驶室与空调"),
)
_TOOLS = (
    # number, name, for how many days from now the calibration holds (below 0: it is over)
    ("GJ-001", "数字万用表", 210),
    ("GJ-002", "液压测试压力表 40 MPa", 95),
    ("GJ-003", "绝缘电阻表", -18),
    ("GJ-004", "扭力扳手 40–200 N·m", 160),
    ("GJ-005", "制冷剂压力表组", 300),
    ("GJ-006", "红外测温仪", 45),
    ("GJ-007", "气缸压力表", 120),
    ("GJ-008", "故障诊断仪", None),
    ("GJ-009", "液压油管扣压机", None),
    ("GJ-010", "轴承拉马", None),
)


async def stock_up(db: AsyncSession, company: Company, zone: tzinfo) -> None:
    """The lists of parts and tools, and what each engineer has in the van: what everybody needs,
    and what goes with their skills."""
    act = company.acts["liu"]
    parts: dict[str, Part] = {}
    for number, name, unit, price, _ in _PARTS:
        part = parts[number] = Part()
        await save_part(db, act, part, PartCard(number, name, unit, Decimal(price)))
    today = act.at.astimezone(zone).date()
    for number, name, days in _TOOLS:
        until = None if days is None else today + timedelta(days=days)
        await save_tool(db, act, Tool(), ToolCard(number, name, until))
    for member in STAFF:
        if Role.ENGINEER not in member.roles:
            continue
        skills = {"", *(skill for skill, _ in member.skills)}
        engineer = company.people[member.login]
        for number, _, unit, price, skill in _PARTS:
            if skill in skills:
                few = 1 if Decimal(price) > 400 else 4
                many = Decimal(20 if unit in ("升", "米") else few)
                await hand_out(db, act, engineer, parts[number], many, "首次配车")
