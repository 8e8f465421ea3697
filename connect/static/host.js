/* The host adapter: the only script that knows who frames our pages. Here: Atlassian Connect, through Atlassian's AP.
 *
 * - Every htmx request waits for a fresh context token and carries it in the Authorization header.
 * - The server may ask for things in its HX-Trigger header: "rapport:flag" {title, body, type: info|success|warning|error},
 *   "rapport:refresh-issue".
 * - <a data-host-href="/browse/DEMO-1"> opens a page of Jira in Jira's own window.
 * - What went wrong is shown above the part of the page that asked. Texts: data-text-forbidden, data-text-gone,
 *   data-text-busy, data-text-failed on <body>; English without them.
 */
(function () {
  "use strict";

  var PATIENCE_MS = 10000;
  var TEXTS = {
    forbidden: "You may not do this, or you have been signed out. Reload the page and try again.",
    gone: "This is not here any more. Reload the page.",
    busy: "We could not reach the server or Jira. Nothing was lost. Try again in a minute.",
    failed: "That did not work. Reload the page and try again.",
  };

  // Atlassian's script may still be on its way when ours starts.
  var host = new Promise(function (resolve, reject) {
    var started = Date.now();
    (function look() {
      if (window.AP && window.AP.context) {
        resolve(window.AP);
      } else if (Date.now() - started > PATIENCE_MS) {
        reject(new Error("Atlassian's script did not load"));
      } else {
        window.setTimeout(look, 50);
      }
    })();
  });

  function withHost(act) {
    return host.then(act, function () {
      /* Outside of Jira there is nothing to theme, resize or refresh. */
    });
  }

  function isOurs(path) {
    return new URL(path, window.location.href).origin === window.location.origin;
  }

  // Both forms of getToken: the promise where there is one, else the callback.
  function freshToken() {
    return host.then(function (AP) {
      return new Promise(function (resolve, reject) {
        var answer = AP.context.getToken(resolve);
        if (answer && answer.then) answer.then(resolve, reject);
        window.setTimeout(reject, PATIENCE_MS);
      });
    });
  }

  document.addEventListener("htmx:confirm", function (event) {
    var request = event.detail;
    if (!isOurs(request.path)) return;
    event.preventDefault();
    freshToken().then(
      function (token) {
        request.etc.headers = Object.assign({}, request.etc.headers, { Authorization: "JWT " + token });
        request.issueRequest(!request.question);
      },
      function () {
        showError(request.target, text("busy"));
      },
    );
  });

  document.addEventListener("htmx:beforeRequest", function () {
    document.querySelectorAll(".host-error").forEach(function (shown) {
      shown.remove();
    });
  });

  document.addEventListener("htmx:afterSettle", function () {
    withHost(function (AP) {
      AP.resize();
    });
  });

  document.addEventListener("htmx:responseError", function (event) {
    showError(event.detail.target, messageOf(event.detail.xhr));
  });

  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      showError(event.detail.target, text("busy"));
    });
  });

  document.addEventListener("rapport:flag", function (event) {
    var flag = event.detail;
    withHost(function (AP) {
      AP.flag.create({ title: flag.title, body: flag.body || "", type: flag.type || "info", close: "auto" });
    });
  });

  document.addEventListener("rapport:refresh-issue", function () {
    withHost(function (AP) {
      AP.jira.refreshIssuePage();
    });
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-host-href]");
    var path = link && link.getAttribute("data-host-href");
    if (!path || !/^\/(?![/\\])/.test(path)) return;
    event.preventDefault();
    withHost(function (AP) {
      AP.navigator.go("site", { relativeUrl: path });
    });
  });

  // The page of a workflow rule: Jira's own Save button asks it, and keeps what the form says as JSON.
  withHost(function (AP) {
    var form = document.querySelector("form[data-host-config]");
    if (!form) return;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
    });
    AP.jira.WorkflowConfiguration.onSaveValidation(function () {
      return form.reportValidity();
    });
    AP.jira.WorkflowConfiguration.onSave(function () {
      return JSON.stringify(valuesOf(form));
    });
  });

  function valuesOf(form) {
    var values = {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name) return;
      if (field.hasAttribute("data-list")) {
        values[field.name] = (values[field.name] || []).concat(field.checked ? [field.value] : []);
      } else if (field.type === "checkbox") {
        values[field.name] = field.checked;
      } else {
        values[field.name] = field.hasAttribute("data-number") ? Number(field.value) : field.value;
      }
    });
    return values;
  }

  withHost(function (AP) {
    AP.theming.initializeTheming();
  });

  function text(name) {
    return document.body.getAttribute("data-text-" + name) || TEXTS[name];
  }

  function messageOf(xhr) {
    if (xhr.status === 401 || xhr.status === 403) return text("forbidden");
    if (xhr.status === 404 || xhr.status === 410) return text("gone");
    return text(xhr.status === 429 || xhr.status >= 500 ? "busy" : "failed");
  }

  function showError(target, message) {
    var place = target && target.isConnected ? target : document.querySelector("main") || document.body;
    var box = document.createElement("div");
    box.className = "host-error";
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    box.textContent = message;
    place.prepend(box);
    box.scrollIntoView({ block: "nearest" });
    withHost(function (AP) {
      AP.resize();
    });
  }
})();
