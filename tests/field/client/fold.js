// Folds the logs that it is given, a line of JSON each way. Run by tests/field/test_client.py.
import { createInterface } from "node:readline";
import { fold } from "../../../static/js/field/core/fold.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { lines, until } = JSON.parse(line);
  console.log(JSON.stringify(fold(lines, until)));
}
