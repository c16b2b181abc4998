// Sections, tables, charts, pictures and rows have links to themselves; what a link leads to is never filtered away.
(() => {
  "use strict";

  const link = (target, what) => {
    const made = document.createElement("a");
    made.className = "permalink";
    made.href = `#${target.id}`;
    made.textContent = "#";
    made.title = `Link to this ${what}`;
    made.dataset.name = target.id;
    return made;
  };
  for (const section of document.querySelectorAll("section[id]")) section.prepend(link(section, "section"));
  for (const sheet of document.querySelectorAll(".sheet[id]")) sheet.prepend(link(sheet, "table"));
  for (const figure of document.querySelectorAll("figure[id]")) figure.prepend(link(figure, "figure"));
  for (const row of document.querySelectorAll("tbody tr[id]")) {
    row.querySelector("th").append(" ", link(row, "row"));
  }

  const go = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null) return;
    const fold = target.closest("details:not([open])");
    if (fold !== null) {
      fold.open = true;
      target.scrollIntoView({ block: "center" });
    }
    if (!target.hidden) return;
    target.dispatchEvent(new Event("reveal", { bubbles: true }));
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", go);
  go();
})();
