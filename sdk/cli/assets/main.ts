// `npm run assets`: makes the static assets of a checkout, for wrangler and for `edgefeat serve`.
import { ASSET_PARTS, CHECKOUT_FOLDER, madePart } from "./asset-folder.ts";
import { writeHeaders } from "./build.ts";
import { isUpToDate, makeAnew } from "./made.ts";

const asked = process.argv.slice(2);
writeHeaders(CHECKOUT_FOLDER);
for (const part of ASSET_PARTS) {
  if (asked.length > 0 && !asked.includes(part)) continue;
  const made = madePart(part);
  if (!isUpToDate(made)) await makeAnew(made);
}
