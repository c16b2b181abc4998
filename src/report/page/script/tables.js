// Tables are sorted by their headings and filtered by a word.
(() => {
  "use strict";

  // Tables with more rows have a box to filter them.
  const FEW = 6;
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const collator = new Intl.Collator("en", { numeric: true });

  for (const sheet of document.querySelectorAll(".sheet")) {
    const body = sheet.querySelector("tbody");
    const printed = [...body.rows];
    if (printed.length > 1) makeSortable(sheet, body, printed);
    if (printed.length > FEW) makeFilter(sheet, printed);
  }

  function makeSortable(sheet, body, printed) {
    const headings = [...sheet.querySelectorAll("thead th")];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const order = NEXT[heading.getAttribute("aria-sort") ?? "none"];
        for (const other of headings) other.removeAttribute("aria-sort");
        if (order !== "none") heading.setAttribute("aria-sort", order);
        body.append(...sorted(printed, column, order));
      });
    });
  }

  // Rows without a value come last in both directions; equal ones stay as printed.
  function sorted(printed, column, order) {
    if (order === "none") return printed;
    const sign = order === "ascending" ? 1 : -1;
    const keyed = printed.map((row) => ({ row, key: key(row.cells[column]) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * (typeof a.key === "number" ? a.key - b.key : collator.compare(a.key, b.key));
    });
    return keyed.map(({ row }) => row);
  }

  function key(cell) {
    if ("missing" in cell.dataset) return null;
    return "value" in cell.dataset ? Number(cell.dataset.value) : text(cell, ".details, .second, .sign");
  }

  function makeFilter(sheet, printed) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const status = document.createElement("span");
    input.type = "search";
    input.autocomplete = "off";
    label.append("Filter ", input);
    status.setAttribute("role", "status");
    const controls = document.createElement("div");
    controls.className = "controls";
    controls.append(label, status);
    sheet.prepend(controls);

    const words = printed.map((row) =>
      [...row.cells].map((cell) => text(cell, ".details").toLowerCase()));
    const filter = () => {
      const word = input.value.trim().toLowerCase();
      let shown = 0;
      printed.forEach((row, at) => {
        row.hidden = !words[at].some((cell) => cell.includes(word));
        shown += row.hidden ? 0 : 1;
      });
      status.textContent = word === "" ? "" : `${shown} of ${printed.length} rows`;
    };
    input.addEventListener("input", filter);
    sheet.addEventListener("reveal", () => {
      input.value = "";
      filter();
    });
  }

  // What is read in a cell, without the parts that are selected.
  function text(cell, without) {
    const copy = cell.cloneNode(true);
    for (const part of copy.querySelectorAll(without)) part.remove();
    return copy.textContent.trim();
  }
})();
