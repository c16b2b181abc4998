// A table is copied as the text of one of its files.
(() => {
  "use strict";

  const order = ["LaTeX", "Markdown", "CSV"];
  const templates = [...document.querySelectorAll("template.copy")];
  for (const sheet of document.querySelectorAll(".sheet")) {
    const name = sheet.id.replace("table-", "");
    const own = templates.filter((template) => template.dataset.table === name);
    if (own.length > 0) addButtons(sheet.querySelector(".files"), own);
  }

  function addButtons(files, own) {
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    const buttons = document.createElement("span");
    buttons.className = "copies";
    buttons.append("Copy: ");
    own.sort((a, b) => order.indexOf(a.dataset.format) - order.indexOf(b.dataset.format));
    for (const template of own) {
      const format = template.dataset.format;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = format;
      button.setAttribute("aria-label", `Copy as ${format}`);
      button.addEventListener("click", () => copy(template.content.textContent, format, status));
      buttons.append(button, " ");
    }
    buttons.append(status);
    files.append(" ", buttons);
  }

  async function copy(text, format, status) {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = `${format} copied`;
    } catch {
      // Browsers may refuse: then the reader copies from a box.
      status.textContent = "";
      show(text, format);
    }
  }

  function show(text, format) {
    const dialog = document.createElement("dialog");
    dialog.className = "copy";
    dialog.setAttribute("aria-label", `The table as ${format}`);
    const note = document.createElement("p");
    note.textContent = `The browser doesn\u2019t let the page copy. The ${format} is selected: copy it with Ctrl+C.`;
    const area = document.createElement("textarea");
    area.readOnly = true;
    area.rows = 12;
    area.value = text;
    area.setAttribute("aria-label", format);
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(note, area, close);
    document.body.append(dialog);
    dialog.showModal();
    area.focus();
    area.select();
  }
})();
