// What connect-host.js expects of the page around it. Loaded after jQuery and before the library.
"use strict";

window.AJS = {
  $: window.jQuery,
  contextPath: () => "",
  escapeHtml: (text) => Object.assign(document.createElement("i"), { textContent: String(text) }).innerHTML,
  Meta: { get: () => undefined },
  LayerManager: { global: { getTopLayer: () => null } }, // asked at every Escape
};

window.__FEATUREGATES_JS__ = {
  initializeCompleted: () => true,
  checkGate: () => false,
  getPackageVersion: () => "4.23.4",
};

// The library reports every step here; nothing leaves the page, and tests may read it.
window.connectAnalytics = [];
window.require = (name) => {
  if (name !== "ac/analytics") throw new Error(`There is no module ${name} on this page`);
  return { emitGasV3: (type, event) => window.connectAnalytics.push({ type, event }) };
};
