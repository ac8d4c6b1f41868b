#!/usr/bin/env node
// A `solc` for forge, Slither and py-solc-x made of npm's WebAssembly compiler: answers `--version` and `--standard-json`.
// Every source must be in the standard JSON input, as forge passes it; nothing is read from disk or from the network.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const packageFile = require.resolve("solc/package.json");

// Starting the compiler only to ask its version costs forge 400 ms a run, so the answer is kept inside node_modules,
// where an npm install that changes the compiler also changes the file's name.
function version() {
  const cacheDir = join(dirname(dirname(packageFile)), ".cache");
  const cached = join(cacheDir, `solc-version-${JSON.parse(readFileSync(packageFile, "utf8")).version}`);
  try {
    return readFileSync(cached, "utf8");
  } catch {
    const fresh = require("solc").version();
    try {
      mkdirSync(cacheDir, { recursive: true });
      writeFileSync(`${cached}.${process.pid}`, fresh);
      renameSync(`${cached}.${process.pid}`, cached);
    } catch {
      // A read-only node_modules only makes the next start slower.
    }
    return fresh;
  }
}

function compile(input) {
  const missing = (path) => ({ error: `${path} is not in the compiler's input; check the remappings in foundry.toml` });
  return require("solc").compile(input, { import: missing });
}

const flags = process.argv.slice(2);
if (flags.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
} else if (flags.includes("--standard-json")) {
  process.stdout.write(`${compile(readFileSync(0, "utf8"))}\n`);
} else {
  process.stderr.write("solc.mjs answers --version and --standard-json only (the input is read from stdin)\n");
  process.exitCode = 2;
}
