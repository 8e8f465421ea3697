// The product's side of AP for apps in frames: what connect-host.js does not bring, and mounting the frames of a page.
"use strict";

(() => {
  const host = window.connectHost;

  // A call from a frame ends with the library's callback, which knows who called.
  const callerOf = (args) => args[args.length - 1]._context.extension;
  const promised = (answer) => Object.assign(answer, { returnsPromise: true });

  function refused(name) {
    return promised(function () {
      console.error(`AP.${name} is not offered by this stand-in`);
      return Promise.reject(`AP.${name} is not offered by this stand-in`);
    });
  }

  const refusing = (module, names) => Object.fromEntries(names.map((name) => [name, refused(`${module}.${name}`)]));

  async function askServer(path, body) {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  // ---- context, user

  host.defineModule("context", {
    getToken: promised(async function (callback) {
      const { key, options } = callerOf(arguments);
      return (await askServer("/devhost/context-token", { module: key, context: options.productContext })).token;
    }),
    getContext: promised(async function (callback) {
      return callerOf(arguments).options.structuredContext;
    }),
  });

  host.defineModule("user", {
    getCurrentUser: promised(async function (callback) {
      return { atlassianAccountId: callerOf(arguments).options.user.accountId };
    }),
    getTimeZone: promised(async function (callback) {
      return callerOf(arguments).options.user.timeZone;
    }),
    ...refusing("user", ["getUser"]),
  });

  // ---- navigator, history, cookie

  const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value != null)).toString();

  function modulePage(caller, { addonKey, moduleKey, context = {}, customData = {} }) {
    const custom = Object.fromEntries(Object.entries(customData).map(([name, value]) => [`ac.${name}`, value]));
    const project = { "project.key": context.project?.key ?? caller.options.productContext["project.key"] };
    const app = addonKey ?? caller.addon_key;
    return `/plugins/servlet/ac/${app}/${moduleKey}?${query({ ...project, ...custom })}`;
  }

  const pages = {
    issue: (_, { issueKey }) => `/browse/${issueKey}`,
    addonModule: modulePage,
    addonmodule: modulePage,
    projectAdminTabPanel: (caller, { projectKey, addonKey, adminPageKey }) =>
      `/projects/${projectKey}/settings/apps/${addonKey ?? caller.addon_key}/${adminPageKey}`,
    site: (_, { relativeUrl = "/" }) => new URL(relativeUrl, location.origin + "/").pathname,
  };

  host.defineModule("navigator", {
    go: promised(async function (target, context, callback) {
      if (!pages[target]) return refused(`navigator.go("${target}")`)();
      location.assign(pages[target](callerOf(arguments), context || {}));
      return true;
    }),
    reload() {
      location.reload();
    },
    getLocation: promised(async function (callback) {
      const { addon_key: addonKey, key: moduleKey, options } = callerOf(arguments);
      const issueKey = options.productContext["issue.key"];
      if (issueKey) return { target: "issue", context: { issueKey } };
      const project = options.structuredContext.jira?.project;
      return { target: "addonmodule", context: { addonKey, moduleKey, context: project ? { project } : {} } };
    }),
  });

  const stateHash = (state) => `#!${encodeURIComponent(state)}`;

  host.defineModule("history", {
    back: () => history.back(),
    forward: () => history.forward(),
    go: (steps) => history.go(steps),
    getState: promised(async function (type, callback) {
      const state = location.hash.startsWith("#!") ? decodeURIComponent(location.hash.slice(2)) : "";
      return type === "all" ? { state: history.state, title: document.title, hash: state } : state;
    }),
    pushState: (state, title, url, callback) => history.pushState({ title }, "", stateHash(state)),
    replaceState: (state, title, url, callback) => history.replaceState({ title }, "", stateHash(state)),
    ...refusing("history", ["popState"]),
  });

  const cookieName = (caller, name) => encodeURIComponent(`${caller.addon_key}$$${name}`);

  host.defineModule("cookie", {
    save: function (name, value, days, callback) {
      const age = days ? `; max-age=${days * 86400}` : "";
      document.cookie = `${cookieName(callerOf(arguments), name)}=${encodeURIComponent(value)}; path=/; samesite=lax${age}`;
    },
    read: promised(async function (name, callback) {
      const start = `${cookieName(callerOf(arguments), name)}=`;
      const found = document.cookie.split("; ").find((each) => each.startsWith(start));
      return found ? decodeURIComponent(found.slice(start.length)) : null;
    }),
    erase: function (name, callback) {
      document.cookie = `${cookieName(callerOf(arguments), name)}=; path=/; max-age=0`;
    },
  });

  // ---- jira

  // As in Jira, the issue is read again while the frames stay as they are.
  async function refreshIssuePage() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-refresh]")) {
      const next = fresh.querySelector(`[data-refresh="${part.dataset.refresh}"]`);
      if (next) part.replaceWith(next);
    }
  }

  // A rule of a workflow: the frame's page is asked for what to save, and answers with text, or refuses.
  const KINDS = ["condition", "validator", "postFunction"];
  let answerRule = () => {};

  function saveRule(form) {
    if (window.forgeHost.saveRule((value) => Object.assign(form.elements.config, { value }) && form.submit())) return;
    answerRule = ({ valid, value }) => {
      if (!valid) return;
      form.elements.config.value = value;
      form.submit();
    };
    host.broadcastEvent("jira_workflow_submit", {}, {});
  }

  document.querySelectorAll("form[data-workflow-rule]").forEach((form) =>
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      saveRule(form);
    }),
  );

  host.defineModule("jira", {
    refreshIssuePage,
    getWorkflowConfiguration: promised(async function (callback) {
      const values = callerOf(arguments).options.productContext;
      return values[KINDS.map((kind) => `${kind}.config`).find((name) => name in values)] ?? "";
    }),
    setWorkflowConfiguration: (answer) => answerRule(answer),
    isNativeApp: promised(async function (callback) {
      return false;
    }),
    ...refusing("jira", [
      "openCreateIssueDialog", "openIssueDialog", "openDatePicker", "openDateRangePicker",
      "initJQLEditor", "showJQLEditor", "isDashboardItemEditable", "setDashboardItemTitle",
    ]),
  });

  // ---- request: the browser calls Jira as the person who is signed in

  function requestOf({ url, type = "GET", data, contentType, headers }) {
    const target = new URL(url, location.origin);
    if (target.origin !== location.origin || !target.pathname.startsWith("/rest/")) {
      throw new Error(`AP.request reaches Jira's own REST only, not ${url}`);
    }
    const plain = data !== undefined && typeof data !== "string";
    if (type.toUpperCase() === "GET" && data) {
      target.search += (target.search ? "&" : "?") + (plain ? query(data) : data);
      data = undefined;
    }
    const body = plain && data ? query(data) : data;
    const kind = contentType || (plain ? "application/x-www-form-urlencoded" : "application/json");
    return [target, { method: type, body, headers: { ...(body ? { "Content-Type": kind } : {}), ...headers } }];
  }

  host.defineModule({
    request: promised(async function (options, callback) {
      const [target, init] = requestOf(options);
      init.headers["AP-Client-Key"] = callerOf(arguments).addon_key;
      const response = await fetch(target, init);
      const { status, statusText } = response;
      const answer = { status, statusText, body: await response.text(), headers: Object.fromEntries(response.headers) };
      if (!response.ok) throw answer;
      return answer;
    }),
  });

  // ---- frames

  host.registerContentResolver.resolveByExtension(({ key, options }) => {
    const found = window.jQuery.Deferred();
    askServer(`/devhost/frame?${query({ module: key, ...options.productContext })}`)
      .then((fresh) => found.resolve(fresh))
      .catch((error) => found.reject(null, { text: error.message }));
    return found.promise();
  });

  function mount(place) {
    const { title, forge, ...extension } = JSON.parse(place.dataset.frame);
    if (forge) return window.forgeHost.mount(place, { title, ...extension });
    const [container] = host.create(extension);
    container.querySelector("iframe")?.setAttribute("title", title);
    place.replaceChildren(container);
  }

  window.forgeHost.refreshIssuePage = refreshIssuePage;
  window.hostProviders.register();
  document.querySelectorAll("[data-frame]").forEach(mount);
})();
