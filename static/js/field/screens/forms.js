// One form for each kind of entry that is typed.
import { daysAway, money } from "./format.js";
import { h, icon } from "./dom.js";
import { entryScreen } from "./entry.js";
import { t } from "./say.js";

const number = (text) => String(text ?? "").trim().replace(",", ".");
const trimmed = (text) => String(text ?? "").trim();

const FORMS = {
  fault: (job) => words(job, "fault", t("Fault found"), {
    hint: t("What is broken, and why. The customer reads it."),
  }),
  result: (job) => words(job, "result", t("Result of the work"), {
    hint: t("What was done and how the device runs now. The customer reads it."),
  }),
  advice: (job) => words(job, "advice", t("Advice on use"), {
    hint: t("What the customer should mind from now on."),
  }),
  note: () => ({
    title: t("Note"),
    fields: () => [{ name: "text", type: "long", label: t("Note"), required: true, hint: t("For the office; the customer does not see it.") }],
    body: ({ text }) => ({ text: trimmed(text) }),
  }),
  reading: () => ({
    title: t("Reading"),
    fields: () => [
      { name: "name", label: t("What was measured"), required: true, placeholder: t("Pressure, voltage, temperature …") },
      { name: "value", type: "line", label: t("Value"), required: true },
      { name: "unit", label: t("Unit"), max: 20 },
    ],
    body: ({ name, value, unit }) => ({ name: trimmed(name), value: trimmed(value), unit: trimmed(unit) }),
  }),
  estimate: (job) => ({
    title: t("Cost and time"),
    lead: t("Say it to the customer before you begin."),
    first: { amount: job.record.values.estimate ?? "" },
    fields: () => [
      { name: "amount", type: "number", label: t("Estimated cost"), unit: t("yuan"), required: true, hint: t("0 where the work is free.") },
      { name: "minutes", type: "number", label: t("Time it will take"), unit: t("minutes"), most: 6000 },
      { name: "text", type: "long", rows: 2, label: t("What is in it") },
    ],
    body: ({ amount, minutes, text }) => ({
      amount: number(amount),
      text: trimmed(text),
      ...(trimmed(minutes) ? { minutes: Math.round(Number(number(minutes))) } : {}),
    }),
  }),
  tool: (job, state) => ({
    title: t("Tool used"),
    fields: (values) => [
      {
        name: "name",
        type: "pick",
        label: t("Tool"),
        required: true,
        placeholder: t("Name or number"),
        items: (state.catalogue?.tools ?? []).map((one) => ({ ...one, warning: expired(one) })),
        tell: (one) => [one.number, expired(one) ? t("calibration expired") : ""].filter(Boolean).join(" · "),
        chosen: (item) => {
          values.number = item?.number ?? "";
          warn(item);
        },
      },
    ],
    above: h("div", { id: "tool-warning", "aria-live": "polite" }),
    body: ({ name, number: known }) => ({ name: trimmed(name), ...(known ? { number: known } : {}) }),
  }),
  part: (job, state) => ({
    ...part(state, t("Part used"), t("How many")),
    above: h("div", { id: "part-warning", "aria-live": "polite" }),
    changed: (values) => warnOfVan(state, values),
  }),
  part_returned: (job, state) => part(state, t("Part returned"), t("How many go back")),
};

function words(job, kind, title, { hint }) {
  return {
    title,
    first: { text: job.record.values[kind] ?? job.values_before?.[kind] ?? "" },
    fields: () => [{ name: "text", type: "long", rows: 6, label: title, required: true, hint }],
    body: ({ text }) => ({ text: trimmed(text) }),
  };
}

function part(state, title, quantity) {
  const stock = new Map((state.catalogue?.stock ?? []).map((one) => [one.number || one.name, one]));
  const known = state.catalogue?.parts ?? [];
  const held = (one) => stock.get(one.number || one.name);
  const items = [...known].sort((one, other) => Boolean(held(other)) - Boolean(held(one)));
  return {
    title,
    first: { quantity: "1" },
    fields: (values) => [
      {
        name: "name",
        type: "pick",
        label: t("Part"),
        required: true,
        placeholder: t("Name or part number"),
        items,
        tell: (one) =>
          [one.number, one.price && money(one.price), held(one) ? t("in the van: %(count)s", { count: held(one).quantity }) : t("not in the van")]
            .filter(Boolean)
            .join(" · "),
        chosen: (item) => fill(values, item),
      },
      { name: "number", label: t("Part number"), hint: t("Leave it empty where there is none.") },
      { name: "quantity", type: "steps", label: quantity, required: true },
      { name: "unit", label: t("Unit"), max: 20 },
    ],
    body: (values) => ({
      name: trimmed(values.name),
      quantity: number(values.quantity) || "1",
      number: trimmed(values.number),
      unit: trimmed(values.unit),
    }),
  };
}

// What was picked fills the fields below it.
function fill(values, item) {
  for (const name of ["number", "unit"]) {
    values[name] = item?.[name] ?? "";
    const input = document.getElementById(`field-${name}`);
    if (input) input.value = values[name];
  }
}

/** More than the van holds is used all the same, when a colleague lent it; the office asks about it. */
function warnOfVan(state, values) {
  const known = trimmed(values.number);
  const held = known && (state.catalogue?.stock ?? []).find((one) => one.number === known);
  const is = held && Number(number(values.quantity)) > Number(held.quantity);
  const text = is && t("The van holds %(count)s of it by the books. Save it all the same if that is what was used.", { count: held.quantity });
  document.getElementById("part-warning")?.replaceChildren(...(text ? [h("div", { class: "notice is-warn" }, icon("exclamation-triangle"), h("p", null, text))] : []));
}

const expired = (tool) => Boolean(tool?.calibrated_until) && daysAway(tool.calibrated_until) < 0;

function warn(tool) {
  const text = t("Its calibration has expired: what you measure with it does not count. Use another one.");
  const shown = expired(tool) ? [h("div", { class: "notice is-warn" }, icon("exclamation-triangle"), h("p", null, text))] : [];
  document.getElementById("tool-warning")?.replaceChildren(...shown);
}

/** The screen that adds an entry of `kind` to a job; undefined for a kind that is not typed. */
export function addScreen(ctx, job, kind) {
  if (!(kind in FORMS)) return undefined;
  const { body, ...form } = FORMS[kind](job, ctx.field.state());
  return entryScreen(ctx, {
    key: `${job.task_id}/${kind}`,
    back: `#/jobs/${job.task_id}/work`,
    ...form,
    save: (values) => ctx.record(job.task_id, kind, body(values)),
  });
}
