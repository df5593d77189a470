// A case's history: what is chosen, what is drawn, what the cursor reads.
"use strict";

(async () => {
  const find = (id) => document.getElementById(id);
  const [runsFile, cases] = await Promise.all([data.load("runs"), data.load("cases")]);
  words.learn(runsFile.figures);
  const runs = new Map(runsFile.runs.map((run) => [run.id, run]));
  const WATCHED = "watched";
  const FEWEST_ZOOMED = 3;
  const MOST_TABLE_ROWS = 400;
  let shown = null; // the case's file
  let range = [0, 0];
  let cursor = 0;

  const plot = nightsPlot.create(find("plot"), { onCursor: read, onZoom: zoom, onKey: key });
  const ratioPlot = nightsPlot.create(find("ratio-plot"), { onCursor: read, onZoom: zoom });

  const zoomIn = button("Zoom in", () => zoomBy(0.5));
  const zoomOut = button("Zoom out", () => zoomBy(2));
  const whole = button("All nights", () => zoom(0, count() - 1));
  const hint = document.createElement("span");
  hint.className = "hint";
  hint.textContent = "Drag to zoom. Keys on the plot: ← → night, + − zoom, 0 all.";
  find("tools").append(zoomIn, zoomOut, whole, ...save.buttons(plot.drawing, () => `history-${find("case").value}`), hint);

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  const count = () => shown.runs.length;
  const run = (index) => runs.get(shown.runs[index]);

  // ---- what is chosen

  function offerCases() {
    const machine = find("machine").value;
    const groups = new Map();
    for (const each of cases.filter((one) => one.machine === machine)) {
      const label = each.phase.replaceAll("_", " ");
      if (!groups.has(label)) groups.set(label, []);
      groups.get(label).push([each.slug, each.comparison]);
    }
    address.fill(find("case"), [...groups].map(([label, options]) => ({ label, options })), address.read().get("case"));
  }

  async function showCase() {
    const [machine, slug] = [find("machine").value, find("case").value];
    if (!slug) return;
    const loaded = await data.load(`history/${machine}/${slug}`);
    if (find("machine").value !== machine || find("case").value !== slug) return; // another was chosen while this came
    shown = loaded;
    const wanted = address.read();
    range = [bounded(wanted.get("from"), 0), bounded(wanted.get("to"), count() - 1)];
    if (range[0] >= range[1]) range = [0, count() - 1];
    cursor = range[1];
    const names = [...new Set(shown.sides.flatMap((side) => Object.keys(side.figures)))].sort();
    const first = shown.sides.some((side) => side.quantity === "memory") ? "bytes" : "time a step";
    address.fill(find("figure"), [[WATCHED, first], ...names.map((name) => [name, words.figure(name)])], wanted.get("figure"));
    const nights = shown.runs.map((id, index) => [id, `${words.day(runs.get(id).when)} · ${words.hash(runs.get(id).commit)} ${runs.get(id).subject}`.slice(0, 90), index]);
    address.fill(find("baseline"), [["", "nothing: the values themselves"], ...nights.reverse().map(([id, label]) => [id, label])], wanted.get("baseline"));
    write();
    draw();
    tellChanges();
  }

  function bounded(text, fallback) {
    const index = Number.parseInt(text ?? "", 10);
    return Number.isInteger(index) && index >= 1 && index <= count() ? index - 1 : fallback;
  }

  function write() {
    const all = range[0] === 0 && range[1] === count() - 1;
    address.write({
      machine: find("machine").value,
      case: find("case").value,
      figure: find("figure").value === WATCHED ? null : find("figure").value,
      baseline: find("baseline").value || null,
      from: all ? null : range[0] + 1,
      to: all ? null : range[1] + 1,
    });
  }

  // ---- what is drawn

  function columns(side) {
    const figure = find("figure").value;
    if (figure === WATCHED) return { values: side.value, low: side.low, high: side.high };
    const values = side.figures[figure] ?? Array(count()).fill(null);
    return { values, low: values, high: values };
  }

  function divided(side) {
    const found = columns(side);
    const baseline = find("baseline").value;
    if (!baseline) return found;
    const at = shown.runs.indexOf(baseline);
    const unit = found.values[at];
    const divide = (values) => values.map((value) => (value === null || !unit ? null : value / unit));
    return { values: divide(found.values), low: divide(found.low), high: divide(found.high) };
  }

  function draw() {
    const figure = find("figure").value;
    const relative = find("baseline").value !== "";
    const quantity = shown.sides.find((side) => side.quantity !== "none")?.quantity ?? "time";
    const unit = figure === WATCHED ? quantity : figure;
    const series = shown.sides.map((side) => {
      const found = divided(side);
      const own = shown.changes.filter((change) => change.framework === side.framework);
      return {
        index: side.colour,
        title: side.title,
        ...found,
        noise: figure === WATCHED ? noise(found.values, side.noise, own) : [],
        disturbed: new Set(side.disturbed),
        failed: Object.keys(side.outcomes).map(Number),
      };
    });
    const changes = figure !== WATCHED ? [] : shown.changes.map((change) => ({
      ...change,
      values: series[shown.sides.findIndex((side) => side.framework === change.framework)].values,
      short: words.percent(change.share),
      text: changeText(change),
    }));
    find("plot-title").textContent = shown.comparison;
    find("plot-lede").textContent = lede(figure, relative);
    const ticks = shown.runs.map((_, index) => ({ commit: words.hash(run(index).commit).slice(0, 7), day: words.shortDay(run(index).when), subject: run(index).subject }));
    const environment = shown.environment.map(({ at, changes: found }) => ({ at, text: found.map(environmentText).join("; ") }));
    const name = figure === WATCHED ? (quantity === "memory" ? "bytes" : "time a step") : words.figure(figure);
    plot.draw(
      {
        title: relative ? `${name}, relative to ${words.hash(runs.get(find("baseline").value).commit)}` : `${name}: median and quartiles`,
        label: `${shown.comparison}: ${name} over ${count()} nights`,
        attributes: { tabindex: 0, role: "slider", "aria-valuemin": range[0] + 1, "aria-valuemax": range[1] + 1, "aria-orientation": "horizontal" },
        format: relative ? (value) => words.digits(value) : (value) => words.value(unit, value),
        one: relative ? 1 : null,
        ticks,
        series,
        changes,
        environment,
      },
      range,
    );
    drawRatio(ticks, environment);
    zoomIn.disabled = range[1] - range[0] <= FEWEST_ZOOMED;
    whole.disabled = zoomOut.disabled = range[0] === 0 && range[1] === count() - 1;
    read(cursor);
    tell();
  }

  function drawRatio(ticks, environment) {
    const { estimate, low, high } = shown.ratio;
    const there = estimate.some((value) => value !== null);
    find("ratio-plot").hidden = !there;
    if (!there) return;
    const [first, second] = shown.sides.map((side) => side.title);
    const series = { index: 0, title: "ratio", values: estimate, low, high, noise: [], disturbed: new Set(), failed: [], className: "ratio-band", lineClass: "ratio-line", dotClass: "ratio-dot" };
    ratioPlot.draw(
      {
        title: find("ratio-plot").clientWidth < 560 ? `${first} / ${second}` : `${first} / ${second}: below 1 ${first} costs less`,
        label: `Ratio of ${first} to ${second} over ${count()} nights`,
        attributes: { role: "img" },
        format: (value) => words.digits(value),
        one: 1,
        ticks,
        series: [series],
        changes: [],
        environment,
      },
      range,
    );
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

  function lede(figure, relative) {
    const bands = shown.sides.filter((side) => side.noise);
    const said = [];
    if (relative) said.push("1 is the chosen night.");
    if (figure === WATCHED && bands.length) {
      const reach = bands.map((side) => `±${(100 * side.noise.log_reach).toFixed(1)}% ${side.title}`).join(", ");
      said.push(`Wide band: noise (${reach}), ${bands.every((side) => side.noise.measured) ? "measured head against itself" : "as successive nights differ"}.`);
    }
    if (figure === WATCHED) said.push("Narrow band: quartiles of the night’s rounds.");
    if (shown.sides.some((side) => side.disturbed.length)) said.push("Hollow: disturbed by other processes.");
    if (shown.environment.length) said.push("Dotted: driver, framework or experiment changed.");
    if (shown.sides.some((side) => Object.keys(side.outcomes).length)) said.push("×: no number.");
    return said.join(" ") || "On a logarithmic scale.";
  }

  const environmentText = (change) => (change.framework ? `${change.framework}, ${change.text}` : change.text);
  const sideTitle = (framework) => shown.sides.find((side) => side.framework === framework)?.title ?? framework;
  const changeText = (change) => `${sideTitle(change.framework)} became ${change.word}: ${words.percent(change.share)} (${words.percent(change.low)} to ${words.percent(change.high)})`;

  // ---- what the cursor reads

  function read(index) {
    cursor = Math.min(Math.max(index, range[0]), range[1]);
    const night = run(cursor);
    const figure = find("figure").value;
    const unit = (side) => (figure === WATCHED ? side.quantity : figure);
    const values = shown.sides.map((side) => {
      const { values: all, low, high } = columns(side);
      const value = all[cursor];
      const outcome = side.outcomes[cursor];
      const spread = figure === WATCHED && value !== null && low[cursor] !== high[cursor] ? ` (${words.value(unit(side), low[cursor])} – ${words.value(unit(side), high[cursor])})` : "";
      const relative = find("baseline").value && value !== null ? `, ${words.percent(divided(side).values[cursor] - 1)}` : "";
      const note = side.disturbed.includes(cursor) ? ", disturbed" : "";
      return { colour: side.colour, title: side.title, text: outcome ? outcome.replaceAll("_", " ") : `${words.value(unit(side), value)}${spread}${relative}${note}` };
    });
    const ratio = shown.ratio.estimate[cursor];
    const around = shown.environment.filter((each) => each.at === cursor).flatMap((each) => each.changes.map(environmentText));
    const changes = shown.changes.filter((change) => change.at === cursor).map(changeText);
    const spoken = [`${words.day(night.when)}, ${words.hash(night.commit)}`, ...values.map((each) => `${each.title} ${each.text}`), ...changes, ...around].join("; ");
    plot.mark(cursor, spoken);
    ratioPlot.mark(cursor);
    find("readout").replaceChildren(headline(night), valueLine(values, ratio), small([...changes, ...around].join(" · ")));
  }

  function headline(night) {
    const line = document.createElement("p");
    const commit = document.createElement(night.link ? "a" : "code");
    commit.textContent = words.hash(night.commit);
    commit.className = "hash";
    if (night.link) commit.href = night.link;
    const subject = document.createElement("strong");
    subject.textContent = ` ${night.subject} `;
    const when = document.createElement("span");
    when.className = "quiet";
    when.textContent = [words.day(night.when), night.author, night.branch && `on ${night.branch}`].filter(Boolean).join(" · ");
    line.append(commit, subject, when);
    return line;
  }

  function valueLine(values, ratio) {
    const line = document.createElement("p");
    line.className = "values";
    for (const { colour, title, text } of values) {
      const part = document.createElement("span");
      const key = document.createElement("span");
      key.className = `key key-${colour}`;
      key.setAttribute("aria-hidden", "true");
      part.append(key, `${title} ${text}`);
      line.append(part);
    }
    if (ratio !== null && ratio !== undefined) {
      const part = document.createElement("span");
      part.textContent = `ratio ${ratio.toFixed(2)} (${shown.ratio.low[cursor].toFixed(2)} – ${shown.ratio.high[cursor].toFixed(2)})`;
      line.append(part);
    }
    return line;
  }

  function small(text) {
    const line = document.createElement("p");
    line.className = "quiet";
    line.textContent = text;
    return line;
  }

  function key(event) {
    const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) read(cursor + moves[event.key]);
    else if (event.key === "Home") read(range[0]);
    else if (event.key === "End") read(range[1]);
    else if (event.key === "+" || event.key === "=") zoomBy(0.5);
    else if (event.key === "-") zoomBy(2);
    else if (event.key === "0" || event.key === "Escape") zoom(0, count() - 1);
    else return;
    event.preventDefault();
  }

  function zoomBy(factor) {
    const nights = Math.max(FEWEST_ZOOMED, Math.round((range[1] - range[0]) * factor));
    const from = Math.max(0, Math.min(cursor - Math.round(nights / 2), count() - 1 - nights));
    zoom(from, Math.min(from + nights, count() - 1));
  }

  function zoom(from, to) {
    range = [from, Math.max(to, Math.min(from + 1, count() - 1))];
    write();
    draw();
  }

  // ---- what is said beside the drawing

  function tellChanges() {
    const entries = [
      ...shown.changes.map((change) => ({ at: change.at, text: changeText(change), className: change.worse ? "worse-text" : "better-text" })),
      ...shown.environment.map(({ at, changes }) => ({ at, text: changes.map(environmentText).join("; "), className: "" })),
    ].sort((a, b) => b.at - a.at);
    find("changes").replaceChildren(
      ...entries.map(({ at, text, className }) => {
        const item = document.createElement("li");
        const when = document.createElement("span");
        when.className = "quiet";
        when.textContent = words.day(run(at).when);
        const what = document.createElement("span");
        what.className = className;
        what.textContent = text;
        const where = document.createElement("code");
        where.textContent = ` ${words.hash(run(at).commit)} `;
        item.append(when, what, where, run(at).subject);
        return item;
      }),
    );
    if (!entries.length) find("changes").append(Object.assign(document.createElement("li"), { className: "quiet", textContent: "Nothing: no level shifted, no driver, framework or experiment changed." }));
  }

  function tell() {
    if (!find("table-details").open) {
      find("table").replaceChildren();
      return;
    }
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const title of ["night", "commit", ...shown.sides.map((side) => side.title), "ratio"]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let index = range[1]; index >= Math.max(range[0], range[1] - MOST_TABLE_ROWS); index -= 1) {
      const row = body.insertRow();
      const figure = find("figure").value;
      const values = shown.sides.map((side) => side.outcomes[index] ?? words.value(figure === WATCHED ? side.quantity : figure, columns(side).values[index]));
      const ratio = shown.ratio.estimate[index];
      for (const text of [words.day(run(index).when), `${words.hash(run(index).commit)} ${run(index).subject}`, ...values, ratio === null ? words.NOTHING : ratio.toFixed(2)]) row.insertCell().textContent = text;
    }
    find("table").replaceChildren(table);
  }

  find("table-details").addEventListener("toggle", tell);
  find("case").addEventListener("change", () => {
    address.write({ from: null, to: null, figure: null, baseline: null, case: find("case").value });
    showCase();
  });
  find("machine").addEventListener("change", () => {
    address.write({ from: null, to: null, baseline: null, machine: find("machine").value });
    offerCases();
    showCase();
  });
  for (const id of ["figure", "baseline"]) {
    find(id).addEventListener("change", () => {
      write();
      draw();
    });
  }
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", start);

  function start() {
    const machine = address.read().get("machine");
    const known = find("machine").tagName !== "SELECT" || [...find("machine").options].some((each) => each.value === machine);
    if (machine && known && find("machine").tagName === "SELECT") find("machine").value = machine;
    offerCases();
    return showCase();
  }

  await start();
})();
