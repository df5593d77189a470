// The attribution waterfall: the ratio at the first rung, what each further one did to it, and what is left.
"use strict";

const waterfall = (() => {
  const ROW = 34;
  const MARGIN = { left: 150, right: 90, top: 34, bottom: 50 };

  function draw(container, picture) {
    const steps = picture.steps;
    const width = container.clientWidth;
    const narrow = width < 520;
    const left = narrow ? 104 : MARGIN.left;
    const right = width - (narrow ? 58 : MARGIN.right);
    const height = MARGIN.top + ROW * steps.length + MARGIN.bottom;
    const logs = steps.flatMap((step) => [Math.log(step.low), Math.log(step.high), 0]);
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const pad = 0.06 * Math.max(high - low, 0.1);
    const x = (log) => left + ((log - low + pad) / (high - low + 2 * pad)) * (right - left);
    const drawing = svg.element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${picture.title}. ${picture.summary}` });
    const bottom = height - MARGIN.bottom;
    for (const tick of ratioTicks(Math.exp(low - pad), Math.exp(high + pad), Math.floor((right - left) / 70))) {
      const place = x(Math.log(tick));
      drawing.append(svg.line(place, MARGIN.top - 6, place, bottom, tick === 1 ? "one" : "grid"));
      drawing.append(svg.text(figures.plain(tick), place, bottom + 18, "middle"));
    }
    const { numerator, denominator } = picture;
    drawing.append(svg.text(`${numerator.title} / ${denominator.title}`, right, height - 8, "end"));
    const [gainsDenominator, gainsNumerator] = [denominator, numerator].map(({ colour }) => `bar-${colour}`);
    const gains = [[gainsDenominator, `gains ${denominator.title}`], [gainsNumerator, `gains ${numerator.title}`]];
    gains.forEach(([className, label], index) => {
      const place = (narrow ? 14 : left) + index * (narrow ? 140 : 170);
      drawing.append(svg.element("rect", { class: className, x: place, y: 9, width: 10, height: 10 }), svg.text(label, place + 16, 18));
    });
    steps.forEach((step, index) => {
      const top = MARGIN.top + ROW * index;
      const now = Math.log(step.estimate);
      const before = index ? Math.log(steps[index - 1].estimate) : 0;
      const total = index === 0 || index === steps.length - 1;
      const [from, to] = index === steps.length - 1 ? [0, now] : [before, now];
      const className = total ? "bar-total" : now > before ? gainsDenominator : gainsNumerator;
      drawing.append(svg.text(step.label, left - 12, top + ROW / 2 + 4, "end", total ? "strong" : ""));
      drawing.append(svg.element("rect", { class: className, x: Math.min(x(from), x(to)), width: Math.max(Math.abs(x(to) - x(from)), 1.5), y: top + 7, height: ROW - 14 }));
      if (step.low < step.high) drawing.append(svg.line(x(Math.log(step.low)), top + ROW / 2, x(Math.log(step.high)), top + ROW / 2, "whisker"));
      if (index < steps.length - 1) drawing.append(svg.line(x(now), top + ROW - 7, x(now), top + ROW + 7, "connector"));
      const factor = total ? step.estimate.toFixed(2) : `× ${Math.exp(now - before).toFixed(2)}`;
      drawing.append(svg.text(factor, right + 10, top + ROW / 2 + 4, "start", total ? "strong" : ""));
    });
    container.style.height = `${height + 2}px`;
    container.replaceChildren(drawing);
  }

  function ratioTicks(low, high, count) {
    const ladder = [0.1, 0.2, 0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 8, 10];
    const wide = ladder.filter((tick) => tick >= low && tick <= high);
    if (wide.length >= 3 && wide.length <= count) return wide;
    return wide.length > count ? wide.filter((tick) => [0.1, 0.25, 0.5, 1, 2, 4, 10].includes(tick)) : svg.ticks(low, high, Math.min(count, 6)).filter((tick) => tick > 0);
  }

  return { draw };
})();
