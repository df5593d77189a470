// Reads out the point under the pointer or the keyboard. Without it the points' titles are there.
"use strict";

for (const part of document.querySelectorAll(".part")) {
  const reading = part.querySelector(".reading");
  const lines = [...part.querySelectorAll("g")].reverse().map((line) => [...line.querySelectorAll(".dot")]);
  let [line, place] = [0, 0];
  lines[0][0].tabIndex = 0;

  function read(event) {
    if (event.target.matches(".dot")) reading.textContent = event.target.getAttribute("aria-label");
  }

  function go(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    lines[line][place].tabIndex = -1;
    line = Math.min(Math.max(line + step[0], 0), lines.length - 1);
    place = Math.min(Math.max(place + step[1], 0), lines[line].length - 1);
    lines[line][place].tabIndex = 0;
    lines[line][place].focus();
  }

  part.addEventListener("pointerover", read);
  part.addEventListener("focusin", read);
  part.addEventListener("keydown", go);
}
