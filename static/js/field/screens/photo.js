// Taking photos: a tap on what it shows, a tap on the camera, and it is kept.
import { action, button, h, icon, toast } from "./dom.js";
import { forget, hold, recall } from "./drafts.js";
import { whatHappened } from "./entry.js";
import { clock, moment, size } from "./format.js";
import { mark, voidEntry } from "./log.js";
import { picture } from "./picture.js";
import { t } from "./say.js";
import { thumbnails } from "./work.js";

const LATE = 10 * 60 * 1000;

export async function photoScreen(ctx, job) {
  const key = `${job.task_id}/photo`;
  const values = { caption: "", ...(await recall(key)) };
  const input = h("input", {
    id: "field-caption",
    class: "input",
    type: "text",
    maxlength: 160,
    autocomplete: "off",
    value: values.caption,
    oninput: () => type(input.value),
  });
  const type = (text) => {
    values.caption = text;
    hold(key, values);
  };
  const ready = [t("Before the repair"), t("Damage"), t("Nameplate"), t("Parts taken out"), t("After the repair")];
  const chips = ready.map((label) =>
    h("button", { type: "button", class: "chip-button", onclick: () => { input.value = label; type(label); } }, label),
  );
  const taken = h("div", { id: "taken" });
  const show = () => {
    const entries = ctx.field.job(job.task_id).entries.filter((one) => one.kind === "photo" && !one.voided_by);
    taken.replaceChildren(...[thumbnails(job, entries)].filter(Boolean));
  };
  show();

  async function keep(files) {
    let kept = 0;
    for (const file of files) {
      try {
        await ctx.record(job.task_id, "photo", ...(await entryOf(ctx, job, file, values.caption)));
        kept += 1;
      } catch (error) {
        const unread = !["StorageFailed", "TooLarge"].includes(error?.name);
        toast(unread ? t("This picture cannot be read. Take it as JPEG.") : whatHappened(error), "bad");
      }
    }
    if (kept) {
      input.value = "";
      values.caption = "";
      await forget(key);
      toast(kept === 1 ? t("Photo saved on this phone") : t("%(count)s photos saved on this phone", { count: kept }));
      show();
    }
  }
  return {
    title: t("Photos"),
    back: `#/jobs/${job.task_id}/work`,
    main: [
      h("div", { class: "field" }, h("label", { class: "label", for: "field-caption" }, t("What it shows")), h("div", { class: "chip-buttons" }, chips), input),
      taken,
    ],
    bottom: [chooser("camera", t("Take a photo"), keep, { capture: "environment", kind: "is-main" }), chooser("photo", t("From the album"), keep, { multiple: true })],
  };
}

/** A button that opens the camera or the album, once at a time. */
function chooser(symbol, label, keep, { kind = "", ...props }) {
  const input = h("input", {
    type: "file",
    accept: "image/*",
    class: "hidden-file",
    id: `file-${symbol}`,
    tabindex: "-1",
    "aria-label": label,
    ...props,
    onchange: async () => {
      const files = [...input.files];
      face.setAttribute("aria-busy", "true");
      await keep(files);
      face.removeAttribute("aria-busy");
      input.value = "";
    },
  });
  const face = action(`choose-${symbol}`, { class: `button ${kind}` }, () => input.click(), icon(symbol), label);
  return h("span", { class: "chooser" }, face, input);
}

async function entryOf(ctx, job, file, caption) {
  const { bytes, mime, thumbnail, takenAt, position } = await picture(file);
  // A camera's clock has no zone; it is the phone's own, mostly.
  const at = takenAt ? new Date(takenAt).getTime() : NaN;
  const taken = Math.abs(Date.now() - at) > LATE ? t("taken at %(when)s", { when: moment(at) }) : "";
  const agreed = ctx.prefs.position && position;
  const body = { caption: [caption.trim(), taken].filter(Boolean).join(" · "), ...(agreed ? { position } : {}) };
  return [body, { file: { bytes, mime, thumbnail } }];
}

/** One photo, large. */
export async function lookScreen(ctx, job, opId) {
  const entry = job.entries.find((one) => one.op_id === opId);
  const back = `#/jobs/${job.task_id}/work`;
  if (!entry) return null;
  const found = await ctx.field.file(entry.body.file.att_id);
  const source = found ? URL.createObjectURL(new Blob([found.bytes], { type: found.mime })) : `data:image/jpeg;base64,${entry.body.file.thumbnail}`;
  return {
    title: entry.body.caption || t("Photo"),
    back,
    main: [
      h("img", { class: "photo", src: source, alt: entry.body.caption || t("Photo"), onload: () => found && URL.revokeObjectURL(source) }),
      h("p", { class: "entry-foot" }, mark(entry.state), h("span", { class: "quiet" }, [clock(entry.at), found && size(found.bytes.byteLength)].filter(Boolean).join(" · "))),
      !found && h("p", { class: "hint" }, t("The phone holds the small picture only; the whole one is in the record.")),
    ],
    bottom: [
      entry.mine && !entry.voided_by &&
        button("void", t("Void this photo"), async () => {
          if (await voidEntry(ctx, job, entry)) await ctx.leave(back);
        }, { symbol: "x-mark" }),
    ],
  };
}
