// How figures are written, by their unit: the same as in `harness/record/figure.py`. Titles, units and digits come with the data.
"use strict";

const figures = (() => {
  const MIB = 2 ** 20;
  const NOTHING = "–";

  // figure: {title, unit, digits}; digits may be null.
  function written(figure, number) {
    if (number === null || number === undefined) return NOTHING;
    const digits = figure.digits ?? undefined;
    switch (figure.unit) {
      case "seconds":
        return seconds(number);
      case "milliseconds":
        return (1e3 * number).toFixed(digits ?? 2);
      case "bytes":
        return size(number, digits);
      case "bandwidth":
        return `${size(number, digits)}/s`;
      case "share":
        return `${(100 * number).toFixed(digits ?? 1)}%`;
      case "rate":
        return number < 999.5 ? significant(number, 3) : whole(number);
      case "count":
        return whole(number);
      case "joules":
        return `${significant(number, 3)} J`;
      case "truth":
        return number ? "yes" : "no";
      default:
        return Math.abs(number) < 999.5 ? significant(number, digits ?? 3) : whole(number);
    }
  }

  // A rate is written without its unit, which is its title: images/s.
  function withUnit(figure, number) {
    const text = written(figure, number);
    return figure.unit === "rate" && text !== NOTHING ? `${text} ${figure.title}` : text;
  }

  function seconds(number) {
    for (const [unit, factor] of [["s", 1], ["ms", 1e3], ["µs", 1e6]]) {
      if (number * factor >= 1) return `${number * factor < 999.5 ? significant(number * factor, 3) : Math.round(number * factor)} ${unit}`;
    }
    if (number < 0) return `-${seconds(-number)}`; // a difference
    return number ? `${significant(number * 1e9, 3)} ns` : "0 s";
  }

  function size(number, digits = Math.abs(number) >= 10 * MIB || number === 0 ? 0 : 2) {
    return `${(number / MIB).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })} MiB`;
  }

  function whole(number) {
    return Math.round(number).toLocaleString("en-GB");
  }

  // As Python's format "g" has it.
  function significant(number, digits) {
    if (number === 0) return "0";
    const [mantissa, power] = number.toExponential(digits - 1).split("e");
    if (power >= -4 && power < digits) return String(Number(number.toPrecision(digits)));
    return `${Number(mantissa)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }

  // Of an axis' tick, or of a number without a unit.
  function plain(number) {
    return written({ unit: "number", digits: null }, number);
  }

  return { NOTHING, written, withUnit, plain };
})();
