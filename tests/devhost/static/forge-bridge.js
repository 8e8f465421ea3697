// What Forge puts into the page that it frames: the one function under Atlassian's @forge/bridge. It speaks with
// forge-host.js in the page around. Functions cannot cross frames, so those in a call stay here under a number.
"use strict";

(() => {
  const answers = new Map();
  const kept = new Map();
  let last = 0;

  const withoutFunctions = (value) => {
    if (typeof value === "function") {
      kept.set((last += 1), value);
      return { devhostFunction: last };
    }
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(withoutFunctions);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutFunctions(each)]));
  };

  const post = (message) => window.parent.postMessage({ forge: true, ...message }, window.location.ancestorOrigins[0]);

  // Where one is among the pages of a module; here each opens anew, so it never changes.
  const here = { pathname: `/${window.location.pathname.split("/").at(-2)}`, search: "", hash: "" };
  const own = { createHistory: async () => ({ location: here, listen: () => () => {} }) };

  globalThis.__bridge = {
    callBridge: (command, data) =>
      own[command] ? own[command](data) : new Promise((resolve, reject) => {
        answers.set((last += 1), { resolve, reject });
        post({ id: last, command, data: withoutFunctions(data) });
      }),
  };

  window.addEventListener("message", async ({ source, data }) => {
    if (source !== window.parent || !data || !data.forge) return;
    if (data.call) return post({ called: data.call, value: await kept.get(data.call)() });
    if (data.theme) return wear(data.theme);
    const waiting = answers.get(data.answer);
    answers.delete(data.answer);
    if (data.error) waiting.reject(new Error(data.error));
    else waiting.resolve(data.value);
  });

  // Once the app asks for it: the design tokens, in the theme of the page around.
  function wear({ mode, theme, href }) {
    if (!document.querySelector("link[data-devhost]")) {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
      link.dataset.devhost = "tokens";
      document.head.prepend(link);
    }
    Object.assign(document.documentElement.dataset, { colorMode: mode, theme });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const tell = () => post({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
    new ResizeObserver(tell).observe(document.documentElement);
  });
})();
