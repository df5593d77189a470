// How days, commits and changes are written.
"use strict";

const labels = (() => {
  const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
  const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

  function percent(share, places = 1) {
    const text = (100 * Math.abs(share)).toFixed(places);
    return `${share < 0 ? "−" : "+"}${text}%`;
  }

  return {
    percent,
    day: (when) => DAY.format(new Date(when)),
    shortDay: (when) => SHORT_DAY.format(new Date(when)),
    hash: (commit, digits = 10) => (HASH.test(commit ?? "") ? commit.slice(0, digits) : commit || "unknown"), // another name is whole
    title: (run) => [run.unfinished, run.subject].filter(Boolean).join(" · "), // what else tells a run from others
    outcome: (name) => name.replaceAll("_", " "),
  };
})();
