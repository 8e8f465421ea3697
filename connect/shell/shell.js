/* The page that Forge frames: fetches the screen of its module from our server and lets htmx do the rest.
 * Built into one file by esbuild, together with Atlassian's bridge, which only they may give away. */
import { view } from "@forge/bridge";
import { fetchScreen, RemoteRequest } from "./remote-request.js";
import "./host-forge.js";

window.XMLHttpRequest = RemoteRequest; // which is how htmx asks

const VARIABLE = /\{([^}]+)\}/g;

// Which address of ours a module begins with: by its key, by "key.entry point", or by "key/route" where it has pages.
const PATHS = JSON.parse(document.querySelector("meta[name=screens]").content);

begin().catch(fail);

async function begin() {
  const context = await view.getContext();
  const single = PATHS[context.moduleKey] || PATHS[`${context.moduleKey}.${(context.extension || {}).entryPoint || "view"}`];
  if (single) {
    await show(context, single);
  } else {
    const history = await view.createHistory();
    await show(context, pageAt(context, history.location));
    history.listen((location) => show(context, pageAt(context, location)).catch(fail));
  }
  // Both look at the screen that is there, so they come after it.
  await import("../static/host.js");
  if (document.querySelector("[data-gadget]")) await import("../static/gadget.js");
}

function pageAt(context, location) {
  const pages = Object.keys(PATHS).filter((key) => key.startsWith(`${context.moduleKey}/`));
  const wanted = context.moduleKey + location.pathname.replace(/\/+$/, "");
  return PATHS[pages.find((key) => key === wanted) || pages[0]];
}

async function show(context, path) {
  const answer = await fetchScreen("GET", addressOf(context, path));
  adopt(new DOMParser().parseFromString(answer.body, "text/html"));
}

function addressOf(context, path) {
  const extension = context.extension || {};
  const filled = path.replace(VARIABLE, (_, name) => encodeURIComponent(valueOf(extension, name)));
  const about = new URLSearchParams({ loc: context.locale || "", tz: context.timezone || "" });
  return `${filled}${filled.includes("?") ? "&" : "?"}${about}`;
}

// {project.id}, {issue.id}, {validator.config}: the last is named after the rule that is being edited.
function valueOf(extension, name) {
  const [noun, part] = name.replace("dashboardItem.", "gadget.").split(".");
  const found = part === "config" ? extension[`${noun}Config`] : (extension[noun] || {})[part];
  return found === undefined || found === null ? "" : String(found);
}

function adopt(page) {
  for (const { name, value } of page.body.attributes) document.body.setAttribute(name, value);
  for (const name of ["lang", "dir"]) document.documentElement.setAttribute(name, page.documentElement.getAttribute(name) || "");
  document.title = page.title;
  document.body.replaceChildren(...page.body.children);
  window.htmx.process(document.body);
}

function fail() {
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = "Rapport could not be reached. Reload the page in a minute; tell your administrator if it stays.";
  document.body.replaceChildren(said);
}
