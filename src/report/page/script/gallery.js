// The gallery is sorted, filtered, and looked at in a larger view.
(() => {
  "use strict";

  const gallery = document.querySelector(".gallery");
  if (gallery === null) return;
  const printed = [...gallery.querySelectorAll("figure")];
  const shown = () => [...gallery.querySelectorAll("figure:not([hidden])")];
  const iou = (figure) => Number(figure.dataset.iou);
  const collator = new Intl.Collator("en", { numeric: true });
  const ORDERS = [
    ["as printed", null],
    ["IoU, lowest first", (a, b) => iou(a) - iou(b)],
    ["IoU, highest first", (a, b) => iou(b) - iou(a)],
    ["id", (a, b) => collator.compare(a.dataset.image, b.dataset.image)],
  ];
  if (printed.length > 1) addControls();
  if (HTMLDialogElement.prototype.showModal) addView();

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function addControls() {
    const select = element("select", {}, ...ORDERS.map(([name]) => element("option", {}, name)));
    const input = element("input", { type: "search", autocomplete: "off" });
    const status = element("span", { role: "status" });
    gallery.before(element("div", { className: "controls" },
      element("label", {}, "Sort by ", select), element("label", {}, "Image id ", input), status));

    select.addEventListener("change", () => {
      const compare = ORDERS[select.selectedIndex][1];
      gallery.append(...(compare === null ? printed : [...printed].sort(compare)));
    });
    const filter = () => {
      const word = input.value.trim().toLowerCase();
      for (const figure of printed) figure.hidden = !figure.dataset.image.toLowerCase().includes(word);
      status.textContent = word === "" ? "" : `${shown().length} of ${printed.length} images`;
    };
    input.addEventListener("input", filter);
    gallery.addEventListener("reveal", () => {
      input.value = "";
      filter();
    });
  }

  function addView() {
    const frame = element("div", { className: "frame" });
    const caption = element("div", { className: "caption" });
    const place = element("span", { role: "status" });
    const button = (name, act) => {
      const made = element("button", { type: "button" }, name);
      made.addEventListener("click", act);
      return made;
    };
    const dialog = element("dialog", { className: "larger", ariaLabel: "Larger view" }, frame, caption,
      element("div", { className: "controls" }, toggle("truth"), toggle("prediction"),
        button("\u2190 Previous", () => step(-1)), button("Next \u2192", () => step(1)), place,
        button("Close", () => dialog.close())));
    document.body.append(dialog);
    let current = null;

    function toggle(kind) {
      const box = element("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => frame.classList.toggle(`without-${kind}`, !box.checked));
      return element("label", {}, box, ` ${kind}`);
    }

    function show(figure) {
      current = figure;
      const picture = figure.querySelector(".picture").cloneNode(true);
      for (const made of picture.querySelectorAll("button")) made.remove();
      frame.replaceChildren(picture);
      caption.replaceChildren(...figure.querySelector("figcaption").cloneNode(true).childNodes);
      const figures = shown();
      place.textContent = `${figures.indexOf(figure) + 1} of ${figures.length}`;
      if (!dialog.open) dialog.showModal();
    }

    function step(by) {
      const figures = shown();
      show(figures[(figures.indexOf(current) + by + figures.length) % figures.length]);
    }

    dialog.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      step(by);
    });
    dialog.addEventListener("close", () => current.querySelector(".enlarge").focus());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    for (const figure of printed) {
      const enlarge = button("", () => show(figure));
      enlarge.className = "enlarge";
      enlarge.setAttribute("aria-label", `Enlarge ${figure.dataset.image}`);
      figure.querySelector(".picture").append(enlarge);
    }
  }
})();
