/* What our pages do together with Jira, whoever frames them: that is the business of the adapter in window.rapportHost.
 *
 * - Every htmx request waits for what the host wants it to carry.
 * - The server may ask for things in its HX-Trigger header: "rapport:flag" {title, body, type: info|success|warning|error},
 *   "rapport:refresh-issue".
 * - <button data-download="/…/export.md"> saves what that address answers.
 * - <a data-host-href="/browse/DEMO-1"> opens a page of Jira in Jira's own window.
 * - What went wrong is shown above the part of the page that asked. Texts: data-text-forbidden, data-text-gone,
 *   data-text-busy, data-text-failed on <body>; English without them.
 */
(function () {
  "use strict";

  var TEXTS = {
    forbidden: "You may not do this, or you have been signed out. Reload the page and try again.",
    gone: "This is not here any more. Reload the page.",
    busy: "We could not reach the server or Jira. Nothing was lost. Try again in a minute.",
    failed: "That did not work. Reload the page and try again.",
  };

  function withHost(act) {
    return window.rapportHost.then(act, function () {
      /* Outside of Jira there is nothing to theme, resize or refresh. */
    });
  }

  function isOurs(path) {
    return new URL(path, window.location.href).origin === window.location.origin;
  }

  document.addEventListener("htmx:confirm", function (event) {
    var request = event.detail;
    if (!isOurs(request.path)) return;
    event.preventDefault();
    window.rapportHost
      .then(function (host) {
        return host.headers();
      })
      .then(
        function (headers) {
          request.etc.headers = Object.assign({}, request.etc.headers, headers);
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
    withHost(function (host) {
      host.resize();
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
    withHost(function (host) {
      host.flag(event.detail);
    });
  });

  document.addEventListener("rapport:refresh-issue", function () {
    withHost(function (host) {
      host.refreshIssue();
    });
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-host-href]");
    var path = link && link.getAttribute("data-host-href");
    if (!path || !/^\/(?![/\\])/.test(path)) return;
    event.preventDefault();
    withHost(function (host) {
      host.go(path);
    });
  });

  // The page of a workflow rule: Jira's own Save button asks it, and keeps what the form says as JSON.
  withHost(function (host) {
    var form = document.querySelector("form[data-host-config]");
    if (!form) return;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
    });
    host.configure(
      function () {
        return form.reportValidity();
      },
      function () {
        return valuesOf(form);
      },
    );
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

  // A file needs what the host wants a request to carry, which a plain link cannot send.
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-download]");
    var path = button && button.getAttribute("data-download");
    if (!path || !isOurs(path)) return;
    event.preventDefault();
    button.disabled = true;
    window.rapportHost
      .then(function (host) {
        return host.load(path);
      })
      .then(function (answer) {
        if (!answer.ok) throw answer;
        var named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
        return answer.blob().then(function (file) {
          handOver(file, named ? named[1] : "rapport");
        });
      })
      .catch(function (problem) {
        showError(button.closest("section"), problem.status ? messageOf(problem) : text("busy"));
      })
      .then(function () {
        button.disabled = false;
      });
  });

  function handOver(file, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  withHost(function (host) {
    host.theme();
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
    withHost(function (host) {
      host.resize();
    });
  }
})();
