// Details of a cell, which a click opens without script, too, also show on hover and on focus by keyboard.
(() => {
  "use strict";

  const OPEN_AFTER = 150;
  const CLOSE_AFTER = 250;

  for (const button of document.querySelectorAll("button.more[popovertarget]")) {
    const details = document.getElementById(button.getAttribute("popovertarget"));
    if (details.showPopover) follow(button, details);
  }

  function follow(button, details) {
    // What was clicked stays; what was hovered or focused goes with it.
    let pinned = false;
    let timer = 0;
    const isOpen = () => details.matches(":popover-open");
    const soon = (after, act) => {
      clearTimeout(timer);
      timer = setTimeout(act, after);
    };
    const show = () => {
      clearTimeout(timer);
      if (!isOpen()) details.showPopover({ source: button });
    };
    const leave = () => soon(CLOSE_AFTER, () => {
      if (!pinned && isOpen()) details.hidePopover();
    });
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") soon(OPEN_AFTER, show);
    });
    button.addEventListener("pointerleave", leave);
    details.addEventListener("pointerenter", () => clearTimeout(timer));
    details.addEventListener("pointerleave", leave);
    button.addEventListener("focus", () => {
      if (button.matches(":focus-visible")) show();
    });
    button.addEventListener("blur", leave);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (pinned) {
        details.hidePopover();
      } else {
        show();
        pinned = true;
      }
    });
    details.addEventListener("toggle", (event) => {
      if (event.newState === "closed") pinned = false;
    });
  }
})();
