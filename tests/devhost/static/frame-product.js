// The part of all.js that Atlassian adds behind the public library. Functions cannot cross frames, so the callbacks of
// AP.request and the header lookup of its answer are made here, inside the app's frame; and a few functions of AP.env
// are offered on AP itself.
(() => {
  "use strict";
  const send = window.AP && window.AP.request;
  if (!send) return; // opened outside a host page

  const xhrOf = (answer) => ({
    status: answer.status,
    statusText: answer.statusText,
    responseText: answer.body,
    getResponseHeader: (name) => answer.headers[name.toLowerCase()] ?? null,
    getAllResponseHeaders: () => Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`).join("\r\n"),
  });

  function request(url, options) {
    const { success, error, ...rest } = typeof url === "string" ? { ...options, url } : url;
    const sent = send(rest).then(
      (answer) => ({ body: answer.body, xhr: xhrOf(answer) }),
      (answer) => Promise.reject(answer && answer.headers ? { err: answer.statusText, xhr: xhrOf(answer) } : answer),
    );
    if (!success && !error) return sent;
    return void sent.then(
      ({ body, xhr }) => success && success(body, "success", xhr),
      ({ err, xhr }) => error && error(xhr, "error", err),
    );
  }

  // Jira asks the page of a workflow rule whether it may be saved, and then for the text to save.
  const rule = { valid: () => true, value: () => "" };
  const WorkflowConfiguration = {
    onSaveValidation: (listener) => void (rule.valid = listener),
    onSave: (listener) => void (rule.value = listener),
    trigger: () => {
      const valid = Boolean(rule.valid());
      return { valid, value: valid ? String(rule.value()) : undefined };
    },
  };
  for (const jira of [window.AP.jira, window.AP._hostModules.jira]) Object.assign(jira, { WorkflowConfiguration });
  window.AP.register({
    jira_workflow_submit: () => window.AP.jira.setWorkflowConfiguration(WorkflowConfiguration.trigger()),
  });

  const { getLocation, sizeToParent, hideFooter } = window.AP.env;
  for (const target of [window.AP, window.AP._hostModules._globals]) {
    Object.assign(target, { request, getLocation, sizeToParent, hideFooter });
  }
})();
