// Elements of a drawing, scales and their ticks.
"use strict";

const svg = (() => {
  const SPACE = "http://www.w3.org/2000/svg";

  function element(name, attributes = {}, ...children) {
    const made = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function text(content, x, y, anchor = "start", className = "") {
    return element("text", { x, y, "text-anchor": anchor, class: className }, String(content));
  }

  function line(x1, y1, x2, y2, className) {
    return element("line", { x1, y1, x2, y2, class: className });
  }

  // A point of a line: each framework has a shape as well as a colour.
  function mark(colour, x, y, size, className = `dot-${colour}`) {
    if (colour === 1) return element("rect", { class: className, x: x - size, y: y - size, width: 2 * size, height: 2 * size });
    if (colour === 2) return element("path", { class: className, d: `M${x} ${y - 1.2 * size}l${1.2 * size} ${2.2 * size}h${-2.4 * size}z` });
    return element("circle", { class: className, cx: x, cy: y, r: size });
  }

  // Round numbers between two bounds, about `count` of them.
  function ticks(low, high, count) {
    const rough = (high - low) / Math.max(count, 1);
    if (!(rough > 0)) return [low];
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
    const found = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) found.push(Math.abs(tick) < step * 1e-9 ? 0 : tick);
    return found;
  }

  // A path through the points that are there; a gap where one is not.
  function path(points) {
    let drawn = "";
    let down = false;
    for (const point of points) {
      if (point === null) down = false;
      else {
        drawn += `${down ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
        down = true;
      }
    }
    return drawn;
  }

  // The area between two lines over the same places; a gap where either is missing.
  function area(upper, lower) {
    let drawn = "";
    let start = 0;
    for (let index = 0; index <= upper.length; index += 1) {
      if (index < upper.length && upper[index] !== null && lower[index] !== null) continue;
      if (index > start) {
        const there = upper.slice(start, index);
        const back = lower.slice(start, index).reverse();
        drawn += `${path([...there, ...back])}Z`;
      }
      start = index + 1;
    }
    return drawn;
  }

  return { element, text, line, mark, ticks, path, area };
})();
