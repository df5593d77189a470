// How days, commits and changes are written.
"use strict";

const labels = (() => {
  const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
  const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

  const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

  // A day names a run where it is the only one of that day; otherwise it needs its time.
  function dated(format, run) {
    const when = new Date(run.when);
    return run.alone ? format.format(when) : `${format.format(when)}, ${TIME.format(when)}`;
  }

  function percent(share, places = 1) {
    const text = (100 * Math.abs(share)).toFixed(places);
    return `${share < 0 ? "−" : "+"}${text}%`;
  }

  return {
    percent,
    day: (run) => dated(DAY, run),
    shortDay: (run) => dated(SHORT_DAY, run),
    hash: (commit, digits = 10) => (HASH.test(commit ?? "") ? commit.slice(0, digits) : commit || "unknown"), // another name is whole
    title: (run) => [run.unfinished, run.subject].filter(Boolean).join(" · "), // what else tells a run from others
    outcome: (name) => name.replaceAll("_", " "),
  };
})();
