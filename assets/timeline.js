// The timeline with a mouse and with the arrow keys. Every loan and every gap is a link already; this only adds to them:
// a click in a long gap takes the week under the pointer, dragging takes the days dragged over, the arrow keys walk the grid.
// Days come from data-start (the Monday of the first column); a gap's place from its classes. Nothing here writes markup.
(() => {
  const DAY = 864e5;
  let drag = null, sel = null;

  const box = () => document.querySelector(".tl-box");
  const bar = () => document.querySelector(".pickbar");
  const date = (column) => {
    const start = Date.parse(box().dataset.start + "T00:00:00Z");
    return new Date(start + (Math.floor(column / 5) * 7 + (column % 5)) * DAY);
  };
  const iso = (day) => day.toISOString().slice(0, 10);
  const say = (day) => day.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  const number = (el, name) => parseInt(getComputedStyle(el).getPropertyValue(name), 10);

  // The first and last column of a gap, both inclusive, counted from 0: what stands before it says its width.
  const span = (gap) => {
    let first = 0;
    for (let el = gap.previousElementSibling; el; el = el.previousElementSibling) if (el.matches("a, i")) first += number(el, "--s");
    return [first, first + number(gap, "--s") - 1];
  };
  const columnAt = (gap, x) => {
    const [first, last] = span(gap), place = gap.getBoundingClientRect();
    return Math.min(last, Math.max(first, first + Math.floor(((x - place.left) / place.width) * (last - first + 1))));
  };
  // The school week under a column, as far as it is free.
  const week = (gap, column) => {
    const [first, last] = span(gap), monday = column - (column % 5);
    return [Math.max(first, monday), Math.min(last, monday + 4)];
  };
  const address = (gap, from, to) => {
    const url = new URL(gap.href);
    url.searchParams.set("from", iso(date(from)));
    url.searchParams.set("to", iso(date(to)));
    return url;
  };
  const words = (days) => {
    const weeks = Math.floor(days / 5), rest = days % 5;
    return [weeks && `${weeks} ${weeks > 1 ? "wks" : "wk"}`, rest && `${rest} d`].filter(Boolean).join(" ");
  };

  function mark(gap, from, to, hint) {
    const row = gap.closest(".r");
    if (!sel || sel.parentNode !== row) {
      sel?.remove();
      sel = document.createElement("div");
      sel.setAttribute("aria-hidden", "true");
      row.append(sel);
    }
    sel.className = hint ? "sel hint" : "sel";
    sel.style.setProperty("--c", from + 1);
    sel.style.setProperty("--s", to - from + 1);
    sel.textContent = to - from > 1 ? words(to - from + 1) : "";
  }
  function choose(gap, from, to) {
    mark(gap, from, to, false);
    const days = to - from + 1, name = gap.closest(".r").querySelector("h2").textContent.trim();
    bar().querySelector("p").textContent = `${name}: ${say(date(from))} to ${say(date(to))} (${days} school day${days > 1 ? "s" : ""})`;
    bar().querySelector(".go").href = address(gap, from, to);
    bar().hidden = false;
  }
  function clear() {
    sel?.remove();
    sel = drag = null;
    if (bar()) bar().hidden = true;
  }
  const gapOf = (event) => (event.target.closest ? event.target.closest(".tl .free") : null);

  document.addEventListener("pointerdown", (event) => {
    const gap = gapOf(event);
    if (!gap || event.button || event.pointerType === "touch") return;
    clear();
    const column = columnAt(gap, event.clientX);
    drag = { gap, from: column, to: column, x: event.clientX, moved: false, done: false };
    gap.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (drag && !drag.done) {
      drag.moved ||= Math.abs(event.clientX - drag.x) > 6;
      if (drag.moved) {
        drag.to = columnAt(drag.gap, event.clientX);
        choose(drag.gap, Math.min(drag.from, drag.to), Math.max(drag.from, drag.to));
      }
      return;
    }
    if (drag?.moved || event.pointerType === "touch") return;
    const gap = gapOf(event);
    if (gap && number(gap, "--s") > 5) mark(gap, ...week(gap, columnAt(gap, event.clientX)), true);
    else if (sel?.classList.contains("hint")) clear();
  });
  document.addEventListener("pointerup", () => {
    if (drag) drag.done = true;
    if (drag && !drag.moved) drag = null;
  });
  document.addEventListener("dragstart", (event) => {
    if (gapOf(event)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const gap = gapOf(event);
    if (event.target.closest?.(".pickbar button")) return clear();
    if (!gap) return;
    if (drag?.moved) {
      event.preventDefault();
      bar().querySelector(".go").focus();
    } else if (event.detail && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      // A real pointer, not Enter on the link: take the week that was pointed at.
      event.preventDefault();
      location.assign(address(gap, ...week(gap, columnAt(gap, event.clientX))));
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return clear();
    const link = event.target.closest?.(".tl a");
    if (!link || event.altKey || event.ctrlKey || event.metaKey || !/^Arrow/.test(event.key)) return;
    const row = link.closest(".r");
    const shown = (el) => [...el.querySelectorAll("a")].filter((a) => a.checkVisibility({ visibilityProperty: true }));
    const links = shown(row), at = links.indexOf(link);
    let next;
    if (event.key === "ArrowRight") next = links[at + 1];
    if (event.key === "ArrowLeft") next = links[at - 1];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const other = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (other) {
        const place = link.getBoundingClientRect(), x = place.left + Math.min(place.width / 2, 20);
        next = shown(other).find((a) => { const p = a.getBoundingClientRect(); return p.left <= x && p.right >= x; }) || shown(other)[0];
      }
    }
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
})();
