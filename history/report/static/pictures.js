// Each picture of the newest run: drawn, in words, as a table, and as a file.
"use strict";

(async () => {
  const find = (id) => document.getElementById(id);
  const asWritten = (picture) => picture.table;
  const KINDS = { waterfall: { draw: waterfall.draw, rows: asWritten }, strategies: { draw: barsPlot.draw, rows: asWritten }, scaling: { draw: linesPlot.draw, rows: asWritten }, efficiency: { draw: linesPlot.draw, rows: asWritten }, exchange: { draw: barsPlot.draw, rows: asWritten }, curve: linesPlot, sweep: linesPlot };
  const MISSING = [
    ["waterfall", "Attribution: no ladder of sources was measured in this run."],
    ["strategies", "Ways to load images: only the matched and the stock one were measured in this run, or none."],
    ["scaling", "Worker scaling: not measured in this run."],
    ["efficiency", "Efficiency by ranks: no case of several ranks was measured in this run beside one of a single rank."],
    ["exchange", "Exchange as part of the step: no case of several ranks was measured in this run."],
    ["curve", "Memory over time: no device memory was sampled in this run."],
    ["sweep", "Batch sweep: not measured in this run."],
  ];

  async function show() {
    const machine = find("machine").value;
    const pictures = await data.load(`pictures/${machine}`);
    if (find("machine").value !== machine) return; // another was chosen while these came
    const missing = MISSING.filter(([kind]) => !pictures.some((picture) => picture.kind === kind));
    find("pictures").replaceChildren();
    for (const picture of pictures) find("pictures").append(figure(picture));
    for (const [, text] of missing) find("pictures").append(Object.assign(document.createElement("p"), { className: "quiet", textContent: text }));
    for (const picture of pictures) {
      const plot = find(picture.id);
      new ResizeObserver(() => KINDS[picture.kind].draw(plot, picture)).observe(plot);
      KINDS[picture.kind].draw(plot, picture);
    }
  }

  function figure(picture) {
    const made = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const heading = document.createElement("h2");
    heading.textContent = picture.title;
    caption.append(heading, Object.assign(document.createElement("p"), { className: "lede", textContent: picture.summary }));
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.id = picture.id;
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.append(...save.buttons(() => plot.querySelector("svg"), () => picture.id));
    const details = document.createElement("details");
    details.append(Object.assign(document.createElement("summary"), { textContent: "As a table" }), table(KINDS[picture.kind].rows(picture)));
    made.append(caption, plot, tools, details);
    return made;
  }

  function table({ head, body, texts = [0] }) {
    const made = document.createElement("table");
    const heads = made.createTHead().insertRow();
    head.forEach((text, index) => heads.append(Object.assign(document.createElement("th"), { scope: "col", textContent: text, className: texts.includes(index) ? "" : "number" })));
    const rows = made.createTBody();
    for (const cells of body) {
      const row = rows.insertRow();
      cells.forEach((text, index) => (row.insertCell().textContent = text));
      [...row.cells].forEach((cell, index) => cell.classList.toggle("number", !texts.includes(index)));
    }
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.append(made);
    return scroll;
  }

  find("machine").addEventListener("change", () => {
    address.write({ machine: find("machine").value });
    show();
  });
  const wanted = address.read().get("machine");
  if (wanted && find("machine").tagName === "SELECT" && [...find("machine").options].some((each) => each.value === wanted)) find("machine").value = wanted;
  await show();
})();
