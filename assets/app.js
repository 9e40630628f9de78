// Small comforts for every page. Everything works without them.
(() => {
  // A summary of mistakes, or the word that something is done, is read out first.
  const first = () => document.querySelector("[data-focus]")?.focus();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", first);
  else first();

  // The server books once however often a form comes; this spares the second click its wait.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  // Back from the next page: the form may be sent again, the server knows its key.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
    }
  });

  // Escape, or a click elsewhere, closes an open drop-down of the header.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = event.target.closest?.(".who[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".who[open]")) if (!open.contains(event.target)) open.open = false;
  });

  // A secret address is taken whole: by choosing its field, or with the button that only shows where it can work.
  document.addEventListener("focusin", (event) => event.target.matches("[data-select]") && event.target.select());
  const copiers = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", copiers);
  else copiers();
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]"), said = document.getElementById("said");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.firstChild.textContent = "Copied";
    if (said) said.textContent = "The address is copied";
  });

  // What a filter found is said in a place that the swap leaves alone.
  document.addEventListener("htmx:after:swap", () => {
    const said = document.getElementById("said"), found = document.querySelector("[data-say]");
    if (said && found) said.textContent = found.textContent;
  });
})();
