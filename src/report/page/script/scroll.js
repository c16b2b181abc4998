// A table that goes on to a side has a shadow there.
(() => {
  "use strict";

  for (const box of document.querySelectorAll(".scroll")) {
    const shade = () => {
      const right = box.scrollWidth - box.clientWidth - box.scrollLeft;
      box.classList.toggle("more-left", box.scrollLeft > 1);
      box.classList.toggle("more-right", right > 1);
    };
    box.addEventListener("scroll", shade, { passive: true });
    new ResizeObserver(shade).observe(box);
  }
})();
