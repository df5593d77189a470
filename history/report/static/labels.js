// How days, commits and changes are written.
"use strict";

const labels = (() => {
  const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

  function percent(share, places = 1) {
    const text = (100 * Math.abs(share)).toFixed(places);
    return `${share < 0 ? "−" : "+"}${text}%`;
  }

  return {
    percent,
    day: (when) => DAY.format(new Date(when)),
    shortDay: (when) => SHORT_DAY.format(new Date(when)),
    hash: (commit) => (commit ? commit.slice(0, 10) : "unknown"),
    title: (run) => [run.unfinished, run.subject].filter(Boolean).join(" · "), // what else tells a run from others
    outcome: (name) => name.replaceAll("_", " "),
  };
})();
