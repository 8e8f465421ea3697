// Holds manifests against Atlassian's own package. Arguments: folders with a manifest.yml each. Prints for each folder
// the messages of all errors, as one JSON object.
const { createRequire } = require("node:module");
const [checkout, ...folders] = process.argv.slice(2);
const { validate } = createRequire(`${checkout}/package.json`)("@forge/manifest");

(async () => {
  const found = {};
  for (const folder of folders) {
    process.chdir(folder); // it looks for the files of the app beside the manifest
    // Some mistakes are too much for the package itself: those are found as well.
    const broken = (error) => ({ success: false, errors: [{ level: "error", message: String(error) }] });
    const { success, errors } = await validate(false, "manifest.yml").catch(broken);
    found[folder] = errors.filter((each) => each.level === "error").map((each) => each.message);
    if (!success && !found[folder].length) found[folder].push("refused without a word");
  }
  console.log(JSON.stringify(found));
})();
