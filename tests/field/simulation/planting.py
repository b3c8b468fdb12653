"""Bugs planted into a copy of the client: each has to be found (rule 38)."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.field.simulation.running import CORE


@dataclass(frozen=True, slots=True)
class Bug:
    """In a module, what stands there, and what stands there instead."""

    module: str
    edits: tuple[tuple[str, str], ...]


BUGS: dict[str, Bug] = {
    "deleted-on-acknowledgement": Bug(
        "sender.js",
        (
            (
                'await tx.put("ops", answeredRow(kept, told.get(op.op_id), phone.clock.wall()));',
                'await tx.remove("ops", op.op_id);',
            ),
        ),
    ),
    "another-id-on-resend": Bug(
        "sender.js",
        (
            (
                "texts.push(written(op.envelope,",
                "texts.push(written((globalThis.seen ??= new Set()).has(op.op_id)"
                " ? { ...op.envelope, op_id: crypto.randomUUID() }"
                " : (globalThis.seen.add(op.op_id), op.envelope),",
            ),
        ),
    ),
    "number-allotted-outside-the-transaction": Bug(
        "recording.js",
        (
            (
                'await tx.get("devices", current.device_id) : null;',
                "phone.device : null;",
            ),
        ),
    ),
    "acknowledged-without-the-header": Bug(
        "replies.js", (('if (answer.headers["x-field-sync"] !== "1") return LOST;', ""),)
    ),
    "purged-before-the-file-is-verified": Bug(
        "purge.js", (("if (file && wantsFile(op) && !file.verified) return false;", ""),)
    ),
    "purged-when-final": Bug("purge.js", (("|| now - op.at < WEEK", ""),)),
    "cursor-kept-before-the-packets": Bug(
        "feed.js",
        (
            (
                'const mark = phone.random(8).join("-");',
                'await phone.store.write((tx) => tx.put("meta",'
                " { name, cursor: feed.cursor, at: phone.now() }));\n"
                '  cursor = feed.cursor;\n  const mark = phone.random(8).join("-");',
            ),
        ),
    ),
    "a-file-goes-on-where-the-phone-believes": Bug(
        "files.js",
        (
            ("const begin = offsetOf(asked);", "const begin = file.sent;"),
            (
                "reply.status === 409 ? offsetOf(reply) : null;",
                "reply.status === 409 ? offset + piece.length : null;",
            ),
        ),
    ),
    "dropped-when-too-large": Bug(
        "sender.js",
        (
            (
                "if (sent.length <= 1) for (const op of sent) done.add(op.op_id);",
                "if (sent.length <= 1) await phone.store.write(async (tx) => {"
                " for (const op of sent) { done.add(op.op_id);"
                ' await tx.put("ops", { ...op, outcome: "applied", rev: 0 }); } });',
            ),
        ),
    ),
    "photo-kept-after-its-operation": Bug(
        "recording.js",
        (
            (
                'await tx.put("blobs", { att_id: attached.row.att_id, sealed: attached.sealed });',
                "",
            ),
            (
                "return { op, body: content, file: attached?.row };",
                'if (attached) await phone.store.write((tx) => tx.put("blobs",'
                " { att_id: attached.row.att_id, sealed: attached.sealed }));\n"
                "  return { op, body: content, file: attached?.row };",
            ),
        ),
    ),
    "sent-under-the-key-of-whoever-is-here": Bug(
        "sender.js",
        (
            (
                "const key = await keyOf(phone, device);",
                "const key = await keyOf(phone, phone.device?.key ? phone.device : device);",
            ),
        ),
    ),
    "a-job-with-unsent-work-is-removed": Bug(
        "feed.js", ((" || held.recorded.has(String(row.task_id))", ""),)
    ),
}


def planted(name: str, folder: Path) -> Path:
    """A copy of the client's core in ``folder``, with the bug in it."""
    bug = BUGS[name]
    shutil.copytree(CORE, folder, dirs_exist_ok=True)
    path = folder / bug.module
    source = path.read_text()
    for right, wrong in bug.edits:
        assert source.count(right) == 1, f"{name}: the place has changed"
        source = source.replace(right, wrong)
    path.write_text(source)
    return folder
