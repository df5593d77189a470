// Two runs side by side: what is chosen is in the address, the largest change comes first.
"use strict";

(async () => {
  const find = (id) => document.getElementById(id);
  const [file, cases] = await Promise.all([data.load("runs"), data.load("cases")]);
  const runs = [...file.runs].sort((a, b) => (a.when < b.when ? 1 : -1)); // the newest first
  const byId = new Map(runs.map((run) => [run.id, run]));
  const machines = new Map(file.machines.map((machine) => [machine.slug, machine.title]));
  const parts = new Map(cases.map((each) => [`${each.machine} ${each.comparison}`, each]));
  const titles = new Map(file.frameworks.map(({ name, title }) => [name, title]));
  const axis = (name) => find(`axis-${name}`);
  const ALL = "";
  const NOISE_SDS = 1.96 * Math.SQRT2; // the difference of two nights holds this much in 95 %

  const BAR = { width: 180, height: 14, most: Math.log(1.25) };

  function runLabel(run) {
    const machine = machines.size > 1 ? ` · ${machines.get(run.machine)}` : "";
    return `${labels.day(run)} · ${labels.hash(run.commit)} ${labels.title(run)}${machine}`.slice(0, 110);
  }

  function offer() {
    const wanted = address.read();
    const machine = wanted.get("machine") ?? ALL;
    const offered = runs.filter((run) => machine === ALL || run.machine === machine);
    const now = byId.has(wanted.get("now")) ? wanted.get("now") : offered[0].id;
    const before = byId.get(now).before || offered[offered.length - 1].id; // the last with a case in common
    const then = byId.has(wanted.get("then")) ? wanted.get("then") : before;
    const choices = offered.map((run) => [run.id, runLabel(run)]);
    for (const [id, value] of [["then", then], ["now", now]]) {
      const there = choices.some(([each]) => each === value) ? choices : [[value, runLabel(byId.get(value))], ...choices];
      address.fill(find(id), there, value);
    }
    address.fill(find("machine"), [[ALL, "all"], ...machines], machine);
    for (const { name, values } of file.axes) {
      address.fill(axis(name), [[ALL, "all"], ...values.map((value) => [value.name, value.title])], wanted.get(name));
    }
    find("beyond").checked = wanted.get("beyond") === "1";
  }

  async function show() {
    const [then, now] = [byId.get(find("then").value), byId.get(find("now").value)];
    const [before, after] = await Promise.all([then, now].map((run) => data.load(`runs/${run.id}`)));
    if (find("then").value !== then.id || find("now").value !== now.id) return; // others were chosen while these came
    const old = new Map(before.comparison.map((comparison, index) => [`${before.framework[index]} ${comparison}`, index]));
    const rows = after.comparison
      .map((comparison, index) => row(then, now, comparison, after, index, before, old.get(`${after.framework[index]} ${comparison}`)))
      .filter((each) => each !== null && chosen(each));
    rows.sort((a, b) => Math.abs(b.change ?? -1) - Math.abs(a.change ?? -1));
    find("table").tBodies[0].replaceChildren(...rows.map((each) => drawn(each)));
    const compared = rows.filter((each) => each.change !== null);
    const beyond = compared.filter((each) => each.beyond);
    const worse = beyond.filter((each) => each.worse).length;
    const apart = rows.filter((each) => each.reason).length;
    const others = apart ? `, ${apart} of them not compared, as another figure was measured` : "";
    find("summary").textContent = `${compared.length + apart} cases in both runs${others}; beyond their noise: ${worse} worse, ${beyond.length - worse} better.`;
    find("models").textContent = models(then, now);
    find("differences").replaceChildren(...differences(then, now).map((text) => Object.assign(document.createElement("li"), { className: "quiet", textContent: text })));
  }

  function row(then, now, comparison, after, index, before, other) {
    const framework = after.framework[index];
    const part = parts.get(`${now.machine} ${comparison}`);
    const values = other === undefined ? [null, after.value[index]] : [before.value[other], after.value[index]];
    const how = after.hows[after.how[index]];
    const measured = values.every((value) => value > 0);
    const former = measured ? before.hows[before.how[other]] : how;
    const reason = former.name === how.name ? "" : `not compared: then ${figureTitle(former)}, now ${figureTitle(how)}`;
    const change = measured && !reason ? Math.log(values[1] / values[0]) : null;
    const sd = part?.night_sd[framework];
    const outcome = [other === undefined ? (then.unfinished ? "not measured: the run is unfinished" : "not in this run") : before.outcome[other], after.outcome[index]];
    return { comparison, framework, part, hows: [former, how], values, change, reason, worse: change > 0 !== how.higher_is_better, outcome, beyond: change !== null && sd !== undefined && Math.abs(change) > NOISE_SDS * sd };
  }

  // Of what a case is watched by. Meters are told apart by their own titles.
  function figureTitle(how) {
    return file.figures[how.name]?.title ?? how.title;
  }

  function chosen(each) {
    const fits = file.axes.every(({ name }) => {
      const wanted = axis(name).value;
      return wanted === ALL || (name === "framework" ? each.framework : each.part?.[name]) === wanted;
    });
    return fits && (!find("beyond").checked || each.beyond);
  }

  function drawn(each) {
    const made = document.createElement("tr");
    const heads = [...find("table").tHead.rows[0].cells].map((cell) => cell.textContent); // a phone shows them beside each value
    const name = document.createElement("th");
    name.scope = "row";
    const link = document.createElement("a");
    link.textContent = each.comparison;
    link.href = `history.html#machine=${each.part?.machine ?? ""}&case=${each.part?.slug ?? ""}`;
    name.append(link);
    made.append(name);
    made.insertCell().textContent = titles.get(each.framework) ?? each.framework;
    each.values.forEach((value, index) => {
      const cell = made.insertCell();
      cell.className = "number";
      cell.textContent = value === null && each.outcome[index] !== "ok" ? labels.outcome(each.outcome[index]) : figures.withUnit(each.hows[index], value);
    });
    const change = made.insertCell();
    change.className = each.reason ? "reason quiet" : `number ${each.beyond ? (each.worse ? "worse-text" : "better-text") : "quiet"}`;
    change.textContent = each.reason ? each.reason : each.change === null ? figures.NOTHING : labels.percent(Math.expm1(each.change));
    made.insertCell().append(bar(each));
    [...made.cells].slice(1, -1).forEach((cell, index) => cell.setAttribute("data-label", heads[index + 1]));
    return made;
  }

  function bar(each) {
    const middle = BAR.width / 2;
    const reach = Math.min(Math.abs(each.change ?? 0) / BAR.most, 1) * (middle - 2);
    const className = each.beyond ? (each.worse ? "bar-worse" : "bar-better") : "bar-noise";
    const shape = svg.element("rect", { x: (each.change ?? 0) < 0 ? middle - reach : middle, y: 2, width: reach, height: BAR.height - 4, class: className });
    return svg.element("svg", { width: BAR.width, height: BAR.height, "aria-hidden": "true" }, shape, svg.line(middle, 0, middle, BAR.height, "bar-zero"));
  }

  // Of both runs: a model compares only with itself.
  function models(then, now) {
    const both = Object.entries({ ...then.models, ...now.models });
    const only = (name) => (!Object.hasOwn(then.models, name) ? " (only now)" : !Object.hasOwn(now.models, name) ? " (only then)" : "");
    return both.length ? `${both.length === 1 ? "Model" : "Models"}: ${both.map(([name, title]) => `${title}${only(name)}`).join(", ")}` : "";
  }

  // What one of the two does not tell is no difference.
  function differences(then, now) {
    const machine = then.machine === now.machine ? [] : [["machine", machines.get(then.machine), machines.get(now.machine)]];
    const fields = Object.keys(then.told).filter((name) => name in now.told && then.told[name] !== now.told[name]);
    return [...machine, ...fields.map((name) => [name, then.told[name], now.told[name]])].map(([name, before, after]) => `Not the same ${name}: ${before} → ${after}`);
  }

  function write() {
    const filters = Object.fromEntries(file.axes.map(({ name }) => [name, axis(name).value || null]));
    address.write({ then: find("then").value, now: find("now").value, machine: find("machine").value || null, ...filters, beyond: find("beyond").checked ? "1" : null });
  }

  find("controls").addEventListener("submit", (event) => event.preventDefault());
  find("controls").addEventListener("change", (event) => {
    write();
    if (event.target.id === "machine") {
      address.write({ then: null, now: null });
      offer();
      write();
    }
    show();
  });
  addEventListener("hashchange", () => {
    offer();
    show();
  });
  offer();
  write();
  await show();
})();
