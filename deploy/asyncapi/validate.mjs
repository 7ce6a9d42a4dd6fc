// node validate.mjs FILE: exit 0 where the official AsyncAPI parser has nothing against FILE, else 1 with its findings.
// Errors and warnings count (severity 0 and 1); information and hints do not.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [file, modules] = process.argv.slice(2);
if (!file || !modules) {
  console.error("usage: node validate.mjs FILE FOLDER_WITH_NODE_MODULES");
  process.exit(2);
}
const require = createRequire(pathToFileURL(`${modules}/`));
const { Parser } = require("@asyncapi/parser");

const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"));
const wrong = diagnostics.filter((finding) => finding.severity <= 1);
for (const finding of wrong) {
  console.error(`${finding.path.join(".")}: ${finding.message} (${finding.code})`);
}
if (wrong.length > 0 || !document) {
  process.exit(1);
}
console.log(`asyncapi ${document.version()}: ${document.allChannels().all().length} channels`);
