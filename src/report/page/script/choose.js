// One of several charts at a time, where a group of them is to be chosen from.
(() => {
  for (const group of document.querySelectorAll("[data-choose]")) {
    const charts = [...group.querySelectorAll("[data-option]")];
    if (charts.length < 2) continue;
    const select = document.createElement("select");
    for (const chart of charts) select.add(new Option(chart.dataset.option, chart.id));
    const label = document.createElement("label");
    label.className = "choose controls";
    label.append(`Which ${group.dataset.choose}: `, select);
    group.before(label);
    const show = () => {
      for (const chart of charts) chart.hidden = chart.id !== select.value;
    };
    // A link to one of them shows it.
    const follow = () => {
      const chart = charts.find((chart) => `#${chart.id}` === location.hash);
      if (!chart) return;
      select.value = chart.id;
      show();
      chart.scrollIntoView();
    };
    select.addEventListener("change", show);
    addEventListener("hashchange", follow);
    show();
    follow();
  }
})();
