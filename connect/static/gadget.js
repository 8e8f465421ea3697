/* A gadget on a dashboard of Jira's. What it shows is kept by Jira, with the dashboard, and changed by who may edit that:
 * the page has <main data-gadget data-dashboard data-item>, links to #show and #choose addresses, and a form to choose with.
 */
(function () {
  "use strict";

  var main = document.querySelector("div[data-gadget]");
  var form = document.querySelector("form[data-gadget-form]");
  var place = main.querySelector("[data-gadget-shown]");
  var change = main.querySelector("[data-gadget-change]");
  var heading = main.querySelector("[data-gadget-name]");
  var property =
    "/rest/api/3/dashboard/" + encodeURIComponent(main.dataset.dashboard) +
    "/items/" + encodeURIComponent(main.dataset.item) + "/properties/rapport";

  function ready(act) {
    if (window.htmx) window.rapportHost.then(act);
    else window.setTimeout(ready, 50, act);
  }

  function chosen(host) {
    return host.request("GET", property).then(
      function (found) {
        return found.value;
      },
      function () {
        return null; // nobody has chosen yet
      },
    );
  }

  function show(choice) {
    form.hidden = true;
    heading.textContent = choice.name || "";
    heading.hidden = !choice.name;
    place.hidden = false;
    change.hidden = false;
    var address = main.dataset.gadget.replace("PROJECT", encodeURIComponent(choice.project));
    window.htmx.ajax("GET", address + "?days=" + encodeURIComponent(choice.days), { target: place });
  }

  function ask(host, choice) {
    host.request("GET", "/rest/api/3/project/search?maxResults=100&orderBy=name").then(function (found) {
      form.elements.project.replaceChildren();
      found.values.forEach(function (project) {
        form.elements.project.add(new Option(project.name, project.id, false, choice && choice.project === project.id));
      });
      if (choice) form.elements.days.value = choice.days;
      place.hidden = true;
      heading.hidden = true;
      change.hidden = true;
      form.hidden = false;
      host.resize();
    });
  }

  ready(function (host) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var project = form.elements.project;
      var name = project.options[project.selectedIndex].text;
      var choice = { project: project.value, name: name, days: Number(form.elements.days.value) };
      host.request("PUT", property, choice).then(
        function () {
          show(choice);
        },
        function () {
          form.querySelector("[data-gadget-refused]").hidden = false;
        },
      );
    });
    change.addEventListener("click", function () {
      chosen(host).then(function (choice) {
        ask(host, choice);
      });
    });
    chosen(host).then(function (choice) {
      if (choice && choice.project) show(choice);
      else ask(host, null);
    });
  });
})();
