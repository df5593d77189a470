// What is chosen on a page is in its address, after the #: it can be linked, and works without a server.
"use strict";

const address = (() => {
  function read() {
    return new URLSearchParams(location.hash.slice(1));
  }

  // Keeps what is not named; null takes a name out.
  function write(changes) {
    const parameters = read();
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") parameters.delete(name);
      else parameters.set(name, value);
    }
    const hash = parameters.toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
  }

  // Fills a select with [value, label] pairs, or {label, options} groups; chooses `wanted` if it is there.
  function fill(select, entries, wanted) {
    select.replaceChildren(
      ...entries.map((entry) => {
        if (Array.isArray(entry)) return option(entry);
        const group = document.createElement("optgroup");
        group.label = entry.label;
        group.append(...entry.options.map(option));
        return group;
      }),
    );
    if (wanted !== null && wanted !== undefined && [...select.options].some((each) => each.value === wanted)) select.value = wanted;
  }

  function option([value, label]) {
    const element = document.createElement("option");
    element.value = value;
    element.textContent = label;
    return element;
  }

  return { read, write, fill };
})();
