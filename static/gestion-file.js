/* La file du centre : recherche à la frappe, complétion de l’employeur, raccourcis. Tout fonctionne sans ce fichier. */
(() => {
  const root = document.querySelector('[data-file]');
  if (!root) return;
  const results = root.querySelector('#resultats');
  const form = root.querySelector('[data-filtrer]');
  const search = form.elements.q;
  const WAIT = 250; // millisecondes de silence avant de chercher

  // 1. Résultats à la frappe
  let timer;
  let running;
  const asked = () => {
    const values = [...new FormData(form)].filter(([, value]) => value !== '');
    return new URLSearchParams(values).toString();
  };
  let shown = asked();
  const announce = () => {
    const total = results.querySelector('[data-total]');
    root.querySelector('[data-annonce]').textContent = total ? total.textContent : '';
  };
  const refresh = async () => {
    const query = asked();
    if (query === shown) return;
    running?.abort();
    running = new AbortController();
    const address = `${root.dataset.file}?${query}`;
    try {
      const answer = await fetch(address, { headers: { 'X-Fragment': '1' }, signal: running.signal, credentials: 'same-origin' });
      if (!answer.ok || answer.redirected) { window.location.assign(address); return; }
      results.innerHTML = await answer.text();
      shown = query;
      window.history.replaceState(null, '', address);
      root.querySelectorAll('[data-filtres]').forEach((field) => { field.value = query; });
      root.querySelectorAll('.file-vues [aria-current]').forEach((link) => link.removeAttribute('aria-current'));
      prepare();
      announce();
    } catch (error) {
      if (error.name !== 'AbortError') root.querySelector('[data-annonce]').textContent = 'La connexion est coupée. Appuyez sur Rechercher pour réessayer.';
    }
  };
  search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(refresh, WAIT); });

  // 2. Cases à cocher
  const boxes = () => [...results.querySelectorAll('input[name=numero]')];
  const tell = () => {
    const count = boxes().filter((box) => box.checked).length;
    const place = results.querySelector('[data-coches]');
    if (place) place.textContent = count ? `${count} cochée${count > 1 ? 's' : ''}` : '';
  };
  const prepare = () => {
    const all = results.querySelector('[data-tout]');
    if (all) all.hidden = false;
    tell();
  };
  results.addEventListener('change', (event) => {
    if (event.target.closest('[data-tout]')) boxes().forEach((box) => { box.checked = event.target.checked; });
    tell();
  });

  // 3. Employeurs proposés
  const employer = form.elements.employeur;
  let offering;
  employer.addEventListener('input', () => {
    clearTimeout(offering);
    const text = employer.value.trim();
    if (text.length < 2) return;
    offering = setTimeout(async () => {
      try {
        const answer = await fetch(`${employer.dataset.employeurs}?q=${encodeURIComponent(text)}`, { credentials: 'same-origin' });
        if (!answer.ok || answer.redirected) return;
        const options = (await answer.json()).noms.map((name) => Object.assign(document.createElement('option'), { value: name }));
        document.getElementById('f-employeurs').replaceChildren(...options);
      } catch { /* le champ se remplit aussi sans aide */ }
    }, WAIT);
  });

  // 4. Raccourcis d’une touche, que l’on peut éteindre (WCAG 2.1.4)
  const KEY = 'file-raccourcis';
  const keys = document.getElementById('f-touches');
  const stored = () => { try { return localStorage.getItem(KEY) !== 'non'; } catch { return true; } };
  keys.closest('[data-touches]').hidden = false;
  keys.checked = stored();
  keys.addEventListener('change', () => { try { localStorage.setItem(KEY, keys.checked ? 'oui' : 'non'); } catch { /* sans mémoire, pour cette page */ } });
  const links = () => [...results.querySelectorAll('#result_list tbody th a')];
  const move = (step) => {
    const all = links();
    const at = all.indexOf(document.activeElement?.closest('tr')?.querySelector('th a'));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  };
  const actions = {
    '/': () => { search.focus(); search.select(); },
    j: () => move(1),
    k: () => move(-1),
    x: () => { const box = document.activeElement?.closest('tr')?.querySelector('input[name=numero]'); if (box) { box.checked = !box.checked; tell(); } },
    n: () => root.querySelector('[data-prendre]')?.click(),
    '?': () => { const help = root.querySelector('[data-raccourcis]'); help.open = true; help.querySelector('summary').focus(); },
  };
  document.addEventListener('keydown', (event) => {
    if (!keys.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');
    if (typing || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });

  prepare();
})();
