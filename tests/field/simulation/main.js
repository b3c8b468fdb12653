// The client's side of the pipe: runs seeds as it is told, a line of JSON each way.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { run } from "./run.js";

// On one thread, so that the same seed is the same run.
crypto.subtle.digest = async (_, data) => new Uint8Array(createHash("sha256").update(data).digest()).buffer;

const { openField } = await import(pathToFileURL(process.argv[2]));
const waiting = new Map();
let last = 0;

function ask(message) {
  last += 1;
  process.stdout.write(`${JSON.stringify({ id: last, ...message })}\n`);
  return new Promise((resolve) => waiting.set(last, resolve));
}

const server = {
  tell: (message) => ask({ tell: message }),
  http: async ({ body, ...request }) => {
    const bytes = body === undefined ? null : Buffer.from(body).toString("base64");
    const { status, headers, text } = await ask({ http: { ...request, body: bytes } });
    return { status, headers, text };
  },
};

// Each line in a turn of its own, whatever pieces the pipe delivers them in.
const lines = [];
const next = () => {
  const line = lines.shift();
  if (line === undefined) return;
  const message = JSON.parse(line);
  if (message.run) {
    run(message.run, openField, server)
      .catch((error) => ({ violations: [`the simulator failed: ${error.stack}`], stats: {} }))
      .then((done) => process.stdout.write(`${JSON.stringify({ done })}\n`));
  } else {
    waiting.get(message.id)(message);
    waiting.delete(message.id);
  }
  if (lines.length) setImmediate(next);
};
createInterface({ input: process.stdin }).on("line", (line) => {
  lines.push(line);
  if (lines.length === 1) setImmediate(next);
});
