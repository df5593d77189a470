// How figures are written, the same as in `words.py`.
"use strict";

const words = (() => {
  const MIB = 2 ** 20;
  const NOTHING = "–";
  let titles = {};

  // The figures' names as people write them come with the runs: `words.py` has them.
  function learn(known) {
    titles = known;
  }

  function figure(name) {
    return Object.hasOwn(titles, name) ? titles[name] : name.replace(/_(seconds|bytes)$/, "").replaceAll("_", " ");
  }

  function digits(number) {
    if (Math.abs(number) >= 1000) return Math.round(number).toLocaleString("en-GB");
    if (number !== 0 && Math.abs(number) < 1e-4) return number.toExponential(2).replace(/\.?0*e-(\d+)$/, (_, power) => `e-${power.padStart(2, "0")}`);
    return String(Number(number.toPrecision(3)));
  }

  function seconds(number) {
    if (number === null || number === undefined) return NOTHING;
    for (const [unit, factor] of [["s", 1], ["ms", 1e3], ["µs", 1e6]]) {
      if (number * factor >= 1) return `${number * factor < 999.5 ? digits(number * factor) : Math.round(number * factor)} ${unit}`;
    }
    return number > 0 ? `${digits(number * 1e9)} ns` : "0 s";
  }

  function size(number) {
    if (number === null || number === undefined) return NOTHING;
    return `${Math.abs(number) >= 10 * MIB ? Math.round(number / MIB).toLocaleString("en-GB") : (number / MIB).toFixed(2)} MiB`;
  }

  function value(name, number) {
    if (number === null || number === undefined) return NOTHING;
    if (name.endsWith("_bytes") || name === "memory") return size(number);
    if (name === "time" || (name.includes("seconds") && !name.endsWith("_per_second"))) return seconds(number);
    if (/^(accelerator_utilisation_at_|share_of_limit|overlap)|_(share|utilisation|accuracy)$/.test(name)) return `${(100 * number).toFixed(1)}%`;
    const unit = name.endsWith("_per_second") ? "/s" : name.startsWith("joules") ? " J" : "";
    return digits(number) + unit;
  }

  function percent(share, places = 1) {
    const text = (100 * Math.abs(share)).toFixed(places);
    return `${share < 0 ? "−" : "+"}${text}%`;
  }

  const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

  return {
    learn,
    figure,
    value,
    percent,
    seconds,
    digits,
    NOTHING,
    day: (when) => DAY.format(new Date(when)),
    shortDay: (when) => SHORT_DAY.format(new Date(when)),
    hash: (commit) => (commit ? commit.slice(0, 10) : "unknown"),
  };
})();
