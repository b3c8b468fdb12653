// What is recorded on site: one row for each thing there is to record, with what stands there now.
import { h, icon } from "./dom.js";
import { duration, money, when } from "./format.js";
import { estimateLine, isTelling, partLine } from "./labels.js";
import { t } from "./say.js";

/** The rows of the work on a job, in the order in which a visit goes. */
export function workPart(job) {
  const groups = [
    [t("Findings"), [words(job, "fault", t("Fault found")), estimate(job), quotation(job)]],
    [t("Work"), [time(job), tools(job), parts(job), readings(job)]],
    [t("Proof"), [photos(job), notes(job)]],
    [t("For the customer"), [words(job, "result", t("Result of the work")), words(job, "advice", t("Advice on use")), signature(job)]],
  ];
  // Where the step only tells the result, that comes first.
  if (isTelling(job)) groups.unshift(groups.pop());
  return groups.map(([title, rows]) =>
    h("section", { class: "card" }, h("h2", null, title), h("ul", { class: "rows" }, rows.flat())),
  );
}

const at = (job, path) => `#/jobs/${job.task_id}/${path}`;

/** A row that leads to where it is filled in; `said` is what stands there. */
function row(href, title, said, symbol = "chevron-right", more = null) {
  const lines = [said].flat().filter(Boolean);
  return h(
    "li",
    null,
    h(
      "a",
      { class: "row", href, id: `row-${href.split("/").slice(3).join("-")}` },
      h(
        "span",
        { class: "row-text" },
        h("span", { class: "row-title" }, title),
        lines.map((line) => h("span", { class: "row-said" }, line)),
      ),
      icon(symbol),
    ),
    more,
  );
}

const words = (job, kind, title) =>
  row(at(job, `add/${kind}`), title, job.record.values[kind] ?? job.values_before?.[kind], "pencil-square");

function latest(job, kind) {
  return job.entries.findLast((entry) => entry.kind === kind && !entry.voided_by);
}

function estimate(job) {
  const entry = latest(job, "estimate");
  return row(at(job, "add/estimate"), t("Cost and time"), entry && estimateLine(entry.body), "pencil-square");
}

function quotation(job) {
  const given = job.record.quotation;
  const said = given && `${money(given.amount)} · ${given.accepted ? t("accepted") : t("not accepted")}`;
  const hint = !given?.accepted && Number(job.record.values.estimate) > 0 ? t("To be accepted before charged work begins") : "";
  return row(at(job, "quote"), t("Quotation to the customer"), [said, hint]);
}

function time(job) {
  const { seconds, runningTimers } = job.record;
  const said = runningTimers.length ? t("The timer is running") : seconds ? duration(seconds) : "";
  return h(
    "li",
    { class: "row is-still" },
    h("span", { class: "row-text" }, h("span", { class: "row-title" }, t("Work time")), said && h("span", { class: "row-said" }, said)),
    icon("clock"),
  );
}

const tools = (job) => row(at(job, "add/tool"), t("Tools used"), job.record.tools.join(t(", ")), "plus");

function parts(job) {
  return [
    row(at(job, "add/part"), t("Parts used"), job.record.parts.map(partLine), "plus"),
    row(at(job, "add/part_returned"), t("Part goes back to the van"), "", "plus"),
  ];
}

function readings(job) {
  const taken = job.entries.filter((entry) => entry.kind === "reading" && !entry.voided_by);
  return row(at(job, "add/reading"), t("Readings"), taken.map(({ body }) => `${body.name} ${body.value} ${body.unit ?? ""}`), "plus");
}

function notes(job) {
  const taken = job.entries.filter((entry) => entry.kind === "note" && !entry.voided_by);
  return row(at(job, "add/note"), t("Notes"), taken.map(({ body }) => body.text), "plus");
}

function photos(job) {
  const taken = job.entries.filter((entry) => entry.kind === "photo" && !entry.voided_by);
  return row(at(job, "photo"), t("Photos"), taken.length ? t("%(count)s taken", { count: taken.length }) : "", "camera", thumbnails(job, taken));
}

export function thumbnails(job, taken) {
  if (!taken.length) return null;
  return h(
    "ul",
    { class: "thumbnails" },
    taken.map(({ op_id, body, state }) =>
      h(
        "li",
        null,
        h(
          "a",
          { href: at(job, `photos/${op_id}`) },
          h("img", {
            src: `data:image/jpeg;base64,${body.file.thumbnail}`,
            alt: body.caption || t("Photo"),
            width: 84,
            height: 84,
          }),
          ["phone", "received"].includes(state) && h("span", { class: "to-come", title: t("Still to be sent") }, icon("cloud-arrow-up")),
        ),
      ),
    ),
  );
}

function signature(job) {
  const signed = job.record.signature;
  const said = signed && t("%(name)s, %(when)s", { name: signed.name, when: when(signed.at) });
  const later = signed && job.record.amended ? t("Entries came after it: have it signed again, or write a note.") : "";
  return row(at(job, "sign"), t("Customer's signature"), [said, later]);
}
