/* Who frames our pages: Atlassian Forge, through its bridge. host-connect.js says the same of Connect. host.js asks. */
import { requestJira, router, showFlag, view } from "@forge/bridge";
import { refreshIssueView, workflowRules } from "@forge/jira-bridge";
import { fetchFile } from "./remote-request.js";

let flags = 0;

window.rapportHost = Promise.resolve({
  headers: () => Promise.resolve({}), // Atlassian's own servers add who is calling
  load: fetchFile,
  theme: () => view.theme.enable(),
  resize: () => {}, // Forge watches the page itself
  flag: (flag) =>
    showFlag({
      id: `rapport-${(flags += 1)}`,
      title: flag.title,
      description: flag.body || "",
      type: flag.type || "info",
      isAutoDismiss: true,
    }),
  refreshIssue: () => refreshIssueView(),
  request: async (method, path, value) => {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const answer = await requestJira(path, { method, body, headers: { "Content-Type": "application/json" } });
    if (!answer.ok) throw new Error(`Jira answered ${answer.status}`);
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  },
  go: (path) => router.navigate(path),
  configure: (isValid, value) =>
    workflowRules.onConfigure(() => (isValid() ? JSON.stringify(value()) : undefined)),
});

// What opens in a tab of its own is a page of our server, which is somewhere else than this one.
const SERVER = document.querySelector("meta[name=server]").content;

document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest('a[target="_blank"][href^="/"]');
  if (!link) return;
  event.preventDefault();
  router.open(SERVER + link.getAttribute("href"));
});
