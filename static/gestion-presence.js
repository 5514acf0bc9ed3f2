/* Centre de gestion : qui d’autre lit cette demande, et si elle a changé depuis. Ce qui est écrit dans la page n’est jamais perdu. */
(() => {
  'use strict';
  const box = document.querySelector('[data-desk-presence]');
  if (!box) return;
  const BEAT = 15000;
  const part = (name) => box.querySelector(`[data-desk-${name}]`);
  const token = () => document.querySelector('[name=csrfmiddlewaretoken]')?.value || '';
  const KEPT = `gestion-saisie-${box.dataset.number}`;
  let told = '';

  // 1. Ce qui a été écrit : gardé le temps de recharger, puis rendu à son formulaire
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !['hidden', 'submit', 'button', 'file', 'password'].includes(field.type));
  const changed = (field) => (field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked
    : field.tagName === 'SELECT' ? [...field.options].some((option) => option.selected !== option.defaultSelected) : field.value !== field.defaultValue);
  const forms = () => [...document.querySelectorAll('#content form[method=post]')];
  const words = (field) => document.querySelector(`label[for="${CSS.escape(field.id)}"]`)?.textContent.trim() || field.name;
  const keep = () => {
    const kept = forms().flatMap((form) => fieldsOf(form).filter(changed).map((field) => ({
      form: form.getAttribute('action'), name: field.name, type: field.type, value: field.value, checked: field.checked, label: words(field),
    })));
    try { if (kept.length) sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* le navigateur ne garde rien */ }
  };
  const restoreOne = (entry) => {
    const form = forms().find((candidate) => candidate.getAttribute('action') === entry.form);
    const ticked = entry.type === 'checkbox' || entry.type === 'radio';
    const field = form && fieldsOf(form).find((candidate) => candidate.name === entry.name && (!ticked || candidate.value === entry.value));
    if (!field) return false;
    if (ticked) field.checked = entry.checked; else field.value = entry.value;
    for (let parent = field; parent; parent = parent.parentElement) if (parent.tagName === 'DETAILS') parent.open = true;
    return true;
  };
  const restore = () => {
    let kept = [];
    try { kept = JSON.parse(sessionStorage.getItem(KEPT) || '[]'); sessionStorage.removeItem(KEPT); } catch { return; }
    const lost = kept.filter((entry) => !restoreOne(entry) && entry.value.trim() && entry.type !== 'radio' && entry.type !== 'checkbox');
    if (lost.length) {
      const left = part('left').content.cloneNode(true);
      left.querySelector('pre').textContent = lost.map((entry) => `${entry.label} :\n${entry.value}`).join('\n\n');
      part('kept').replaceChildren(left);
    } else if (kept.length) part('kept').textContent = 'Ce que vous aviez écrit est revenu dans son formulaire.';
  };

  // 2. Le battement : une ligne récrite chez le serveur, deux phrases en retour
  const alertWith = (name, said) => {
    const fresh = part(name).content.cloneNode(true);
    const place = fresh.querySelector('[data-desk-words]');
    if (place) place.textContent = said;
    fresh.querySelector('[data-desk-reload]')?.addEventListener('click', keep);
    part('changed').replaceChildren(fresh);
  };
  const tell = (name, said) => {
    if (told === name + said) return;
    told = name + said;
    if (name) alertWith(name, said); else part('changed').replaceChildren();
  };
  const send = (fields, keepalive = false) => {
    const body = new URLSearchParams({ ...fields, csrfmiddlewaretoken: token() });
    return fetch(box.dataset.deskPresence, { method: 'POST', body, keepalive, credentials: 'same-origin', redirect: 'manual', headers: { 'X-Background': '1' } });
  };
  let timer;
  const beat = async () => {
    clearTimeout(timer);
    timer = setTimeout(beat, BEAT);
    if (document.hidden) return;
    const answer = await send({ seen: box.dataset.seen, pending: box.dataset.pending }).catch(() => null);
    if (!answer) return; // coupure : le prochain battement dira
    if (answer.type === 'opaqueredirect' || answer.status === 403) { tell('signed-out', ''); return; }
    if (!answer.ok) return;
    const now = await answer.json().catch(() => null);
    if (!now) return;
    if (part('others').textContent !== now.others) part('others').textContent = now.others;
    tell(now.changed ? 'alert' : '', now.changed);
  };

  restore();
  document.addEventListener('visibilitychange', () => { if (!document.hidden) beat(); });
  window.addEventListener('pagehide', () => { send({ leave: '1' }, true).catch(() => {}); });
  window.addEventListener('pageshow', (event) => { if (event.persisted) beat(); });
  timer = setTimeout(beat, 1000);
})();
