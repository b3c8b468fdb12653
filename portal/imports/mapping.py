"""Which column of a source holds what. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from portal.kernel.i18n import N_


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a column may hold; `names` are how headings call it, levelled."""

    key: str
    label: str
    names: tuple[str, ...]
    required: bool = False


def _named(key: str, label: str, names: str, *, required: bool = False) -> Field:
    return Field(key, label, tuple(names.split()), required)


FIELDS = (
    _named("id", N_("Number in the source"), "uniquekey id 编号 单号 工单号 number no ticket 序号"),
    _named(
        "title",
        N_("What it was about"),
        "title subject summary shorttext 标题 主题 故障现象 问题 事项",
        required=True,
    ),
    _named("details", N_("Details"), "details description 描述 详情 内容 问题描述"),
    _named(
        "answer",
        N_("Answer or resolution"),
        "resolution resolutiondescription answer 答复 处理结果 处理意见 解决方案 回复",
    ),
    _named("kind", N_("Category"), "category type kind 类别 分类 类型"),
    _named(
        "happened",
        N_("Created"),
        "createddate created createdat date startdate opened"
        " 创建时间 报修时间 受理时间 登记时间 日期 时间",
        required=True,
    ),
    _named(
        "closed",
        N_("Closed on"),
        "closeddate closed closedat finished 关闭时间 完成时间 办结时间 结束时间",
    ),
    _named("state", N_("State"), "status state 状态"),
    _named("channel", N_("Channel"), "channel 渠道 来源 受理方式"),
    _named(
        "customer", N_("Customer"), "customer customername client company 客户 客户名称 单位 公司"
    ),
    _named("contact", N_("Contact"), "contact caller 联系人 报修人 姓名"),
    _named("phone", N_("Phone"), "phone telephone mobile tel 电话 手机 联系电话 手机号"),
    _named("email", N_("E-mail"), "email mail 邮箱 电子邮件"),
    _named("address", N_("Address"), "address incidentaddress location 地址 地点 安装地址"),
    _named("device", N_("Device"), "device model asset equipment 设备 型号 设备型号 产品"),
    _named("serial", N_("Serial number"), "serial serialnumber sn 序列号 出厂编号 机号"),
    _named("cost", N_("Cost"), "cost amount price 费用 金额 成本"),
    _named("latitude", N_("Latitude"), "latitude lat 纬度"),
    _named("longitude", N_("Longitude"), "longitude lon lng 经度"),
)
FIELD = {field.key: field for field in FIELDS}
# States in which a request is over, levelled; in any other it is open.
CLOSED_STATES = (
    *("closed", "done", "completed", "complete", "resolved", "finished", "cancelled", "canceled"),
    *("已关闭", "关闭", "已完成", "完成", "已办结", "办结", "已解决", "结束", "已取消"),
)


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """How a source is read: its columns by `Field.key`, its clock, and what it does not say.

    `owner` is the customer whom everything in the file belongs to, where no column names one.
    """

    columns: dict[str, str]
    zone: str
    month_first: bool = True
    owner: str = ""


def levelled(text: str) -> str:
    """``text`` without case, blanks and punctuation, as names of columns and states compare."""
    return re.sub(r"[\W_]+", "", text).casefold()


def guess(header: Sequence[str]) -> dict[str, str]:
    """The columns that a heading in Chinese or English seems to name; each at most once.

    A whole name goes before a part of one, so that ``Status`` is found beside ``Status Date``.
    """
    free = {levelled(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for is_it in (_is, _holds):
        for field in FIELDS:
            if field.key in found:
                continue
            match = next((flat for name in field.names for flat in free if is_it(flat, name)), None)
            if match is not None:
                found[field.key] = free.pop(match)
    return found


def _is(flat: str, name: str) -> bool:
    return flat == name


def _holds(flat: str, name: str) -> bool:
    """Short words stand in too many others."""
    return (len(name) > 3 or not name.isascii()) and len(name) > 1 and name in flat
