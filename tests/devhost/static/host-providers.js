// Flags and dialogs in plain DOM: connect-host.js leaves their look to the product.
"use strict";

window.hostProviders = (() => {
  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter((child) => child != null));
    return made;
  }

  function button(text, onclick, className = "button") {
    return element("button", { type: "button", textContent: text, className, onclick });
  }

  // ---- flags

  const flag = {
    create({ id, title, body, type, actions = [], onClose, close }) {
      const box = element("article", { className: `flag flag-${type || "info"}` });
      const remove = () => box.isConnected && (box.remove(), onClose(id));
      box.append(
        element("h3", { textContent: title || "" }),
        element("p", { textContent: body || "" }),
        element("div", { className: "flag-actions" }, ...actions.map((each) => button(each.actionText, each.executeAction, "link"))),
        element("button", { type: "button", className: "flag-close", ariaLabel: "Dismiss", textContent: "×", onclick: remove }),
      );
      document.getElementById("flags").append(box);
      if (close === "auto") setTimeout(remove, 8000);
      return { close: remove };
    },
  };

  // ---- dialogs: a stack, the last one is on top

  const open = [];
  const top = () => open.at(-1);
  const sizes = ["small", "medium", "large", "xlarge", "fullscreen", "maximum"];

  function dialogButton({ identifier, text, disabled, hidden, onClick, type }) {
    const made = button(text, onClick, type === "primary" ? "button button-brand" : "button");
    return Object.assign(made, { disabled: Boolean(disabled), hidden: Boolean(hidden), name: identifier });
  }

  function frameOf(options, extension) {
    Object.assign(extension.options, {
      isDialog: true,
      dialogId: options.id,
      callbackExtensionId: extension.callback_extension_id,
    });
    return window.connectHost.create(extension)[0];
  }

  function dialogBox(options, content) {
    const size = sizes.includes(options.size) ? options.size : null;
    const box = element("dialog", { className: size ? `dialog dialog-${size}` : "dialog", ariaLabel: options.header || "Dialog" });
    if (!size) Object.assign(box.style, { width: options.width, height: options.height });
    const footer = element("footer", {}, element("span", { className: "hint", textContent: options.hint }));
    footer.append(...options.actions.map(dialogButton));
    if (options.chrome) box.append(element("h2", { textContent: options.header }));
    box.append(content);
    if (options.chrome) box.append(footer);
    return box;
  }

  const named = (identifier) => top()?.box.querySelector(`footer button[name="${CSS.escape(identifier)}"]`);

  function set(identifier, property, value) {
    const found = named(identifier);
    if (found) found[property] = value; // a dialog without chrome has no buttons, yet the library enables “submit”
  }

  const dialog = {
    create(options, extension) {
      const box = dialogBox(options, frameOf(options, extension));
      box.addEventListener("cancel", (event) => {
        event.preventDefault();
        if (options.closeOnEscape) dialog.close(event);
      });
      open.push({ box, extension, options });
      document.body.append(box);
      box.showModal();
    },
    // An event comes along when Escape was pressed, here or in the frame; only then the app was not told yet.
    close(event) {
      if (!top()) return;
      const { box, extension, options } = open.pop();
      if (event) window.connectHost.broadcastEvent("dialog.close", { addon_key: extension.addon_key });
      window.connectHost.destroy(extension.id);
      box.remove();
      options.onHide();
    },
    isActiveDialog: (addonKey) => top()?.extension.addon_key === addonKey,
    createButton: (options) => void top().box.querySelector("footer")?.append(dialogButton(options)),
    setButtonDisabled: (identifier, disabled) => set(identifier, "disabled", disabled),
    isButtonDisabled: (identifier) => Boolean(named(identifier)?.disabled),
    toggleButton: (identifier) => set(identifier, "disabled", !named(identifier)?.disabled),
    setButtonHidden: (identifier, hidden) => set(identifier, "hidden", hidden),
    isButtonHidden: (identifier) => Boolean(named(identifier)?.hidden),
  };

  // ---- old interfaces that need Atlassian's AUI

  const refusing = (name, offered = {}) =>
    new Proxy(offered, {
      get: (_, method) => offered[method] ?? (() => console.error(`AP.${name}.${String(method)} is not offered by this stand-in`)),
    });

  function register() {
    const dropdown = refusing("dropdown", { destroyByExtension() {} }); // called whenever a frame goes
    const providers = { flag, dialog, dropdown, messages: refusing("messages"), inlineDialog: refusing("inlineDialog") };
    for (const [name, provider] of Object.entries(providers)) {
      window.connectHost.getFrameworkAdaptor().registerModule({
        getModuleRegistrationName: () => name,
        isEnabled: () => true,
        getProvider: () => provider,
      });
    }
  }

  return { register, flag };
})();
