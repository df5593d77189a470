// A case's history: what is chosen, what is drawn, what the cursor reads.
"use strict";

(async () => {
  const find = (id) => document.getElementById(id);
  const [runsFile, cases] = await Promise.all([data.load("runs"), data.load("cases")]);
  const runs = new Map(runsFile.runs.map((run) => [run.id, run]));
  const { WATCHED } = historyModel;
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
  hint.textContent = "Drag to zoom. Keys: n, p the next and the previous case; on the plot ← → night, + − zoom, 0 all.";
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
  const choice = () => ({ figure: find("figure").value, baseline: find("baseline").value });
  const figureOf = (side) => (find("figure").value === WATCHED ? side.watched : runsFile.figures[find("figure").value]); // how it is written

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
    const first = shown.sides[0].watched.title;
    const others = names.map((name) => [name, runsFile.figures[name].title]).filter(([, title]) => title !== first);
    address.fill(find("figure"), [[WATCHED, first], ...others], wanted.get("figure"));
    const nights = shown.runs.map((id, index) => [id, `${labels.day(runs.get(id))} · ${labels.hash(runs.get(id).commit)} ${labels.title(runs.get(id))}`.slice(0, 90), index]);
    address.fill(find("baseline"), [["", "nothing: the values themselves"], ...nights.reverse().map(([id, label]) => [id, label])], wanted.get("baseline"));
    write();
    draw();
    find("changes").replaceChildren(...historyWords.timeline(shown, run));
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

  function draw() {
    const { figure, baseline } = choice();
    find("plot-title").textContent = shown.comparison;
    find("plot-lede").textContent = historyWords.lede(shown, figure === WATCHED, Boolean(baseline));
    for (const id of ["plot", "tools"]) find(id).hidden = count() < 2; // of one night there is no line: the readout has its values
    const around = {
      ticks: shown.runs.map((_, index) => ({ commit: labels.hash(run(index).commit, 7), day: labels.shortDay(run(index)), subject: run(index).subject })),
      environment: shown.environment.map(({ at, changes }) => ({ at, text: changes.map(historyWords.environmentText).join("; ") })),
      changeText: (change) => historyWords.changeText(shown, change),
      baseline: baseline && labels.hash(runs.get(baseline).commit),
    };
    const attributes = { tabindex: 0, role: "slider", "aria-valuemin": range[0] + 1, "aria-valuemax": range[1] + 1, "aria-orientation": "horizontal" };
    plot.draw({ ...historyModel.values(shown, choice(), figureOf(shown.sides[0]), around), attributes }, range);
    find("ratio-plot").hidden = !shown.ratios.length || count() < 2;
    if (shown.ratios.length) ratioPlot.draw(historyModel.ratios(shown, find("ratio-plot").clientWidth, around), range);
    zoomIn.disabled = range[1] - range[0] <= FEWEST_ZOOMED;
    whole.disabled = zoomOut.disabled = range[0] === 0 && range[1] === count() - 1;
    read(cursor);
    tell();
  }

  // ---- what the cursor reads

  function read(index) {
    cursor = Math.min(Math.max(index, range[0]), range[1]);
    const night = run(cursor);
    const values = shown.sides.map((side) => ({ colour: side.colour, title: side.title, text: valueText(side) }));
    const around = shown.environment.filter((each) => each.at === cursor).flatMap((each) => each.changes.map(historyWords.environmentText));
    const changes = shown.changes.filter((change) => change.at === cursor).map((change) => historyWords.changeText(shown, change));
    const spoken = [`${labels.day(night)}, ${labels.hash(night.commit)}`, ...values.map((each) => `${each.title} ${each.text}`), ...changes, ...around].join("; ");
    plot.mark(cursor, spoken);
    ratioPlot.mark(cursor);
    find("readout").replaceChildren(historyWords.headline(night), historyWords.valueLine([...values, ...ratioTexts()]), historyWords.small([...changes, ...around].join(" · ")));
  }

  function valueText(side) {
    const outcome = side.outcomes[cursor];
    if (outcome) return labels.outcome(outcome);
    const { figure, baseline } = choice();
    const { values, low, high } = historyModel.columns(shown, side, figure);
    const value = values[cursor];
    const write = (number) => figures.written(figureOf(side), number);
    const said = figures.withUnit(figureOf(side), value);
    const spread = figure === WATCHED && value !== null && low[cursor] !== high[cursor] ? ` (${write(low[cursor])} – ${write(high[cursor])})` : "";
    const relative = baseline && value !== null ? `, ${labels.percent(historyModel.divided(shown, side, choice()).values[cursor] - 1)}` : "";
    return `${said}${spread}${relative}${side.disturbed.includes(cursor) ? ", disturbed" : ""}`;
  }

  function ratioTexts() {
    const there = shown.ratios.filter((ratio) => ratio.estimate[cursor] !== null);
    const several = shown.ratios.length > 1; // one alone is drawn in no framework's colour
    return there.map(({ title, colour, estimate, low, high }) => ({ title, colour: several ? colour : undefined, text: `${estimate[cursor].toFixed(2)} (${low[cursor].toFixed(2)} – ${high[cursor].toFixed(2)})` }));
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

  // The case before or after the one that is shown; where there is none, nothing.
  function step(places) {
    const select = find("case");
    const next = select.selectedIndex + places;
    if (next < 0 || next >= select.options.length) return;
    select.selectedIndex = next;
    select.dispatchEvent(new Event("change", { bubbles: true }));
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

  // ---- the nights as a table

  function tell() {
    if (!find("table-details").open) {
      find("table").replaceChildren();
      return;
    }
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const title of ["night", "commit", ...shown.sides.map((side) => side.title), ...shown.ratios.map((ratio) => ratio.title)]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let index = range[1]; index >= Math.max(range[0], range[1] - MOST_TABLE_ROWS); index -= 1) {
      const row = body.insertRow();
      const values = shown.sides.map((side) => side.outcomes[index] ?? figures.written(figureOf(side), historyModel.columns(shown, side, choice().figure).values[index]));
      const ratios = shown.ratios.map(({ estimate }) => estimate[index]?.toFixed(2) ?? figures.NOTHING);
      for (const text of [labels.day(run(index)), `${labels.hash(run(index).commit)} ${labels.title(run(index))}`, ...values, ...ratios]) row.insertCell().textContent = text;
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
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input")) return; // there letters choose
    if (event.key === "n") step(1);
    else if (event.key === "p") step(-1);
  });
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
