// Keeps a count on the phone until the server has it. What was typed stands in the browser's storage, one entry a form and
// person, with the form's key: so it comes back after a reload, and what is sent twice counts once. What waits, and what could not
// be sent, is said on the pages where somebody comes by. Without this file the form works as it is.
(() => {
  const said = document.querySelector("[data-kept]");
  if (!said) return;
  const RETRY = 15000;
  const PATIENCE = 60000;
  const LONGEST_SIDE = 1600;
  // What nobody has sent is forgotten after this time; what somebody has sent, never.
  const FOUR_WEEKS = 28 * 24 * 60 * 60 * 1000;
  const KEPT = "Kept on this phone. It is sent when there is a connection. Keep this page open, or come back to it.";

  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const say = (...words) => {
    const all = words.filter(Boolean);
    said.hidden = !all.length;
    if (all.some((word) => typeof word !== "string") || said.textContent !== all.join("")) said.replaceChildren(...all);
  };

  // --- what is kept --------------------------------------------------------------------------------------------------

  const PREFIX = `count:${location.host}:`;
  const forget = (count) => {
    try {
      localStorage.removeItem(PREFIX + count);
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  };
  const write = (count, kept) => {
    try {
      localStorage.setItem(PREFIX + count, JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  };
  const read = (count) => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(PREFIX + count));
    } catch {
      // Nothing is kept.
    }
    if (!kept || kept.how || kept.refused || kept.sent || Date.now() - kept.at < FOUR_WEEKS) return kept;
    forget(count);
    return null;
  };
  // The counts of the person who is signed in.
  const counts = () => {
    try {
      const own = (name) => name.startsWith(PREFIX) && name.endsWith(`/${said.dataset.kept}`);
      return Object.keys(localStorage).filter(own).map((name) => name.slice(PREFIX.length));
    } catch {
      return [];
    }
  };
  // The server has it: what is left is to show its answer, which a page may miss that is left in the same moment.
  const arrived = (count, kept, url) => write(count, { sent: url, title: kept.title, page: kept.page });

  // --- sending -------------------------------------------------------------------------------------------------------

  const file = (photo) => {
    const bytes = Uint8Array.from(atob(photo.split(",")[1]), (letter) => letter.charCodeAt(0));
    return new File([bytes], "photo.jpg", { type: "image/jpeg" });
  };
  const ask = async (address, request) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      return await fetch(address, { ...request, credentials: "same-origin", signal: stop.signal });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  };
  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html");

  // Sends what is kept. `away`: there is no connection, or nobody at its other end; `out`: signed out; `sent`: the address to go on
  // to; else `refused`: why, in words, with the status.
  const deliver = async (kept, chosen) => {
    const post = (token) => {
      const data = new FormData();
      data.append("csrf", token);
      for (const [name, value] of kept.fields) data.append(name, value);
      data.append("how", kept.how);
      const photo = kept.photo ? file(kept.photo) : chosen;
      if (photo) data.append("photo", photo);
      return ask(kept.action, { method: "POST", body: data });
    };
    const token = document.querySelector("input[name=csrf]")?.value ?? "";
    let answer = await post(token);
    if (answer?.status === 403) {
      // Somebody may have signed in anew since this page was opened: it is then an old page, and no reason to refuse.
      const page = await ask(location.pathname, {});
      const fresh = page?.ok && (await parsed(page)).querySelector("input[name=csrf]")?.value;
      if (fresh && fresh !== token) answer = await post(fresh);
    }
    if (!answer || answer.status >= 500 || [408, 429].includes(answer.status)) return { away: true };
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in")) return { out: true };
    if (answer.ok) return { sent: answer.url };
    const page = await parsed(answer);
    const of = (parts) => [...page.querySelectorAll(parts)].map((one) => one.textContent.trim().replace(/[^.?!]$/, "$&.")).join(" ");
    return { refused: of(".errs p, .errs li") || of("main p") || "You cannot do this any more.", status: answer.status };
  };

  // --- every page but the form's: what waits, what was sent, what could not be ------------------------------------------

  const form = document.querySelector("form[data-count]");
  const link = (kept, to) => make("a", { href: to }, kept.title || "a box");
  const show = () => {
    const parts = [];
    const waiting = [];
    for (const count of counts()) {
      const kept = read(count);
      if (kept?.how) waiting.push(link(kept, kept.page));
      if (kept?.sent) {
        const here = new URL(kept.sent);
        if (here.pathname + here.search === location.pathname + location.search) forget(count);
        // On the box's own page the answer itself is shown.
        else if (here.pathname === location.pathname) return location.assign(kept.sent);
        else {
          forget(count);
          parts.push(make("p", {}, "The count of ", link(kept, kept.sent), " was sent."));
        }
      }
      if (kept?.refused) {
        const gone = make("button", { type: "button", className: "btn small" }, "Remove it from this phone");
        gone.addEventListener("click", () => {
          forget(count);
          show();
        });
        parts.push(
          make(
            "div",
            {},
            make("p", {}, "A count of ", link(kept, kept.page), " could not be sent. ", kept.refused),
            make("details", {}, make("summary", {}, "What was counted"), make("ul", {}, ...(kept.words ?? []).map((word) => make("li", {}, word)))),
            gone,
          ),
        );
      }
    }
    if (waiting.length) {
      const many = waiting.length === 1 ? "1 count waits on this phone: " : `${waiting.length} counts wait on this phone: `;
      const names = waiting.flatMap((name, n) => (n ? [", ", name] : [name]));
      parts.unshift(make("p", {}, many, ...names, ". It is sent when there is a connection. Keep this page open, or come back to it."));
    }
    say(...parts);
  };
  if (!form) {
    let busy = false;
    const sendAll = async () => {
      if (busy) return;
      busy = true;
      try {
        for (const count of counts()) {
          const kept = read(count);
          if (!kept?.how) continue;
          const came = await deliver(kept);
          // Its form may be open beside this page, and somebody may have gone on typing.
          const same = read(count)?.at === kept.at;
          if (came.sent) arrived(count, kept, came.sent);
          else if (came.refused && same) write(count, { ...kept, how: "", refused: came.refused });
        }
      } finally {
        busy = false;
        show();
      }
    };
    show();
    addEventListener("online", sendAll);
    setInterval(() => navigator.onLine && sendAll(), RETRY);
    sendAll();
    return;
  }

  // --- the form ------------------------------------------------------------------------------------------------------

  const count = form.dataset.count;
  const lines = [...form.querySelectorAll(".chk li")];
  const chosen = form.querySelector("input[type=file]");
  // A form that came back with faults has newer words than the storage; not when it was the other form of the page.
  const faulty = document.querySelector(".errs a:not([href='#reason'])") !== null;
  let kept = read(count);
  if (kept?.sent) {
    forget(count);
    kept = null;
  }

  const plain = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
    return !field.value;
  };
  // What was typed, for people: it is read again where it cannot be sent.
  const words = () => {
    const of = (field) => (field.tagName === "SELECT" ? field.selectedOptions[0].textContent : field.value);
    const said = lines
      .filter((line) => ![...line.querySelectorAll("input, select")].every(plain))
      .map((line) => {
        const name = line.querySelector("legend, label span").firstChild.textContent;
        const loose = line.querySelector("input[type=radio]:checked")?.labels[0]?.textContent;
        const more = [...line.querySelectorAll("details input, details select")].filter((field) => field.value).map(of);
        return `${name}: ${[loose, ...more].filter(Boolean).join(", ") || "not all there"}`;
      });
    const note = form.elements.note?.value;
    const look = form.querySelector("input[name=condition]:checked")?.labels[0]?.textContent;
    return [...(said.length ? said : ["Everything as it was listed"]), look && `The box itself: ${look}`, note && `Note: ${note}`].filter(Boolean);
  };

  // Everything but the session's token, which each page brings anew, and the file, which is kept by itself.
  const typed = () => [...new FormData(form)].filter(([name, value]) => name !== "csrf" && typeof value === "string");
  // `how` is which button was pressed; empty as long as nothing is meant to be sent.
  const keep = (how) => {
    const { title, page } = form.dataset;
    kept = { at: Date.now(), action: form.getAttribute("action"), how, fields: typed(), photo: kept?.photo, title, page, words: words() };
    if (write(count, kept)) return true;
    kept.photo = undefined;
    return write(count, kept);
  };

  // What was typed before a reload, as it was. The key only while the copy is where it was: else it is another count.
  const fill = () => {
    const old = (name) => kept.fields.find(([known]) => known === name)?.[1];
    const same = old("seen") === form.elements.seen.value;
    for (const field of form.elements) {
      if (!field.name || ["file", "submit"].includes(field.type) || ["csrf", "seen"].includes(field.name)) continue;
      if (field.name === "key" && !same) continue;
      const values = kept.fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
  };
  const unfold = () => {
    for (const line of lines) {
      const more = line.querySelector("details");
      const tick = line.querySelector("input[type=checkbox]");
      if (more && ([...more.querySelectorAll("input, select")].some((field) => field.value) || (tick && !tick.checked))) more.open = true;
    }
    // One tap is for when nothing was changed; else it would only be refused.
    const one = form.querySelector(".allthere");
    const changed = lines.some((line) => ![...line.querySelectorAll("input, select")].every(plain));
    if (one && !faulty) one.hidden = changed;
  };

  // The photo as small as a page needs it; drawing it anew also leaves out what the camera wrote beside it.
  const small = async (file) => {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.8);
  };
  const away = make("button", { type: "button", className: "btn small" }, "Remove the photo");
  const photo = make("p", { hidden: true }, "A photo is kept on this phone. ", away);
  chosen?.after(photo);
  const showPhoto = () => (photo.hidden = !kept?.photo);
  const take = async () => {
    const file = chosen.files[0];
    if (kept) kept.photo = undefined;
    keep("");
    showPhoto();
    if (!file) return;
    try {
      const made = await small(file);
      // Somebody may have chosen another one, or none, meanwhile.
      if (chosen.files[0] !== file) return;
      kept.photo = made;
      if (!write(count, kept)) kept.photo = undefined;
    } catch {
      // No picture, or none that this browser can draw: the server says what it thinks of it.
    }
    showPhoto();
  };
  let taking = Promise.resolve();
  chosen?.addEventListener("change", () => (taking = take()));
  away.addEventListener("click", () => {
    chosen.value = "";
    taking = take();
    chosen.focus();
  });

  if (kept && faulty) keep("");
  else if (kept) fill();
  unfold();
  showPhoto();
  form.addEventListener("input", (event) => {
    // A tick and a number do not say the same: the later word holds.
    const line = event.target.closest(".chk li");
    const tick = line?.querySelector("input[type=checkbox]");
    if (tick && event.target !== tick && event.target.value) tick.checked = false;
    if (tick && event.target === tick && tick.checked) for (const field of line.querySelectorAll("details input, details select")) field.value = "";
    unfold();
    if (event.target.type === "file") return;
    const waited = kept?.how;
    keep("");
    say(waited && "You have changed it. Press the button again to send it.");
  });

  let sending = false;
  const send = async () => {
    if (sending || !kept?.how) return;
    sending = true;
    try {
      await taking;
      const sent = kept;
      const came = await deliver(sent, chosen?.files[0]);
      if (came.sent) {
        arrived(count, sent, came.sent);
        location.assign(came.sent);
        return;
      }
      // What somebody typed meanwhile is newer.
      if (kept !== sent) return;
      if (came.away) return say(KEPT);
      if (came.out) return say("Kept on this phone. You have been signed out: sign in and open this page again.");
      kept = { ...sent, how: "", refused: came.refused };
      write(count, kept);
      if (came.status !== 422) return say(`It could not be sent. ${came.refused} What you typed is kept on this phone.`);
      // The server has something to say about it. Sent as a plain form, its page comes by itself; what was typed is kept.
      for (const name of ["seen", "key"]) form.elements[name].value = sent.fields.find(([known]) => known === name)?.[1] ?? "";
      if (sent.photo) {
        // The small photo, and not what the camera made.
        const files = new DataTransfer();
        files.items.add(file(sent.photo));
        chosen.files = files.files;
      }
      form.append(make("input", { type: "hidden", name: "how", value: sent.how }));
      HTMLFormElement.prototype.submit.call(form);
    } finally {
      sending = false;
    }
  };

  form.addEventListener("submit", (event) => {
    // Where nothing can be kept the browser sends it as it is.
    if (!keep(event.submitter?.value || "lines")) return;
    event.preventDefault();
    say("Sending …");
    send();
  });
  addEventListener("online", send);
  setInterval(() => navigator.onLine && send(), RETRY);
  if (kept?.how) {
    say(KEPT);
    send();
  } else if (kept?.refused && !faulty) {
    say(`What you typed before could not be sent. ${kept.refused} Look through it before you send it again.`);
  }
})();
