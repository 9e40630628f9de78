// Keeps a count on the phone until the server has it. What was typed stands in the browser's storage, one entry a form and
// person, with the form's key: so it comes back after a reload, and what is sent twice counts once. Without this file the form
// works as it is.
(() => {
  const said = document.querySelector("[data-kept]");
  if (!said) return;
  const RETRY = 15000;
  const PATIENCE = 60000;
  const LONGEST_SIDE = 1600;
  const A_DAY = 24 * 60 * 60 * 1000;
  const KEPT = "Kept on this phone. It is sent when there is a connection.";

  const say = (words) => {
    if (said.textContent === words) return;
    said.textContent = words;
    said.hidden = !words;
  };
  const place = (count) => `count:${location.host}:${count}`;
  const forget = (count) => {
    try {
      localStorage.removeItem(place(count));
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  };
  const write = (count, kept) => {
    try {
      localStorage.setItem(place(count), JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  };
  const read = (count) => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(place(count)));
    } catch {
      // Nothing is kept.
    }
    if (kept && !(Date.now() - kept.at < A_DAY)) {
      forget(count);
      kept = null;
    }
    return kept;
  };

  // Sends what is kept: the address to go on to; false when there is no connection; or the answer that is in the way.
  const deliver = async (kept, file) => {
    const data = new FormData();
    data.append("csrf", document.querySelector("input[name=csrf]").value);
    for (const [name, value] of kept.fields) data.append(name, value);
    data.append("how", kept.how);
    if (kept.photo) {
      const bytes = Uint8Array.from(atob(kept.photo.split(",")[1]), (letter) => letter.charCodeAt(0));
      data.append("photo", new Blob([bytes], { type: "image/jpeg" }), "photo");
    } else if (file) {
      data.append("photo", file);
    }
    let answer;
    try {
      answer = await fetch(kept.action, { method: "POST", body: data, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      return false;
    }
    if (answer.status >= 500 || answer.status === 429) return false;
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in")) return answer;
    return answer.ok ? answer.url : answer;
  };

  // On the copy's page: what was counted before somebody left the form without a connection.
  const form = document.querySelector("form[data-count]");
  if (!form) {
    let busy = false;
    const sendAll = async () => {
      if (busy) return;
      busy = true;
      for (const count of said.dataset.kept.split(" ")) {
        const kept = read(count);
        if (!kept?.how) continue;
        const came = await deliver(kept);
        if (came === false) say(KEPT);
        else if (typeof came === "string") {
          forget(count);
          location.assign(came);
          return;
        } else {
          write(count, { ...kept, how: "" });
          say("A count on this phone could not be sent. Open its form again: what you typed is in it.");
        }
      }
      busy = false;
    };
    addEventListener("online", sendAll);
    setInterval(() => navigator.onLine && sendAll(), RETRY);
    sendAll();
    return;
  }

  const count = form.dataset.count;
  let kept = read(count);

  // Everything but the session's token, which each page brings anew, and the file, which is kept by itself.
  const typed = () => [...new FormData(form)].filter(([name, value]) => name !== "csrf" && typeof value === "string");
  // `how` is which button was pressed; empty as long as nothing is meant to be sent.
  const keep = (how) => {
    kept = { at: kept?.at ?? Date.now(), action: form.getAttribute("action"), how, fields: typed(), photo: kept?.photo };
    if (write(count, kept)) return true;
    kept.photo = undefined;
    return write(count, kept);
  };

  // What was typed before a reload, as it was.
  const fill = () => {
    for (const field of form.elements) {
      if (!field.name || ["file", "submit"].includes(field.type) || field.name === "csrf") continue;
      const values = kept.fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
  };
  const lines = [...form.querySelectorAll(".chk li")];
  const plain = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
    return !field.value;
  };
  const show = () => {
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

  // A form that came back with faults has newer words than the storage.
  const faulty = document.querySelector(".errs") !== null;
  if (kept && faulty) keep("");
  else if (kept) fill();
  show();
  form.addEventListener("input", (event) => {
    // A tick and a number do not say the same: the later word holds.
    const line = event.target.closest(".chk li");
    const tick = line?.querySelector("input[type=checkbox]");
    if (tick && event.target !== tick && event.target.value) tick.checked = false;
    if (tick && event.target === tick && tick.checked) for (const field of line.querySelectorAll("details input, details select")) field.value = "";
    show();
    if (event.target.type === "file") return;
    keep("");
    say("");
  });

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
  const chosen = form.querySelector("input[type=file]");
  const take = async () => {
    const file = chosen?.files[0];
    if (!file) return;
    keep("");
    try {
      kept.photo = await small(file);
      write(count, kept);
    } catch {
      // No picture, or none that this browser can draw: the server says what it thinks of it.
      kept.photo = undefined;
    }
  };
  let taking = Promise.resolve();
  chosen?.addEventListener("change", () => (taking = take()));

  let sending = false;
  const send = async () => {
    if (sending || !kept?.how) return;
    sending = true;
    await taking;
    const came = await deliver(kept, chosen?.files[0]);
    sending = false;
    if (came === false) return say(KEPT);
    if (typeof came === "string") {
      forget(count);
      location.assign(came);
      return;
    }
    if (came.redirected) return say("Kept on this phone. You have been signed out: sign in and open this page again.");
    // The server has something to say about it. Sent as a plain form, its page comes by itself; what was typed is kept.
    const how = document.createElement("input");
    Object.assign(how, { type: "hidden", name: "how", value: kept.how });
    keep("");
    form.append(how);
    HTMLFormElement.prototype.submit.call(form);
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
  }
})();
