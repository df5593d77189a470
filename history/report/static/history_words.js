// What is said beside the drawing of a case's history.
"use strict";

const historyWords = (() => {
  const environmentText = (change) => (change.framework ? `${change.framework}, ${change.text}` : change.text);

  function changeText(shown, change) {
    const side = shown.sides.find((each) => each.framework === change.framework)?.title ?? change.framework;
    return `${side} became ${change.word}: ${labels.percent(change.share)} (${labels.percent(change.low)} to ${labels.percent(change.high)})`;
  }

  function lede(shown, watched, relative) {
    const model = shown.model ? `${shown.model}. ` : "";
    if (shown.runs.length < 2) return `${model}One night so far: a line begins with the second.`;
    const bands = shown.sides.filter((side) => side.noise);
    const said = [];
    if (relative) said.push("1 is the chosen night.");
    if (watched && bands.length) {
      const reach = bands.map((side) => `±${(100 * side.noise.log_reach).toFixed(1)}% ${side.title}`).join(", ");
      said.push(`Wide band: noise (${reach}), ${bands.every((side) => side.noise.measured) ? "measured head against itself" : "as successive nights differ"}.`);
    }
    if (watched) said.push("Narrow band: quartiles of the night’s rounds.");
    if (shown.sides.some((side) => side.disturbed.length)) said.push("Hollow: disturbed by other processes.");
    if (shown.environment.length) said.push("Dotted: driver, framework, model or experiment changed.");
    if (shown.sides.some((side) => Object.keys(side.outcomes).length)) said.push("×: no number.");
    return model + (said.join(" ") || "On a logarithmic scale.");
  }

  // Items of a list: what changed and when, the newest first.
  function timeline(shown, run) {
    const entries = [
      ...shown.changes.map((change) => ({ at: change.at, text: changeText(shown, change), className: change.worse ? "worse-text" : "better-text" })),
      ...shown.environment.map(({ at, changes }) => ({ at, text: changes.map(environmentText).join("; "), className: "" })),
    ].sort((a, b) => b.at - a.at);
    if (!entries.length) return [element("li", "quiet", "Nothing: no level shifted, no driver, framework, model or experiment changed.")];
    return entries.map(({ at, text, className }) => {
      const item = document.createElement("li");
      item.append(element("span", "quiet", labels.day(run(at))), element("span", className, text), element("code", "", ` ${labels.hash(run(at).commit)} `), run(at).subject);
      return item;
    });
  }

  function headline(night) {
    const line = document.createElement("p");
    const commit = element(night.link ? "a" : "code", "hash", labels.hash(night.commit));
    if (night.link) commit.href = night.link;
    const around = [labels.day(night), night.author, night.branch && `on ${night.branch}`].filter(Boolean).join(" · ");
    line.append(commit, element("strong", "", ` ${labels.title(night)} `), element("span", "quiet", around));
    return line;
  }

  // parts: {title, text, colour}; one without a colour has no key.
  function valueLine(parts) {
    const line = element("p", "values", "");
    for (const { colour, title, text } of parts) {
      const part = document.createElement("span");
      if (colour !== undefined) {
        const key = element("span", `key key-${colour}`, "");
        key.setAttribute("aria-hidden", "true");
        part.append(key);
      }
      part.append(`${title} ${text}`);
      line.append(part);
    }
    return line;
  }

  const small = (text) => element("p", "quiet", text);

  function element(name, className, text) {
    return Object.assign(document.createElement(name), { className, textContent: text });
  }

  return { environmentText, changeText, lede, timeline, headline, valueLine, small };
})();
