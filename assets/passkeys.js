// Asks the device for a passkey and puts its answer into the form. The form itself is sent as any other.
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const trouble = form.querySelector("[data-trouble]");
  const say = () => (trouble.hidden = false);
  const keys = window.PublicKeyCredential;
  const able = navigator.credentials && keys?.parseCreationOptionsFromJSON && keys.parseRequestOptionsFromJSON;
  if (!able) say();
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    trouble.hidden = true;
    if (!able) return say();
    const options = JSON.parse(form.dataset.options);
    try {
      const key =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(options) });
      form.elements.answer.value = JSON.stringify(key.toJSON());
      form.requestSubmit();
    } catch {
      say();
    }
  });
})();
