// Jira's side of Forge: frames the app's static page and does what its bridge asks for.
"use strict";

window.forgeHost = (() => {
  const SANDBOX = "allow-downloads allow-forms allow-modals allow-popups allow-same-origin allow-scripts";
  const root = document.documentElement;
  const frames = new Map(); // window of a frame → what is known of it
  const forge = { refreshIssuePage: async () => {}, mount, saveRule };

  async function ask(what, frame, call) {
    const answer = await fetch(`/devhost/forge-call/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ module: frame.key, place: frame.place, call }),
    });
    if (!answer.ok) throw new Error(`${what} answered ${answer.status}`);
    return answer.json();
  }

  const commands = {
    getContext: (_, frame) => ask("context", frame),
    invoke: async ({ invokeType, path, method, headers, body }, frame) => {
      if (invokeType !== "ui-remote-fetch") throw new Error(`${invokeType} is not offered by this stand-in`);
      const found = await ask("invoke", frame, { path, method, headers: headers || {}, body });
      return found.status < 400 ? { success: true, payload: found } : { success: false, error: found };
    },
    // The browser calls Jira as the person who is signed in.
    fetchProduct: async ({ restPath, fetchRequestInit }) => {
      const { method, body, headers } = fetchRequestInit;
      const answer = await fetch(restPath, { method, body: body || undefined, headers });
      const { status, statusText } = answer;
      return { status, statusText, body: await answer.text(), headers: Object.fromEntries(answer.headers) };
    },
    enableTheming: (_, frame) => {
      frame.themed = true;
      wear(frame);
    },
    showFlag: ({ id, title, description, type }) => {
      window.hostProviders.flag.create({ id, title, body: description, type, close: "auto", onClose() {} });
      return true;
    },
    navigate: ({ url, type }) => {
      if (type === "new-tab") window.open(url);
      else window.location.assign(new URL(url, window.location.origin).pathname);
    },
    reload: () => window.location.reload(),
    refreshIssueView: async () => {
      await forge.refreshIssuePage();
      return true;
    },
    setWorkflowRuleConfigurationCallback: ({ data }, frame) => {
      frame.onConfigure = data.onConfigure.devhostFunction;
      return true;
    },
  };

  window.addEventListener("message", async ({ source, origin, data }) => {
    const frame = frames.get(source);
    if (!frame || origin !== frame.origin || !data || !data.forge) return;
    if ("height" in data) return void (frame.element.style.height = `${data.height}px`);
    if (data.called) return frame.configured?.(data.value);
    try {
      if (!commands[data.command]) throw new Error(`${data.command} is not offered by this stand-in`);
      tell(frame, { answer: data.id, value: await commands[data.command](data.data, frame) });
    } catch (error) {
      console.error(`The bridge: ${error.message}`);
      tell(frame, { answer: data.id, error: error.message });
    }
  });

  const tell = (frame, message) => frame.element.contentWindow.postMessage({ forge: true, ...message }, frame.origin);

  const wear = (frame) =>
    tell(frame, {
      theme: { mode: root.dataset.colorMode, theme: root.dataset.theme, href: "/devhost/tokens.css" },
    });

  new MutationObserver(() => [...frames.values()].filter((each) => each.themed).forEach(wear)).observe(root, {
    attributeFilter: ["data-color-mode"],
  });

  function mount(place, { title, key, url }) {
    const element = Object.assign(document.createElement("iframe"), { title, src: url });
    element.setAttribute("sandbox", SANDBOX);
    element.style.width = "100%";
    element.style.border = "0";
    place.replaceChildren(element);
    const { origin, searchParams } = new URL(url);
    frames.set(element.contentWindow, { element, key, origin, place: Object.fromEntries(searchParams) });
  }

  // The page of a workflow rule, when Jira's own Save button is pressed: false where no frame has anything to say.
  function saveRule(save) {
    const frame = [...frames.values()].find((each) => each.onConfigure);
    if (!frame) return false;
    frame.configured = (value) => value !== undefined && save(value);
    tell(frame, { call: frame.onConfigure });
    return true;
  }

  return forge;
})();
