/* Centre de gestion : la visionneuse des documents. Sans ce script, la page donne la liste des pages et leurs liens. */
(() => {
  'use strict';
  const viewer = document.querySelector('[data-desk-viewer]');
  const sheets = viewer ? [...viewer.querySelectorAll('[data-desk-document]')] : [];
  const help = viewer?.querySelector('[data-desk-help]');
  const STEPS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4];
  const KEYS = 'gestion-raccourcis';
  let current = 0;

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

  const layout = () => {
    const { list, pages, page, zoom, turn } = live[current];
    if (!list) return;
    const box = pages[page].querySelector('a');
    const image = box.querySelector('img');
    const [width, height] = image.naturalWidth ? [image.naturalWidth, image.naturalHeight] : [210, 297];
    const shown = Math.max(80, (list.clientWidth - 2) * zoom);
    const quarter = turn % 180 !== 0;
    const imageWidth = quarter ? (shown * width) / height : shown;
    const imageHeight = (imageWidth * height) / width;
    box.style.width = `${shown}px`;
    box.style.height = `${quarter ? imageWidth : imageHeight}px`;
    image.style.width = `${imageWidth}px`;
    image.style.height = `${imageHeight}px`;
    image.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
  };

  const off = (button, value) => { if (button) button.setAttribute('aria-disabled', value ? 'true' : 'false'); };
  let tools;
  const say = (name, words) => { const place = tools.querySelector(`[data-desk-${name}]`); if (place.textContent !== words) place.textContent = words; };

  const show = () => {
    const { sheet, list, pages, page, zoom } = live[current];
    sheets.forEach((other, index) => { other.hidden = index !== current; });
    viewer.querySelectorAll('[data-desk-tab]').forEach((tab) => {
      if (tab.dataset.deskTab === sheet.id) tab.setAttribute('aria-current', 'true'); else tab.removeAttribute('aria-current');
    });
    pages.forEach((item, index) => { item.hidden = index !== page; });
    tools.querySelectorAll('[data-desk-if-pages]').forEach((group) => { group.hidden = !list; });
    tools.querySelector('[data-desk-if-documents]').hidden = sheets.length < 2;
    say('document-place', `Document ${current + 1} sur ${sheets.length}`);
    say('page-place', `Page ${page + 1} sur ${pages.length}`);
    say('zoom', `${Math.round(zoom * 100)} %`);
    const button = (name) => tools.querySelector(`[data-do="${name}"]`);
    off(button('previousDocument'), current === 0);
    off(button('nextDocument'), current === sheets.length - 1);
    off(button('previousPage'), page === 0);
    off(button('nextPage'), page >= pages.length - 1);
    off(button('smaller'), zoom <= STEPS[0]);
    off(button('larger'), zoom >= STEPS[STEPS.length - 1]);
    if (list && !list.hasAttribute('tabindex')) {
      list.tabIndex = 0;
      list.setAttribute('aria-label', `Pages de ${sheet.dataset.deskDocument}`);
    }
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
  const actions = {
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
    r: 'turn', R: 'turnBack', v: 'viewer', n: 'note', '?': 'help',
    d: 'decision', c: 'complement', a: 'accept', f: 'refuse', u: 'undo', s: 'following', p: 'preceding',
  };
  const SHIFTED = { ArrowRight: 'nextDocument', ArrowLeft: 'previousDocument' };
  const WITH_DOCUMENT = ['nextPage', 'previousPage', 'nextDocument', 'previousDocument', 'larger', 'smaller', 'fit', 'turn', 'turnBack'];
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
    actions[name]();
  };

  const start = () => {
    const keys = help.querySelector('[data-desk-keys]');
    const sayKeys = () => document.querySelectorAll('[data-desk-key]').forEach((key) => { key.hidden = !wanted(); });
    keys.checked = wanted();
    keys.addEventListener('change', () => { try { localStorage.setItem(KEYS, keys.checked ? 'oui' : 'non'); } catch { /* le navigateur ne garde rien */ } sayKeys(); });
    document.addEventListener('keydown', onKey);
    sayKeys();
    tools = viewer.querySelector('[data-desk-tools]').content.cloneNode(true).firstElementChild;
    if (!sheets.length) {
      const button = tools.querySelector('[data-do=help]');
      button.classList.add('desk-aide');
      button.querySelector('.ea-vh').classList.remove('ea-vh');
      button.addEventListener('click', actions.help);
      viewer.querySelector('.desk-corps').append(button);
      return;
    }
    sheets[0].before(tools);
    viewer.classList.add('is-live');
    tools.addEventListener('click', (event) => {
      const button = event.target.closest('[data-do]');
      if (button && button.getAttribute('aria-disabled') !== 'true') actions[button.dataset.do]();
    });
    viewer.querySelectorAll('[data-desk-tab]').forEach((tab, index) => tab.addEventListener('click', (event) => { event.preventDefault(); toDocument(index); }));
    viewer.querySelectorAll('[data-desk-pages] img').forEach((image) => image.addEventListener('load', layout));
    new ResizeObserver(layout).observe(viewer);
    current = Math.max(0, sheets.findIndex((sheet) => `#${sheet.id}` === location.hash));
    show();
  };
  if (viewer && help) start();
})();
