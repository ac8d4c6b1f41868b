// A warm compiler: one standard JSON input a line in, one output a line out. Loading it anew would cost each input seconds.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const solc = createRequire(import.meta.url)("solc");
// Nobody is listening any more.
process.stdout.on("error", () => process.exit());
for await (const input of createInterface({ input: process.stdin })) {
  process.stdout.write(`${solc.compile(input)}\n`);
}
