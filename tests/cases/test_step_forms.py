"""What was answered, as people read it."""

from portal.cases.step_forms import shown_value
from portal.kernel.i18n import language
from portal.procedures.definition import Field, FieldType, Label


def test_a_signature_of_the_phone_is_shown_as_one_and_not_by_its_id_p06_5() -> None:
    field = Field(key="signature", label=Label("客户签字", "Signature"), type=FieldType.SIGNATURE)
    for code, said in (("zh_CN", "已电子签名"), ("en", "Signed electronically")):
        assert shown_value(field, "01a21ef4-0000", language(code), {}) == said
