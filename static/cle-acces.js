/* Clés d’accès (WebAuthn) : le formulaire n’apparaît qu’à qui peut s’en servir ; le code de l’application reste offert. */
(() => {
  const form = document.querySelector('form[data-cle]');
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;

  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const keys = (list) => (list || []).map((key) => ({ ...key, id: toBytes(key.id) }));

  // Ce que le serveur propose, avec les octets que le navigateur attend
  const options = () => {
    const given = JSON.parse(form.dataset.options);
    given.challenge = toBytes(given.challenge);
    if (given.user) given.user.id = toBytes(given.user.id);
    given.allowCredentials = keys(given.allowCredentials);
    given.excludeCredentials = keys(given.excludeCredentials);
    return given;
  };

  const answer = (key) => {
    const names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
    const response = {};
    for (const name of names) if (key.response[name]) response[name] = toText(key.response[name]);
    return JSON.stringify({ id: key.id, rawId: toText(key.rawId), type: key.type, response });
  };

  const failure = form.querySelector('[data-echec]');
  let asking = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    failure.hidden = true;
    try {
      const key = await navigator.credentials[form.dataset.cle]({ publicKey: options() });
      form.elements.response.value = answer(key);
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      failure.hidden = false;
      asking = false;
    }
  });

  form.hidden = false;
  document.querySelector('[data-sans-cle]')?.remove();
})();
