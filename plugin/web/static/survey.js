/* Notes whether a hand pressed: how often the pointer moved or keys were pressed, and how long the last press took.
 * The server judges (plugin/surveys/gesture.py). Whoever runs no script gets one more step instead. */
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
  document.addEventListener("submit", function (event) {
    var field = event.target.elements.gesture;
    var count = kind === "key" ? keys : moves;
    if (field) field.value = [kind, count, Math.round(hold), Math.round(performance.now())].join(" ");
  });
})();
