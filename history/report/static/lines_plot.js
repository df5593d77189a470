// A figure against a number: workers, ranks, seconds, batch sizes. From zero, so that heights compare.
"use strict";

const linesPlot = (() => {
  const MARGIN = { left: 66, right: 22, top: 52, bottom: 44 };
  const MOST_DOTS = 40;
  const MOST_ROWS = 40;

  function draw(container, picture) {
    const width = container.clientWidth;
    const doubling = picture.kind === "sweep" || picture.kind === "efficiency";
    const legend = placed(picture.series, width);
    const top = MARGIN.top + legend.height;
    const height = 320 + legend.height;
    const place = doubling ? Math.log2 : (value) => value;
    const xs = picture.series.flatMap((series) => [...series.x, ...(series.refused ? [series.refused] : [])]).map(place);
    const most = Math.max(...picture.series.flatMap((series) => [...series.y, ...(series.high ?? [])])) * 1.06 || 1;
    const [low, high] = [Math.min(...xs), Math.max(...xs)];
    const inner = { left: MARGIN.left, right: width - MARGIN.right, top, bottom: height - MARGIN.bottom };
    const x = (value) => (high === low ? (inner.left + inner.right) / 2 : inner.left + ((place(value) - low) / (high - low)) * (inner.right - inner.left));
    const y = (value) => inner.bottom - (value / most) * (inner.bottom - inner.top);
    const drawing = svg.element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${picture.title}. ${picture.summary}` });
    for (const tick of svg.ticks(0, most, 5)) {
      drawing.append(svg.line(inner.left, y(tick), inner.right, y(tick), tick === 0 ? "axis" : "grid"));
      drawing.append(svg.text(figures.plain(tick), inner.left - 9, y(tick) + 4, "end"));
    }
    const marks = doubling || picture.kind === "scaling" ? [...new Set(picture.series.flatMap((series) => [...series.x, ...(series.refused ? [series.refused] : [])]))].sort((a, b) => a - b) : svg.ticks(low, high, 8);
    let lastPlace = -Infinity;
    for (const tick of marks) {
      if (x(tick) - lastPlace < 34) continue;
      lastPlace = x(tick);
      drawing.append(svg.text(figures.plain(tick), x(tick), inner.bottom + 18, "middle"));
    }
    drawing.append(svg.text(picture.x, inner.right, inner.bottom + 36, "end"), svg.text(picture.y, inner.left, inner.top - 12, "start", "title"));
    picture.series.forEach((series, index) => {
      drawing.append(svg.element("path", { class: `line-${series.colour}${series.dashed ? " dashed" : ""}`, d: svg.path(series.x.map((value, at) => [x(value), y(series.y[at])])) }));
      if (series.x.length <= MOST_DOTS) series.x.forEach((value, at) => drawing.append(svg.mark(series.colour, x(value), y(series.y[at]), 3.3)));
      (series.high ?? []).forEach((high, at) => {
        if (high !== null) drawing.append(...whisker(x(series.x[at]), y(series.low[at]), y(high)));
      });
      if (series.refused) drawing.append(svg.element("path", { class: "failed", d: `M${x(series.refused) - 5} ${inner.bottom - 14 - 14 * index}l10 10m0 -10l-10 10` }, svg.element("title", {}, `${series.title}: out of memory at ${series.refused}`)));
      const [left, line] = legend.places[index];
      drawing.append(svg.mark(series.colour, left + 5, line - 4, 3.3), svg.text(series.title, left + 16, line, "start", "strong"));
    });
    container.style.height = `${height + 2}px`;
    container.replaceChildren(drawing);
  }

  // Where each series' title stands: in as many lines as the width asks for.
  function placed(series, width) {
    const places = [];
    let [left, line] = [MARGIN.left, 19];
    for (const each of series) {
      const wide = 40 + 8 * each.title.length;
      if (left > MARGIN.left && left + wide - 24 > width) [left, line] = [MARGIN.left, line + 18];
      places.push([left, line]);
      left += wide;
    }
    return { places, height: line - 19 };
  }

  function whisker(at, low, high) {
    return [svg.line(at, low, at, high, "whisker"), ...[low, high].map((end) => svg.line(at - 4, end, at + 4, end, "whisker"))];
  }

  // Thinned where there are many points; the highest always stays.
  function rows(picture) {
    const values = [...new Set(picture.series.flatMap((series) => series.x))].sort((a, b) => a - b);
    const peaks = new Set(picture.series.map((series) => series.x[series.y.indexOf(Math.max(...series.y))]));
    const every = Math.ceil(values.length / MOST_ROWS);
    const refused = picture.series.filter((series) => series.refused).map((series) => [figures.plain(series.refused), ...picture.series.map((each) => (each === series ? "out of memory" : figures.NOTHING))]);
    const shown = values.filter((value, index) => index % every === 0 || peaks.has(value));
    const figure = (series, value) => {
      const index = series.x.indexOf(value);
      return index < 0 ? figures.NOTHING : figures.plain(series.y[index]);
    };
    return {
      head: [picture.x, ...picture.series.map((series) => `${series.title}, ${picture.y}`)],
      body: [...shown.map((value) => [figures.plain(value), ...picture.series.map((series) => figure(series, value))]), ...refused],
    };
  }

  return { draw, rows };
})();
