/* Notes whether a hand pressed: how often the pointer moved or keys were pressed, and how long the last press took.
 * Tells so once when somebody begins to answer, and with the answer. The server judges (plugin/surveys/gesture.py). Whoever runs no script gets one more step instead. */
(function () {
  "use strict";

  var kind = "";
  var moves = 0;
  var keys = 0;
  var began = 0;
  var hold = 0;

  function watch(name, note) {
    document.addEventListener(name, function (event) {
      if (event.isTrusted) note(event);
    }, { capture: true, passive: true });
  }

  function begin(event) {
    began = event.timeStamp;
  }

  watch("pointermove", function () {
    moves += 1;
  });
  watch("pointerdown", begin);
  watch("pointerup", function (event) {
    kind = event.pointerType;
    hold = event.timeStamp - began;
  });
  watch("keydown", function (event) {
    if (!event.repeat) begin(event);
  });
  watch("keyup", function (event) {
    kind = "key";
    keys += 1;
    hold = event.timeStamp - began;
  });

  function claim() {
    var count = kind === "key" ? keys : moves;
    return [kind, count, Math.round(hold), Math.round(performance.now())].join(" ");
  }

  document.addEventListener("submit", function (event) {
    var field = event.target.elements.gesture;
    if (field) field.value = claim();
  });

  var told = false;

  function tell(form) {
    var nonce = form && form.elements.nonce;
    if (told || !nonce || !nonce.value) return;
    told = true;
    // Not before a page is as old as the server wants it, and after the key or the button came up.
    setTimeout(function () {
      var body = new URLSearchParams({ nonce: nonce.value, gesture: claim() });
      fetch(location.pathname + "/begun", { method: "POST", body: body, keepalive: true }).catch(function () {});
    }, Math.max(300, 1000 - performance.now()));
  }

  watch("input", function (event) {
    tell(event.target.form);
  });
})();
