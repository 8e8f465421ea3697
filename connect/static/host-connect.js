/* Who frames our pages: Atlassian Connect, through Atlassian's AP. host-forge.js says the same of Forge. host.js asks. */
(function () {
  "use strict";

  var PATIENCE_MS = 10000;

  // Atlassian's script may still be on its way when ours starts.
  window.rapportHost = new Promise(function (resolve, reject) {
    var started = Date.now();
    (function look() {
      if (window.AP && window.AP.context) {
        resolve(adapter(window.AP));
      } else if (Date.now() - started > PATIENCE_MS) {
        reject(new Error("Atlassian's script did not load"));
      } else {
        window.setTimeout(look, 50);
      }
    })();
  });

  function adapter(AP) {
    // Both forms of getToken: the promise where there is one, else the callback.
    function headers() {
      return new Promise(function (resolve, reject) {
        var answer = AP.context.getToken(resolve);
        if (answer && answer.then) answer.then(resolve, reject);
        window.setTimeout(reject, PATIENCE_MS);
      }).then(function (token) {
        return { Authorization: "JWT " + token };
      });
    }

    return {
      headers: headers,
      // A file of ours: resolves to a Response.
      load: function (path) {
        return headers().then(function (carried) {
          return fetch(path, { headers: carried });
        });
      },
      theme: function () {
        AP.theming.initializeTheming();
      },
      resize: function () {
        AP.resize();
      },
      flag: function (flag) {
        AP.flag.create({ title: flag.title, body: flag.body || "", type: flag.type || "info", close: "auto" });
      },
      refreshIssue: function () {
        AP.jira.refreshIssuePage();
      },
      // Jira's own REST, as the person who looks: resolves to the JSON of the answer, if there is any.
      request: function (method, path, value) {
        var data = value === undefined ? undefined : JSON.stringify(value);
        return AP.request({ url: path, type: method, contentType: "application/json", data: data }).then(function (answer) {
          return answer.body ? JSON.parse(answer.body) : null;
        });
      },
      go: function (path) {
        AP.navigator.go("site", { relativeUrl: path });
      },
      configure: function (isValid, value) {
        AP.jira.WorkflowConfiguration.onSaveValidation(isValid);
        AP.jira.WorkflowConfiguration.onSave(function () {
          return JSON.stringify(value());
        });
      },
    };
  }
})();
