// The site's data, loaded as scripts: a page opened from a folder may not fetch, but it may load a script beside it.
"use strict";

const data = (() => {
  const waiting = new Map();
  const loaded = new Map();

  function load(name) {
    if (!loaded.has(name)) {
      loaded.set(
        name,
        new Promise((resolve, reject) => {
          waiting.set(name, resolve);
          const script = document.createElement("script");
          script.src = `data/${name}.js`;
          script.onerror = () => reject(new Error(`data/${name}.js cannot be read`));
          document.head.append(script);
        }),
      );
    }
    return loaded.get(name);
  }

  // Called by the data's own scripts. The content comes as text, so that nothing in it is ever code.
  function arrive(name, text) {
    const resolve = waiting.get(name);
    waiting.delete(name);
    if (resolve) resolve(JSON.parse(text));
  }

  return { load, arrive };
})();
