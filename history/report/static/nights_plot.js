// Values night by night on a logarithmic scale: lines with their spread, noise bands, failures, changes; zoomed by drag and by key.
"use strict";

const nightsPlot = (() => {
  const MARGIN = { left: 66, right: 18, top: 30, bottom: 44 };
  const LEAST_LOG_RANGE = Math.log(1.04); // a quiet case is a flat line, not a magnified noise
  const MOST_DOTS = 160;

  // `heard`: onCursor(index), onZoom(from, to). `model` is given to draw().
  function create(container, heard) {
    let model = null;
    let range = [0, 0];
    let cursor = null;
    let x = null;
    let drawing = null;
    let drag = null;

    function draw(nextModel, nextRange) {
      model = nextModel;
      range = nextRange;
      redraw();
    }

    function redraw() {
      if (!model) return;
      const hadFocus = drawing !== null && drawing === document.activeElement;
      const width = container.clientWidth;
      if (width === 0) return; // hidden
      const height = container.clientHeight;
      const [from, to] = range;
      const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
      const step = (inner.right - inner.left) / Math.max(to - from, 1);
      x = { at: (index) => (to === from ? (inner.left + inner.right) / 2 : inner.left + (index - from) * step), inner, step };
      const [low, high] = bounds(model, from, to);
      const y = (value) => inner.bottom - ((Math.log(value) - low) / (high - low)) * (inner.bottom - inner.top);

      drawing = svg.element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-label": model.label, ...model.attributes });
      drawing.append(svg.element("title", {}, model.label));
      drawing.append(svg.text(model.title, inner.left, 18, "start", "title"));
      axes(y, low, high, inner, from, to);
      const clip = svg.element("clipPath", { id: `${container.id}-clip` }, svg.element("rect", { x: inner.left - 5, y: inner.top - 8, width: inner.right - inner.left + 10, height: inner.bottom - inner.top + 16 }));
      const area = svg.element("g", { "clip-path": `url(#${container.id}-clip)` });
      drawing.append(clip, area);
      environments(area, inner, from, to);
      for (const series of model.series) bands(area, series, y, from, to);
      for (const series of model.series) lines(area, series, y, inner, from, to);
      changes(area, y, inner, from, to);
      const cursorLine = svg.line(0, inner.top, 0, inner.bottom, "cursor");
      cursorLine.setAttribute("visibility", "hidden");
      const brush = svg.element("rect", { class: "brush", y: inner.top, height: inner.bottom - inner.top, width: 0, x: 0 });
      drawing.append(brush, cursorLine);
      listen(drawing, brush, inner);
      container.replaceChildren(drawing);
      if (hadFocus) drawing.focus({ preventScroll: true });
      mark(cursor);
    }

    function axes(y, low, high, inner, from, to) {
      for (const tick of valueTicks(Math.exp(low), Math.exp(high), Math.max(3, Math.floor((inner.bottom - inner.top) / 48)))) {
        const place = y(tick);
        if (place < inner.top - 4 || place > inner.bottom + 1) continue;
        drawing.append(svg.line(inner.left, place, inner.right, place, tick === model.one ? "one" : "grid"));
        drawing.append(svg.text(model.format(tick), inner.left - 9, place + 4, "end"));
      }
      if (model.one && y(model.one) > inner.top && y(model.one) < inner.bottom) {
        drawing.append(svg.line(inner.left, y(model.one), inner.right, y(model.one), "one"));
      }
      drawing.append(svg.line(inner.left, inner.bottom, inner.right, inner.bottom, "axis"));
      const every = Math.max(1, Math.ceil(92 / Math.max(x.step, 0.01)));
      const first = Math.ceil(from / every) * every;
      for (let index = first; index <= to; index += every) {
        const place = x.at(index);
        const anchor = place + 40 > inner.right + MARGIN.right ? "end" : place - 40 < 0 ? "start" : "middle";
        drawing.append(svg.line(place, inner.bottom, place, inner.bottom + 4, "axis"));
        const commit = svg.text(model.ticks[index].commit, place, inner.bottom + 18, anchor, "strong");
        commit.append(svg.element("title", {}, model.ticks[index].subject));
        drawing.append(commit);
        drawing.append(svg.text(model.ticks[index].day, place, inner.bottom + 34, anchor));
      }
    }

    function environments(area, inner, from, to) {
      for (const { at, text } of model.environment) {
        if (at < from || at > to) continue;
        const place = x.at(at) - Math.min(x.step / 2, 8);
        const mark = svg.element("path", { class: "environment-mark", d: `M${place - 4} ${inner.top - 7}h8l-4 6z` }, svg.element("title", {}, text));
        area.append(svg.line(place, inner.top - 2, place, inner.bottom, "environment"), mark);
      }
    }

    function bands(area, series, y, from, to) {
      for (const { start, end, low, high } of series.noise) {
        if (end <= from || start > to) continue;
        const left = x.at(Math.max(start, from)) - (start > from ? x.step / 2 : 0);
        const right = x.at(Math.min(end - 1, to)) + (end - 1 < to ? x.step / 2 : 0);
        area.append(svg.element("rect", { class: `noise-${series.index}`, x: left, width: Math.max(right - left, 2), y: y(high), height: Math.max(y(low) - y(high), 1) }));
      }
      const upper = points(series.high, y, from, to);
      const lower = points(series.low, y, from, to);
      area.append(svg.element("path", { class: `${series.className ?? "spread"}${series.className ? "" : `-${series.index}`}`, d: svg.area(upper, lower) }));
    }

    function lines(area, series, y, inner, from, to) {
      const drawn = points(series.values, y, from, to);
      const line = svg.element("path", { class: series.lineClass ?? `line-${series.index}`, d: svg.path(drawn) });
      area.append(line);
      const alone = (index) => !drawn[index - 1] && !drawn[index + 1];
      drawn.forEach((point, offset) => {
        if (!point) return;
        const disturbed = series.disturbed.has(from + offset);
        if (to - from > MOST_DOTS && !disturbed && !alone(offset)) return;
        const size = to - from > 60 ? 2.1 : 3;
        const className = disturbed ? `hollow-${series.index}` : (series.dotClass ?? `dot-${series.index}`);
        area.append(svg.mark(series.dotClass ? 0 : series.index, ...point, size, className));
      });
      for (const at of series.failed) {
        if (at < from || at > to) continue;
        const place = x.at(at);
        const bottom = inner.bottom - 8 - 12 * series.index;
        area.append(svg.element("path", { class: "failed", d: `M${place - 4} ${bottom - 4}l8 8m0 -8l-8 8` }));
      }
    }

    function changes(area, y, inner, from, to) {
      for (const change of model.changes) {
        if (change.at < from || change.at > to) continue;
        const value = change.values[change.at];
        if (value === null || value === undefined) continue;
        const kind = change.worse ? "worse" : "better";
        const place = x.at(change.at);
        const base = y(value);
        const sign = change.worse ? -1 : 1;
        const tip = Math.min(Math.max(base + sign * 22, inner.top + 4), inner.bottom - 4);
        const title = svg.element("title", {}, change.text);
        area.append(svg.line(place, base, place, tip, `change-line-${kind}`));
        area.append(svg.element("path", { class: `change-${kind}`, d: `M${place - 6} ${tip - sign * 4}h12l-6 ${sign * 9}z` }, title));
        area.append(svg.text(change.short, place + 9, tip + 4, "start", "label"));
      }
    }

    function points(values, y, from, to) {
      const found = [];
      for (let index = from; index <= to; index += 1) {
        const value = values[index];
        found.push(value === null || value === undefined || !(value > 0) ? null : [x.at(index), y(value)]);
      }
      return found;
    }

    function listen(target, brush, inner) {
      const index = (event) => {
        const box = target.getBoundingClientRect();
        const place = Math.min(Math.max(event.clientX - box.left, inner.left), inner.right);
        return Math.round(range[0] + (place - inner.left) / (x.step || 1));
      };
      target.addEventListener("pointermove", (event) => {
        const at = Math.min(Math.max(index(event), range[0]), range[1]);
        if (drag === null) heard.onCursor(at);
        else {
          const [left, right] = [Math.min(drag, at), Math.max(drag, at)];
          brush.setAttribute("x", x.at(left));
          brush.setAttribute("width", x.at(right) - x.at(left));
        }
      });
      target.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        drag = Math.min(Math.max(index(event), range[0]), range[1]);
        target.setPointerCapture(event.pointerId);
      });
      target.addEventListener("pointerup", (event) => {
        const start = drag;
        drag = null;
        brush.setAttribute("width", 0);
        const at = Math.min(Math.max(index(event), range[0]), range[1]);
        if (start !== null && Math.abs(at - start) >= 1) heard.onZoom(Math.min(start, at), Math.max(start, at));
        else heard.onCursor(at);
      });
      target.addEventListener("pointercancel", () => {
        drag = null;
        brush.setAttribute("width", 0);
      });
      target.addEventListener("dblclick", () => heard.onZoom(0, model.ticks.length - 1));
      if (heard.onKey) target.addEventListener("keydown", (event) => heard.onKey(event));
    }

    // Shows the night that is read, here and in the drawing beside it.
    function mark(index, valueText) {
      cursor = index;
      const line = container.querySelector(".cursor");
      if (!line || index === null || index < range[0] || index > range[1]) {
        line?.setAttribute("visibility", "hidden");
        return;
      }
      line.setAttribute("x1", x.at(index));
      line.setAttribute("x2", x.at(index));
      line.setAttribute("visibility", "visible");
      if (drawing.getAttribute("role") === "slider") {
        drawing.setAttribute("aria-valuenow", index + 1);
        if (valueText) drawing.setAttribute("aria-valuetext", valueText);
      }
    }

    new ResizeObserver(redraw).observe(container);
    return { draw, mark, drawing: () => container.querySelector("svg") };
  }

  function bounds(model, from, to) {
    let low = Infinity;
    let high = -Infinity;
    for (const series of model.series) {
      for (const values of [series.values, series.low, series.high]) {
        for (let index = from; index <= to; index += 1) {
          const value = values[index];
          if (value > 0) {
            low = Math.min(low, value);
            high = Math.max(high, value);
          }
        }
      }
    }
    if (model.one) [low, high] = [Math.min(low, model.one), Math.max(high, model.one)];
    if (!(high > 0)) return [Math.log(0.5), Math.log(2)];
    const middle = (Math.log(low) + Math.log(high)) / 2;
    const reach = 0.56 * Math.max(Math.log(high / low), LEAST_LOG_RANGE);
    return [middle - reach, middle + reach];
  }

  // On a logarithmic scale: round numbers for a narrow range, 1 · 2 · 5 for a wide one.
  function valueTicks(low, high, count) {
    if (high / low < 4) return svg.ticks(low, high, count).filter((tick) => tick > 0);
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const digit of high / low > 1000 ? [1] : [1, 2, 5]) found.push(digit * 10 ** power);
    }
    return found.filter((tick) => tick >= low && tick <= high);
  }

  return { create };
})();
