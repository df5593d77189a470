// A drawing as a file: SVG with its colours written into it, or a PNG of twice its size.
"use strict";

const save = (() => {
  const WRITTEN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity", "paint-order", "font-family", "font-size", "font-weight"];

  // A copy that looks the same without the page's style sheet.
  function standalone(drawing) {
    const copy = drawing.cloneNode(true);
    const originals = [drawing, ...drawing.querySelectorAll("*")];
    const copies = [copy, ...copy.querySelectorAll("*")];
    originals.forEach((original, index) => {
      const computed = getComputedStyle(original);
      for (const name of WRITTEN) copies[index].setAttribute(name, computed.getPropertyValue(name));
      for (const name of ["class", "tabindex", "role"]) copies[index].removeAttribute(name);
    });
    const { width, height } = drawing.getBoundingClientRect();
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const ground = svg.element("rect", { width: "100%", height: "100%", fill: getComputedStyle(drawing.parentElement).backgroundColor });
    copy.prepend(ground);
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  }

  function asSvg(drawing, name) {
    download(new Blob([standalone(drawing).text], { type: "image/svg+xml" }), `${name}.svg`);
  }

  async function asPng(drawing, name) {
    const { text, width, height } = standalone(drawing);
    const source = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * width;
    canvas.height = 2 * height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(source);
    canvas.toBlob((blob) => download(blob, `${name}.png`), "image/png");
  }

  function download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // Two buttons for the drawing that `find` gives at the time.
  function buttons(find, name) {
    return [["SVG", asSvg], ["PNG", asPng]].map(([label, write]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Save ${label}`;
      button.addEventListener("click", () => write(find(), name()));
      return button;
    });
  }

  return { buttons };
})();
