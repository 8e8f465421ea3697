// The stand-in's own pages: live theme switch, switching the person, moving cards. Each also works as a plain form.
"use strict";

(() => {
  const root = document.documentElement;

  const themeForm = document.getElementById("theme-form");
  themeForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const next = root.dataset.colorMode === "dark" ? "light" : "dark";
    root.dataset.colorMode = next; // watched by connect-host.js, which tells the frames
    document.cookie = `devhost_theme=${next}; path=/; samesite=lax; max-age=31536000`;
    themeForm.querySelector(".theme-label").textContent = next === "dark" ? "Light theme" : "Dark theme";
  });

  document.addEventListener("change", ({ target }) => {
    if (target.matches("select[data-submit]")) target.form.requestSubmit();
  });

  document.addEventListener("click", ({ target }) => {
    const dismissed = target.closest("[data-dismiss]");
    if (dismissed) dismissed.parentElement.remove();
  });

  for (const notice of document.querySelectorAll(".flag-success")) setTimeout(() => notice.remove(), 8000);

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-key]");
    if (card) event.dataTransfer.setData("text/plain", card.dataset.key);
  });

  for (const column of document.querySelectorAll("[data-status]")) {
    const mark = (on) => () => column.classList.toggle("over", on);
    column.addEventListener("dragover", (event) => event.preventDefault());
    column.addEventListener("dragenter", mark(true));
    column.addEventListener("dragleave", mark(false));
    column.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false)();
      const card = document.querySelector(`[data-key="${CSS.escape(event.dataTransfer.getData("text/plain"))}"]`);
      const option = card?.querySelector(`option[data-to="${column.dataset.status}"]`);
      if (!option) return;
      option.selected = true;
      option.closest("form").requestSubmit();
    });
  }
})();
