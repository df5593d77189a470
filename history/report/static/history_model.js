// What the plots of a case's history are given. `shown` is the case's file; `choice` is the figure, and the night that is 1.
"use strict";

const historyModel = (() => {
  const WATCHED = "watched";
  const RATIO = { className: "ratio-band", lineClass: "ratio-line", dotClass: "ratio-dot" }; // of one ratio: no framework's colour
  const NARROW = 560;

  const nights = (shown) => shown.runs.length;

  function columns(shown, side, figure) {
    if (figure === WATCHED) return { values: side.value, low: side.low, high: side.high };
    const values = Object.hasOwn(side.figures, figure) ? side.figures[figure] : Array(nights(shown)).fill(null);
    return { values, low: values, high: values };
  }

  function divided(shown, side, choice) {
    const found = columns(shown, side, choice.figure);
    if (!choice.baseline) return found;
    const unit = found.values[shown.runs.indexOf(choice.baseline)];
    const divide = (values) => values.map((value) => (value === null || !unit ? null : value / unit));
    return { values: divide(found.values), low: divide(found.low), high: divide(found.high) };
  }

  function series(shown, choice) {
    return shown.sides.map((side) => {
      const found = divided(shown, side, choice);
      const own = shown.changes.filter((change) => change.framework === side.framework);
      return {
        index: side.colour,
        title: side.title,
        ...found,
        noise: choice.figure === WATCHED ? noise(found.values, side.noise, own) : [],
        disturbed: new Set(side.disturbed),
        failed: Object.keys(side.outcomes).map(Number),
      };
    });
  }

  // The A/A band: around each level, as wide as nights differ while nothing changes.
  function noise(values, band, changes) {
    if (!band) return [];
    const starts = [0, ...changes.map((change) => change.at).sort((a, b) => a - b)];
    return starts.flatMap((start, index) => {
      const end = starts[index + 1] ?? values.length;
      const present = values.slice(start, end).filter((value) => value > 0).sort((a, b) => a - b);
      if (!present.length) return [];
      const level = present[Math.floor(present.length / 2)];
      return [{ start, end, low: level * Math.exp(-band.log_reach), high: level * Math.exp(band.log_reach) }];
    });
  }

  // figure: how the values are called and written. around: ticks, environment, and what is said of each change.
  function values(shown, choice, figure, around) {
    const drawn = series(shown, choice);
    const relative = Boolean(choice.baseline);
    const changes = choice.figure !== WATCHED ? [] : shown.changes.map((change) => ({
      ...change,
      values: drawn[shown.sides.findIndex((side) => side.framework === change.framework)].values,
      short: labels.percent(change.share),
      text: around.changeText(change),
    }));
    return {
      title: relative ? `${figure.title}, relative to ${around.baseline}` : `${figure.title}: median and quartiles`,
      label: `${shown.comparison}: ${figure.title} over ${nights(shown)} nights`,
      format: relative ? figures.plain : (value) => figures.written(figure, value),
      one: relative ? 1 : null,
      ticks: around.ticks,
      series: drawn,
      changes,
      environment: around.environment,
    };
  }

  // A line for each side that the reference was compared with.
  function ratios(shown, width, around) {
    const titles = shown.ratios.map((ratio) => ratio.title).join(" · ");
    const noted = new Map(); // titles by their note
    for (const { title, note } of shown.ratios) noted.set(note, [...(noted.get(note) ?? []), title]);
    return {
      title: width < NARROW ? titles : [...noted].map(([note, of]) => `${of.join(" · ")}: ${note}`).join("; "),
      label: `Ratio ${titles} over ${nights(shown)} nights`,
      attributes: { role: "img" },
      format: figures.plain,
      one: 1,
      ticks: around.ticks,
      series: shown.ratios.map(({ title, colour, estimate, low, high }) => ({
        ...{ index: colour, title, values: estimate, low, high, noise: [], disturbed: new Set(), failed: [] },
        ...(shown.ratios.length === 1 ? RATIO : {}),
      })),
      changes: [],
      environment: around.environment,
    };
  }

  return { WATCHED, columns, divided, values, ratios };
})();
