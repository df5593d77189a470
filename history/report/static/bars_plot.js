// Shares as bars from zero, each with its interval: the limit is 1, and a line.
"use strict";

const barsPlot = (() => {
  const ROW = 30;
  const MARGIN = { left: 190, right: 64, top: 16, bottom: 44 };

  function draw(container, picture) {
    const width = container.clientWidth;
    const longest = Math.max(...picture.bars.map((bar) => bar.label.length));
    const left = Math.max(width < 520 ? 136 : MARGIN.left, 18 + 7.5 * longest);
    const right = width - MARGIN.right;
    const bottom = MARGIN.top + ROW * picture.bars.length;
    const most = Math.max(1, ...picture.bars.filter((bar) => bar.share).map((bar) => bar.share.high)) * 1.02;
    const x = (share) => left + (share / most) * (right - left);
    const drawing = svg.element("svg", { viewBox: `0 0 ${width} ${bottom + MARGIN.bottom}`, role: "img", "aria-label": `${picture.title}. ${picture.summary}` });
    for (const tick of svg.ticks(0, most, Math.floor((right - left) / 70))) {
      drawing.append(svg.line(x(tick), MARGIN.top - 6, x(tick), bottom, tick === 0 ? "axis" : "grid"));
      drawing.append(svg.text(`${Math.round(100 * tick)}%`, x(tick), bottom + 18, "middle"));
    }
    drawing.append(svg.line(x(1), MARGIN.top - 6, x(1), bottom, "one"), svg.text(picture.x, right, bottom + 36, "end"));
    picture.bars.forEach((bar, index) => {
      const top = MARGIN.top + ROW * index;
      const middle = top + ROW / 2;
      drawing.append(svg.text(bar.label, left - 12, middle + 4, "end", bar.equal ? "strong" : ""));
      if (!bar.share) {
        drawing.append(svg.text("not called", left + 8, middle + 4));
        return;
      }
      const { estimate, low, high } = bar.share;
      const drawn = (share) => x(Math.max(0, share)); // what is below 0 has no room: its number says so
      drawing.append(svg.element("rect", { class: bar.equal ? `bar-${picture.colour}` : "bar-total", x: left, y: top + 6, width: drawn(estimate) - left, height: ROW - 12 }));
      drawing.append(svg.line(drawn(low), middle, drawn(high), middle, "whisker"));
      for (const end of [low, high]) drawing.append(svg.line(drawn(end), middle - 4, drawn(end), middle + 4, "whisker"));
      drawing.append(svg.text(`${(100 * estimate).toFixed(0)}%`, right + 12, middle + 4, "start", bar.equal ? "strong" : ""));
    });
    container.style.height = `${bottom + MARGIN.bottom + 2}px`;
    container.replaceChildren(drawing);
  }

  return { draw };
})();
