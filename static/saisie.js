/* Ce qui est écrit dans un formulaire n’est pas perdu : une session finie, une page expirée, une panne, une coupure, « Précédent ». Gardé dans
   cet onglet, par compte ; un second onglet du même compte le lui demande tant qu’il est ouvert. Ne revient que ce qui a été changé, dans un champ dont
   la page dit encore la même chose. Jamais un mot de passe ni un fichier ; oublié une fois enregistré, et à la déconnexion. */
(() => {
  'use strict';
  const PREFIX = 'saisie:';
  const read = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
  const write = (key, kept) => { try { sessionStorage.setItem(key, JSON.stringify(kept)); } catch { /* le navigateur ne garde rien */ } };
  const keys = () => { try { return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; } };
  const forget = (key) => { try { sessionStorage.removeItem(key); } catch { /* rien n’y était */ } };

  // Entre onglets : { ask: clé } demande, { key, kept } répond, { over: clé } dit que c’est enregistré, { closed } que le compte se ferme
  const answered = new Map(); // ce que fait d’une réponse le formulaire qui l’attend
  const others = 'BroadcastChannel' in window ? new BroadcastChannel('saisie') : null;
  const tell = (message) => others?.postMessage(message);
  others?.addEventListener('message', ({ data }) => {
    const kept = data.ask && read(data.ask);
    if (kept && !kept.sent) tell({ key: data.ask, kept });
    if (data.key) answered.get(data.key)?.(data.kept);
    if (data.over) forget(data.over);
    if (data.closed) keys().forEach(forget);
  });

  // Une page qui dit que l’envoi n’a pas abouti : ce qui a été envoyé est rendu à son formulaire
  if (document.querySelector('[data-interruption]')) keys().forEach((key) => { const kept = read(key); if (kept?.sent) write(key, { ...kept, sent: false }); });

  document.querySelector('form[action$="/deconnexion/"]')?.addEventListener('submit', () => { tell({ closed: true }); keys().forEach(forget); });

  // Au centre de gestion, les formulaires de l’administration aussi ; leur compte est dit dans l’en-tête
  const owner = document.querySelector('[data-garde-page]')?.dataset.gardePage;
  document.querySelectorAll(`form[data-garde]${owner ? ', #content-main > form[id$="_form"][method=post]' : ''}`).forEach((form) => {
    const about = form.dataset.gardeSelon; // le champ caché qui dit de quoi parle le formulaire
    const told = about ? [about, ...[...form.elements].filter((field) => field.name === about).map((field) => field.value)] : [];
    const key = [`${PREFIX}${form.dataset.garde || owner}:${form.getAttribute('action') || location.pathname}`, ...told].join('\n');
    const fields = () => [...form.elements].filter((field) => field.name && !['hidden', 'submit', 'button', 'file', 'password'].includes(field.type) && !('sansGarde' in field.dataset));
    const ticked = (field) => field.type === 'checkbox' || field.type === 'radio';
    const several = (field) => field.type === 'select-multiple';
    const valueOf = (field) => (several(field) ? [...field.selectedOptions].map((option) => option.value).join('\n') : field.value);
    // Ce que la page dit d’elle-même d’un champ ; d’un choix, la réponse cochée
    const madeOf = (field) => {
      if (field.type === 'checkbox') return String(field.defaultChecked);
      if (field.type === 'radio') return fields().find((one) => one.name === field.name && one.defaultChecked)?.value ?? '';
      if (!field.options) return field.defaultValue;
      const chosen = [...field.options].filter((option) => option.defaultSelected).map((option) => option.value);
      return several(field) ? chosen.join('\n') : chosen.pop() ?? field.options[0]?.value ?? '';
    };
    const entryOf = (entries, field) => entries.find((entry) => entry.name === field.name && (!ticked(field) || entry.value === field.value));
    const isOwn = ({ value, checked, was }, field) => {
      if (was === undefined) return true;
      if (was !== madeOf(field)) return false; // changé depuis par quelqu’un d’autre
      if (field.type === 'checkbox') return String(checked) !== was;
      return field.type === 'radio' ? checked !== (value === was) : value !== was;
    };
    const isReturned = form.matches('[data-garde-rendu], :has(.ea-error, .errornote)'); // la page montre déjà ce qui a été écrit
    const first = isReturned ? read(key)?.fields ?? [] : null;
    const keep = () => write(key, {
      sent: false,
      fields: fields().map((field) => ({ name: field.name, value: valueOf(field), checked: field.checked, was: first ? entryOf(first, field)?.was : madeOf(field) })),
    });
    const bring = (kept) => {
      let changed = false;
      fields().forEach((field) => {
        const found = entryOf(kept.fields, field);
        if (!found || !isOwn(found, field) || (ticked(field) ? field.checked === found.checked : valueOf(field) === found.value)) return;
        if (ticked(field)) field.checked = found.checked;
        else if (several(field)) [...field.options].forEach((option) => { option.selected = found.value.split('\n').includes(option.value); });
        else field.value = found.value;
        if (!ticked(field) || field.checked) for (let place = field; place; place = place.parentElement) if (place.tagName === 'DETAILS') place.open = true; // ce qui revient se voit
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
    };
    const kept = read(key);
    if (isReturned) keep();
    else if (kept?.sent) forget(key); // enregistré
    else if (kept) bring(kept);
    else if (!owner) {
      answered.set(key, (found) => { answered.delete(key); write(key, found); bring(found); });
      tell({ ask: key });
    }
    const written = () => { answered.delete(key); keep(); };
    form.addEventListener('input', written);
    form.addEventListener('change', written);
    form.addEventListener('submit', (event) => {
      const last = read(key);
      if (!last || event.submitter?.name === 'precedent') return; // ce qui n’est pas jugé revient avec la page
      write(key, { ...last, sent: true });
      tell({ over: key });
    });
  });
})();
