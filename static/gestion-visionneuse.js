/* Centre de gestion : la visionneuse des documents. Sans ce script, la page donne la liste des pages et leurs liens. */
(() => {
  'use strict';
  const viewer = document.querySelector('[data-desk-viewer]');
  const sheets = viewer ? [...viewer.querySelectorAll('[data-desk-document]')] : [];
  const help = viewer?.querySelector('[data-desk-help]');
  const STEPS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4];
  const KEYS = 'gestion-raccourcis';
  let current = 0;
  const pageOf = (index) => Math.max(0, Math.min(live[current].page, live[index].pages.length - 1));

  const openDetails = (element) => { for (let parent = element.matches('summary') ? element.parentElement.parentElement : element; parent; parent = parent.parentElement) if (parent.tagName === 'DETAILS') parent.open = true; };
  const goTo = (element) => {
    if (!element) return;
    openDetails(element);
    if (!element.matches('a, button, input, textarea, select, summary')) element.tabIndex = -1;
    element.focus();
    element.scrollIntoView({ block: 'nearest' });
  };

  const openForm = (name) => {
    const place = document.querySelector(`[data-decision="${name}"]`);
    if (!place) return;
    place.open = true;
    goTo(place.querySelector('form :is(select, textarea, input:not([type=hidden], [type=checkbox]))'));
  };

  // Une page montrée à la fois, dans un cadre qui défile ; le zoom et le tour sont ceux du document
  const live = sheets.map((sheet) => {
    const list = sheet.querySelector('[data-desk-pages]');
    const pages = list ? [...list.children] : [];
    return { sheet, list, pages, page: 0, zoom: 1, turn: 0 };
  });

  // L’ancien document à côté de celui qui le remplace : les deux suivent la même page, le même zoom
  let side = true;
  const former = () => live.findIndex(({ sheet }) => sheet.id === live[current].sheet.dataset.deskFormer);
  const shown = () => (side && former() >= 0 ? [former(), current] : [current]);

  const layoutOf = (index) => {
    const { list, pages, zoom, turn } = live[index];
    if (!list) return;
    const page = pageOf(index);
    const box = pages[page].querySelector('a');
    const image = box.querySelector('img');
    const [width, height] = image.naturalWidth ? [image.naturalWidth, image.naturalHeight] : [210, 297];
    const seen = Math.max(80, (list.clientWidth - 2) * zoom);
    const quarter = turn % 180 !== 0;
    const imageWidth = quarter ? (seen * width) / height : seen;
    const imageHeight = (imageWidth * height) / width;
    box.style.width = `${seen}px`;
    box.style.height = `${quarter ? imageWidth : imageHeight}px`;
    image.style.width = `${imageWidth}px`;
    image.style.height = `${imageHeight}px`;
    image.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
  };

  const layout = () => shown().forEach(layoutOf);

  const off = (button, value) => { if (button) button.setAttribute('aria-disabled', value ? 'true' : 'false'); };
  let tools;
  const say = (name, words) => { const place = tools.querySelector(`[data-desk-${name}]`); if (place.textContent !== words) place.textContent = words; };

  const show = () => {
    const { sheet, list, pages, page, zoom } = live[current];
    const together = shown();
    sheets.forEach((other, index) => {
      other.hidden = !together.includes(index);
      other.classList.toggle('desk-document--avant', index !== current);
    });
    viewer.querySelector('[data-desk-sheets]').classList.toggle('is-side', together.length > 1);
    viewer.querySelectorAll('[data-desk-tab]').forEach((tab) => {
      if (tab.dataset.deskTab === sheet.id) tab.setAttribute('aria-current', 'true'); else tab.removeAttribute('aria-current');
    });
    together.forEach((one) => live[one].pages.forEach((item, index) => { item.hidden = index !== pageOf(one); }));
    together.forEach((one) => { if (one !== current) Object.assign(live[one], { zoom, turn: live[current].turn }); });
    tools.querySelector('[data-desk-if-former]').hidden = former() < 0;
    tools.querySelector('[data-do=side]').setAttribute('aria-pressed', side);
    tools.querySelector('[data-desk-if-verdict]').hidden = !choiceOf(sheet);
    tools.querySelectorAll('[data-desk-if-pages]').forEach((group) => { group.hidden = !list; });
    tools.querySelector('[data-desk-if-documents]').hidden = sheets.length < 2;
    say('document-place', `Document ${current + 1} sur ${sheets.length}`);
    say('page-place', `Page ${page + 1} sur ${pages.length}`);
    say('zoom', `${Math.round(zoom * 100)} %`);
    const button = (name) => tools.querySelector(`[data-do="${name}"]`);
    off(button('accepted'), isFormer(sheet));
    off(button('rejected'), isFormer(sheet));
    off(button('previousDocument'), current === 0);
    off(button('nextDocument'), current === sheets.length - 1);
    off(button('previousPage'), page === 0);
    off(button('nextPage'), page >= pages.length - 1);
    off(button('smaller'), zoom <= STEPS[0]);
    off(button('larger'), zoom >= STEPS[STEPS.length - 1]);
    together.map((one) => live[one]).forEach((one) => {
      if (!one.list || one.list.hasAttribute('tabindex')) return;
      one.list.tabIndex = 0;
      one.list.setAttribute('aria-label', `Pages de ${one.sheet.dataset.deskDocument}`);
    });
    layout();
  };

  const toDocument = (index) => {
    if (index < 0 || index >= sheets.length) return;
    const focused = live[current].sheet.contains(document.activeElement);
    current = index;
    show();
    if (focused) goTo(live[current].list || live[current].sheet);
  };
  const toPage = (index) => {
    const state = live[current];
    if (index < 0 || index >= state.pages.length) return;
    state.page = index;
    show();
    state.list.scrollTo(0, 0);
  };
  const zoomTo = (zoom) => { if (zoom && live[current].list) { live[current].zoom = zoom; show(); } };
  const turnBy = (degrees) => { live[current].turn = (live[current].turn + degrees + 360) % 360; show(); };
  // L’avis d’une touche : écrit dans le formulaire du complément, où rien n’est enregistré avant la décision
  const opinions = document.querySelector('[data-decision="request_complement"] form');
  const fieldOf = (sheet, kind) => {
    const code = sheet.dataset.deskPiece;
    return code && opinions ? opinions.querySelector(`[name$="-${kind}_${CSS.escape(code)}"]`) : null;
  };
  const choiceOf = (sheet) => fieldOf(sheet, 'avis');
  const isFormer = (sheet) => sheet.dataset.deskTurn === 'former';
  const wordsOf = (choice) => (choice?.value ? choice.selectedOptions[0].textContent.trim() : '');
  const given = []; // le dernier avis à la fin
  const tellVerdicts = () => sheets.forEach((sheet) => {
    const words = isFormer(sheet) ? '' : wordsOf(choiceOf(sheet));
    const place = sheet.querySelector('[data-desk-given]');
    place.hidden = !words;
    place.textContent = words && `Votre avis : ${words.toLowerCase()}`;
  });
  const write = (choice, value) => { choice.value = value; choice.dispatchEvent(new Event('change', { bubbles: true })); };
  const judge = (verdict) => {
    const { sheet } = live[current];
    const choice = choiceOf(sheet);
    if (!choice) return;
    if (isFormer(sheet)) { say('verdict', 'Ce document est remplacé : donnez votre avis sur celui qui le remplace.'); return; }
    given.push({ choice, before: choice.value, at: current });
    write(choice, verdict);
    say('verdict', `${sheet.querySelector('h3').textContent} : ${wordsOf(choice)}`);
    if (verdict === 'rejected') { opinions.closest('details').open = true; goTo(fieldOf(sheet, 'raison')); return; }
    const following = (wanted) => live.findIndex((other, index) => index > current && !isFormer(other.sheet) && wanted(other.sheet));
    const samePiece = following((other) => other.dataset.deskPiece === sheet.dataset.deskPiece);
    const next = samePiece >= 0 ? samePiece : following((other) => choiceOf(other)?.value === '');
    if (next >= 0) toDocument(next);
  };
  const unjudge = () => {
    const last = given.pop();
    if (!last) return;
    write(last.choice, last.before);
    toDocument(last.at);
    say('verdict', `Avis annulé : ${live[current].sheet.querySelector('h3').textContent}`);
  };

  const actions = {
    accepted: () => judge('accepted'),
    rejected: () => judge('rejected'),
    unjudge,
    side: () => { side = !side; show(); },
    previousDocument: () => toDocument(current - 1),
    nextDocument: () => toDocument(current + 1),
    previousPage: () => toPage(live[current].page - 1),
    nextPage: () => toPage(live[current].page + 1),
    smaller: () => zoomTo(STEPS.filter((step) => step < live[current].zoom).pop()),
    larger: () => zoomTo(STEPS.find((step) => step > live[current].zoom)),
    fit: () => zoomTo(1),
    turn: () => turnBy(90),
    turnBack: () => turnBy(-90),
    help: () => help.showModal(),
    viewer: () => goTo(live[current]?.list || live[current]?.sheet || viewer.querySelector('h2')),
    decision: () => goTo(document.querySelector('#s-decision')?.parentElement.querySelector('summary') || document.querySelector('#annuler') || document.querySelector('#s-pending')),
    complement: () => openForm('request_complement'),
    accept: () => openForm('accept'),
    refuse: () => openForm('refuse'),
    undo: () => goTo(document.querySelector('#annuler') || document.querySelector('[data-desk-undo]')),
    following: () => document.querySelector('.desk-voisines [rel=next]')?.click(),
    preceding: () => document.querySelector('.desk-voisines [rel=prev]')?.click(),
    note: () => goTo(document.querySelector('#id_note')),
  };

  const SHORTCUTS = {
    ArrowRight: 'nextPage', ArrowLeft: 'previousPage', '+': 'larger', '=': 'larger', '-': 'smaller', 0: 'fit', 'à': 'fit',
    o: 'accepted', x: 'rejected', z: 'unjudge', t: 'nextDocument', b: 'side',
    r: 'turn', R: 'turnBack', v: 'viewer', n: 'note', '?': 'help',
    d: 'decision', c: 'complement', a: 'accept', f: 'refuse', u: 'undo', s: 'following', p: 'preceding',
  };
  const SHIFTED = { ArrowRight: 'nextDocument', ArrowLeft: 'previousDocument' };
  const WITH_DOCUMENT = ['accepted', 'rejected', 'unjudge', 'side', 'nextPage', 'previousPage', 'nextDocument', 'previousDocument', 'larger', 'smaller', 'fit', 'turn', 'turnBack'];
  const ONCE = ['accepted', 'rejected', 'unjudge'];
  const wanted = () => { try { return localStorage.getItem(KEYS) !== 'non'; } catch { return true; } };
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || help.open || !wanted()) return;
    if (event.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')) return;
    if (event.target.matches('input[type=radio]') && event.key.startsWith('Arrow')) return;
    const frame = live[current]?.list;
    const scrolls = frame && document.activeElement === frame && frame.scrollWidth > frame.clientWidth + 4;
    if (event.key.startsWith('Arrow') && !event.shiftKey && scrolls) return; // un document agrandi se parcourt
    const name = (event.shiftKey && SHIFTED[event.key]) || SHORTCUTS[event.key];
    if (!name || (!sheets.length && WITH_DOCUMENT.includes(name))) return;
    event.preventDefault();
    if (event.repeat && ONCE.includes(name)) return; // une touche tenue ne juge qu’un document
    actions[name]();
  };

  const start = () => {
    const keys = help.querySelector('[data-desk-keys]');
    const sayKeys = () => document.querySelectorAll('[data-desk-key]').forEach((key) => { key.hidden = !wanted(); });
    keys.checked = wanted();
    keys.addEventListener('change', () => { try { localStorage.setItem(KEYS, keys.checked ? 'oui' : 'non'); } catch { /* le navigateur ne garde rien */ } sayKeys(); });
    document.addEventListener('keydown', onKey);
    tools = viewer.querySelector('[data-desk-tools]').content.cloneNode(true).firstElementChild;
    if (!sheets.length) {
      const button = tools.querySelector('[data-do=help]');
      button.classList.add('desk-aide');
      button.querySelector('.ea-vh').classList.remove('ea-vh');
      button.addEventListener('click', actions.help);
      viewer.querySelector('.desk-corps').append(button);
      sayKeys();
      return;
    }
    viewer.querySelector('[data-desk-sheets]').before(tools);
    sayKeys();
    opinions?.addEventListener('change', tellVerdicts);
    tellVerdicts();
    viewer.classList.add('is-live');
    tools.addEventListener('click', (event) => {
      const button = event.target.closest('[data-do]');
      if (button && button.getAttribute('aria-disabled') !== 'true') actions[button.dataset.do]();
    });
    viewer.querySelectorAll('[data-desk-tab]').forEach((tab, index) => tab.addEventListener('click', (event) => { event.preventDefault(); toDocument(index); }));
    viewer.querySelectorAll('[data-desk-pages] img').forEach((image) => image.addEventListener('load', layout));
    new ResizeObserver(layout).observe(viewer);
    const asked = sheets.findIndex((sheet) => `#${sheet.id}` === location.hash);
    current = Math.max(0, asked >= 0 ? asked : sheets.findIndex((sheet) => sheet.dataset.deskTurn === 'new'));
    show();
  };
  if (viewer && help) start();
})();
