/* Ce qui est écrit dans un formulaire n’est pas perdu : une session finie, une page expirée, une panne, une coupure. Gardé dans cet onglet
   seulement, par compte ; jamais un mot de passe ni un fichier ; oublié une fois enregistré, et à la déconnexion. */
(() => {
  'use strict';
  const PREFIX = 'saisie:';
  const read = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
  const write = (key, kept) => { try { sessionStorage.setItem(key, JSON.stringify(kept)); } catch { /* le navigateur ne garde rien */ } };
  const keys = () => { try { return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; } };
  const forget = (key) => sessionStorage.removeItem(key);

  // Une page qui dit que l’envoi n’a pas abouti : ce qui a été envoyé est rendu à son formulaire
  if (document.querySelector('[data-interruption]')) keys().forEach((key) => { const kept = read(key); if (kept?.sent) write(key, { ...kept, sent: false }); });

  document.querySelector('form[action$="/deconnexion/"]')?.addEventListener('submit', () => keys().forEach(forget));

  document.querySelectorAll('form[data-garde]').forEach((form) => {
    const key = `${PREFIX}${form.dataset.garde}:${location.pathname}`;
    const fields = () => [...form.elements].filter((field) => field.name && !['hidden', 'submit', 'button', 'file', 'password'].includes(field.type) && !('sansGarde' in field.dataset));
    const ticked = (field) => field.type === 'checkbox' || field.type === 'radio';
    const keep = () => write(key, { sent: false, fields: fields().map((field) => ({ name: field.name, value: field.value, checked: field.checked })) });
    const kept = read(key);
    if (kept?.sent || form.querySelector('.ea-error')) forget(key); // enregistré, ou la page montre déjà ce qui a été écrit
    else if (kept) {
      let changed = false;
      fields().forEach((field) => {
        const found = kept.fields.find((entry) => entry.name === field.name && (!ticked(field) || entry.value === field.value));
        if (!found || (ticked(field) ? field.checked === found.checked : field.value === found.value)) return;
        if (ticked(field)) field.checked = found.checked; else field.value = found.value;
        if (field.checked || !ticked(field)) field.closest('details')?.setAttribute('open', ''); // ce qui est revenu se voit
        field.dispatchEvent(new Event('change', { bubbles: true }));
        changed = true;
      });
      if (changed) {
        const said = document.createElement('p');
        said.className = 'ea-hint';
        said.setAttribute('role', 'status');
        said.textContent = 'Ce que vous aviez écrit ici est revenu. Vérifiez-le avant de continuer.';
        form.prepend(said);
      }
    }
    form.addEventListener('input', keep);
    form.addEventListener('change', keep);
    form.addEventListener('submit', () => { const last = read(key); if (last) write(key, { ...last, sent: true }); });
  });
})();
