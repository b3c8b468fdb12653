// A phone of the real core that records without a network and exports: one line of JSON in, one out. The same chance
// gives the same device each time, so that its id can be asked for before it is registered.
import { readFileSync } from "node:fs";
import { openField } from "../../../static/js/field/core/field.js";
import { Disk, memoryStore } from "../simulation/memory.js";
import { chance } from "../simulation/world.js";
import { Server } from "./support.js";

const { now, user_id, key, job, notes, photo, loses } = JSON.parse(readFileSync(0, "utf8"));
const server = new Server();
server.now = now;
server.user = { id: user_id, name: "赵磊" };
server.scope = [job];
server.devices = () => server.reply(201, { key });
const plain = { seal: async (bytes) => Uint8Array.from(bytes), open: async (bytes) => Uint8Array.from(bytes) };
const field = await openField({
  store: memoryStore(new Disk()), seal: plain, transport: { send: (request) => server.send(request) },
  clock: { wall: () => now, mono: () => 0, zone: () => "Asia/Shanghai" },
  random: chance(7).bytes, lock: (_, work) => work(), build: "1",
});
await field.register();
if (loses) {
  // The server knows more than the phone: a new epoch begins, whose device gets no key from here on.
  server.max_seq = 99;
  server.devices = () => server.reply(503, {});
  await field.sync("start");
}
for (const text of notes) await field.record(job, "note", { text });
const bytes = Uint8Array.from(Buffer.from(photo, "base64"));
await field.record(job, "photo", {}, { file: { bytes, mime: "image/jpeg" } });
process.stdout.write(new TextDecoder().decode(await field.export()));
