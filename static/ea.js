/* Améliorations facultatives : tout fonctionne sans ce fichier. */
(() => {
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, props = {}) => Object.assign(document.createElement(tag), props);

  // 1. Résumé d’erreurs : focus à l’arrivée, puis focus du champ visé
  const focusErrors = () => {
    const summary = document.querySelector('[data-ea-errors]');
    if (!summary) return;
    summary.focus();
    $$('a[href^="#"]', summary).forEach((link) => link.addEventListener('click', (event) => {
      const field = document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      (field.closest('fieldset')?.querySelector('legend') || document.querySelector(`label[for="${field.id}"]`) || field).scrollIntoView({ block: 'start' });
      field.focus({ preventScroll: true });
    }));
  };

  // 2a. Un bouton pressé pendant qu’un fichier part : la page attend le fichier, puis fait ce qui était demandé
  let held = null;
  const hold = (form, submitter) => {
    held = { form, name: submitter?.name, value: submitter?.value };
    $$('[data-ea-upload][data-busy] [data-ea-held]').forEach((line) => { line.textContent = line.dataset.eaHeld; });
  };
  // Ce qui reste à envoyer, par boîte : le remplacement de la section ne le perd pas ; et les boîtes qu’il y a maintenant
  const batches = new Map();
  const boxes = new Map();
  const goOn = () => {
    if (!held || batches.size || document.querySelector('[data-ea-upload][data-busy]')) return;
    const { form, name, value } = held;
    held = null;
    const button = name && $$('button[type=submit]', form).find((one) => one.name === name && one.value === value);
    if (button || !name) form.requestSubmit(button || undefined);
  };

  // 2b. Envoi : une seule fois (le serveur le garantit de son côté) ; rien n’est bloqué au retour en arrière
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method === 'dialog' || event.defaultPrevented) return;
    if (form.querySelector('[data-ea-upload][data-busy]')) { event.preventDefault(); hold(form, event.submitter); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  window.addEventListener('pageshow', () => $$('form[data-sent]').forEach((form) => delete form.dataset.sent));

  // 3. Mot de passe visible
  const showPassword = (input) => {
    const button = make('button', { type: 'button', className: 'ea-btn ea-btn--2 ea-btn--s', textContent: 'Afficher' });
    const row = make('div', { className: 'ea-pw' });
    const set = (visible) => {
      input.type = visible ? 'text' : 'password';
      button.textContent = visible ? 'Masquer' : 'Afficher';
      button.setAttribute('aria-label', `${visible ? 'Masquer' : 'Afficher'} le mot de passe`);
    };
    input.before(row);
    row.append(input, button);
    button.setAttribute('aria-controls', input.id);
    button.addEventListener('click', () => set(input.type === 'password'));
    input.form?.addEventListener('submit', () => set(false));
    set(false);
  };

  // 4. Justificatifs : envoi dès le choix, progression, annulation, glisser-déposer, erreurs dites sur place.
  // La boîte : <div data-ea-upload data-target data-choose data-drop>, avec son <input type="file">,
  // dans un élément [data-url] : l’adresse où l’envoyer.
  // Le serveur répond par la section entière (id = data-target), qui remplace l’ancienne.
  // Plusieurs fichiers choisis partent l’un après l’autre : chacun est joint, ou refusé par des mots à lui, dits à la fin.
  // Ce qui peut réussir plus tard avec le même fichier (réseau, proxy, panne chez nous) offre « Réessayer » ; un fichier refusé, non.
  const AGAIN = 'Vos réponses et vos fichiers déjà joints sont conservés.';
  const FAILURES = {
    network: `La connexion a été coupée pendant l’envoi. Vérifiez-la, puis réessayez. ${AGAIN}`,
    stalled: `L’envoi n’avance plus depuis une minute. Vérifiez votre connexion, puis réessayez. ${AGAIN}`,
    403: 'Cette page a expiré. Rechargez-la, puis choisissez à nouveau le fichier.',
    404: 'Cette demande n’est plus modifiable. Rechargez la page.',
    413: 'Ce fichier est trop volumineux. Choisissez un fichier plus léger.',
    429: 'Vous avez envoyé beaucoup de fichiers. Attendez quelques minutes, puis choisissez à nouveau le fichier.',
    502: `Notre serveur n’a pas répondu. Réessayez dans une minute. ${AGAIN}`,
    503: `Notre service est momentanément indisponible. Réessayez dans une minute. ${AGAIN}`,
    504: `Notre serveur a mis trop de temps à répondre. Réessayez dans une minute. ${AGAIN}`,
    signedout: 'Vous n’êtes plus connecté. Rechargez la page pour vous reconnecter : vos fichiers déjà joints sont conservés.',
    other: `Un problème est survenu chez nous. Réessayez dans quelques instants. ${AGAIN}`,
  };
  const STALLED = 60000; // millisecondes sans le moindre octet envoyé
  const ANSWERED = 120000; // pour la vérification, une fois tout envoyé
  const megabytes = (bytes) => (bytes < 950000 ? `${Math.max(1, Math.round(bytes / 1000))} Ko` : `${(bytes / 1e6).toLocaleString('fr-FR', { maximumFractionDigits: 1 })} Mo`);
  // Ce qui se sait avant d’envoyer ; le serveur juge tout à nouveau
  const refusal = (file, input, max) => {
    const name = `« ${file.name} »`;
    if (!file.size) return `${name} est vide. Choisissez un autre fichier.`;
    if (max && file.size > max) return `${name} pèse ${megabytes(file.size)} : c’est plus que les ${megabytes(max)} possibles. Réduisez-le ou choisissez un autre fichier.`;
    // Un nom sans extension, ou qui se trompe entre PDF et photos, ne dit rien : seules celles d’autres programmes sont arrêtées ici
    if (/\.(docx?|odt|pages|xlsx?|ods|pptx?|rtf|txt|html?|eml|msg|zip|rar|7z|exe|gif|bmp|tiff?|webp|svg|mp4|mov)$/i.test(file.name)) return `${name} doit être un PDF, une photo JPEG, PNG ou HEIC. Choisissez un autre fichier.`;
    return '';
  };

  const errorLine = (message) => {
    const line = make('p', { className: 'ea-error' });
    line.append(make('span', { textContent: message }));
    return line;
  };
  const quoted = (files) => files.map((file) => `« ${file.name} »`).join(', ');
  const named = (message, file, batch) => (batch.count < 2 || message.includes(file.name) ? message : `« ${file.name} » : ${message[0].toLowerCase()}${message.slice(1)}`);
  const unsent = (files) => `${files.length > 1 ? 'Fichiers non envoyés' : 'Fichier non envoyé'} : ${quoted(files)}.`;

  // Une section, remplacée par celle que le serveur répond ; null sans elle
  const swap = (html, id) => {
    const old = document.getElementById(id);
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById(id);
    if (!old || !fresh) return null;
    const section = document.importNode(fresh, true);
    $$('textarea[name]', old).forEach((field) => { // ce qui est écrit dans la section reste
      const same = section.querySelector(`[name="${CSS.escape(field.name)}"]`);
      if (!same) return;
      same.value = field.value;
      if (field.value) same.closest('details')?.setAttribute('open', '');
    });
    $$('details[open] > summary', old).forEach((summary) => { // ce qui est ouvert aussi
      const said = summary.textContent.trim();
      $$('details > summary', section).find((one) => one.textContent.trim() === said)?.parentElement.setAttribute('open', '');
    });
    old.replaceWith(section);
    start(section);
    return section;
  };

  const upload = (box) => {
    const input = box.querySelector('input[type=file]');
    const url = box.closest('[data-url]')?.dataset.url;
    if (!input || !url || box.dataset.ready) return;
    box.dataset.ready = '1';
    const id = input.id;
    const button = make('button', { type: 'button', className: 'ea-btn ea-btn--2', textContent: box.dataset.choose || 'Choisir un fichier', id });
    const pick = make('div', { className: 'ea-pick' });
    const live = make('p', { className: 'ea-vh' });
    const alertBox = make('div', { className: 'ea-stack ea-stack-s' });
    live.setAttribute('role', 'status');
    alertBox.setAttribute('role', 'alert');
    input.id = `${id}-natif`;
    input.hidden = true;
    $$(`label[for="${id}"]`, box).forEach((label) => { label.id ||= `${id}-label`; });
    const label = box.querySelector(`label[for="${id}"]`);
    if (label) button.setAttribute('aria-labelledby', `${id} ${label.id}`);
    if (input.hasAttribute('aria-describedby')) button.setAttribute('aria-describedby', input.getAttribute('aria-describedby'));
    pick.append(button, make('span', { className: 'ea-hint', textContent: box.dataset.drop || 'ou déposez-le ici' }));
    input.after(alertBox, pick, live);
    $$('[data-ea-nojs]', box).forEach((element) => { element.hidden = true; });
    button.addEventListener('click', () => input.click());

    // Des refus, et ce qui peut être tenté à nouveau
    const show = (messages, again = []) => {
      held = null; // les refus se lisent d’abord
      alertBox.replaceChildren(...messages.map(errorLine));
      $$('[id$="-erreur"]', box).forEach((old) => old.remove());
      if (!again.length) { button.focus(); return; }
      const retry = make('button', { type: 'button', className: 'ea-btn ea-btn--2', textContent: 'Réessayer' });
      retry.append(make('span', { className: 'ea-vh', textContent: ` l’envoi de ${again.map((file) => file.name).join(', ')}` }));
      retry.addEventListener('click', () => take(again));
      alertBox.append(retry);
      retry.focus();
    };

    const take = (files) => {
      const batch = batches.get(id) || { files: [], refused: [], count: 0 };
      batch.files.push(...files);
      batch.count += files.length;
      input.value = '';
      if (!batch.count) return;
      batches.set(id, batch);
      next();
    };
    const next = () => {
      const batch = batches.get(id);
      if (!batch || box.dataset.busy) return;
      const file = batch.files.shift();
      if (file) { send(file, batch); return; }
      batches.delete(id);
      if (batch.refused.length) show(batch.refused);
      else goOn();
    };
    const onward = () => (boxes.get(id) || { next }).next(); // celle-ci a pu être remplacée entre-temps
    const refuse = (message, batch) => {
      if (!batch.refused.includes(message)) batch.refused.push(message);
      onward();
    };
    // Ce qui suit échouerait de même
    const stop = (message, batch, file) => {
      batches.delete(id);
      const left = batch.files;
      const others = left.length ? [unsent(file ? [file, ...left] : left)] : [];
      (boxes.get(id) || { show }).show([...batch.refused, message, ...others], file ? [file, ...left] : []);
    };
    boxes.set(id, { next, show });

    const replace = (html, name, batch) => {
      boxes.delete(id);
      const section = swap(html, box.dataset.target);
      if (!section) { stop(FAILURES.signedout, batch); return; }
      announce(section.querySelector('.ea-error')?.textContent.trim() || `${name} : fichier joint.`);
      if (batch.files.length && boxes.has(id)) return;
      const target = section.querySelector(`#${CSS.escape(id)}`) || section.querySelector('[data-ea-errors], h2, button, a');
      if (target) { if (!target.matches('a, button, input')) target.tabIndex = -1; target.focus(); }
    };
    // Les fichiers du document n’ont plus de place : il n’y a plus de boîte
    const full = (batch) => {
      batches.delete(id);
      const said = batch.files.length ? [...batch.refused, `${unsent(batch.files)} Il n’y a plus de place : retirez un fichier pour le remplacer.`] : batch.refused;
      const place = document.getElementById(id.replace(/^fichier-/, 'piece-'));
      if (!said.length || !place) { goOn(); return; }
      held = null;
      const lines = make('div', { className: 'ea-stack ea-stack-s' });
      lines.setAttribute('role', 'alert');
      place.append(lines);
      lines.append(...said.map(errorLine));
    };

    const send = (file, batch) => {
      const refused = refusal(file, input, Number(box.dataset.max));
      if (refused) { refuse(refused, batch); return; }
      box.dataset.busy = '1';
      alertBox.replaceChildren();
      const request = new XMLHttpRequest();
      const data = new FormData();
      const form = input.form;
      $$('input[type=hidden]', box).concat(form ? $$(':scope > input[type=hidden]', form) : []).forEach((field) => { if (field.name && !data.has(field.name)) data.append(field.name, field.value); });
      const token = form?.querySelector('[name=csrfmiddlewaretoken]') || document.querySelector('[name=csrfmiddlewaretoken]');
      if (token) data.set('csrfmiddlewaretoken', token.value);
      data.append(input.name, file, file.name);

      const rank = batch.count > 1 ? `Fichier ${batch.count - batch.files.length} sur ${batch.count} : envoi` : 'Envoi';
      const text = make('p', { className: 'ea-file__meta', textContent: `${rank} en cours (${megabytes(file.size)})` });
      const bar = make('progress', { className: 'ea-progress', max: 100 });
      const cancel = make('button', { type: 'button', className: 'ea-btn ea-btn--link ea-btn--s', textContent: 'Annuler' });
      const row = make('div', { className: 'ea-file' });
      const middle = make('div');
      const thumb = make('span', { className: 'ea-file__thumb', textContent: (file.name.split('.').pop() || '').slice(0, 4).toUpperCase() });
      thumb.setAttribute('aria-hidden', 'true');
      bar.setAttribute('aria-label', `Envoi de ${file.name}`);
      cancel.append(make('span', { className: 'ea-vh', textContent: ` l’envoi de ${file.name}` }));
      const waiting = make('p', { className: 'ea-file__note' });
      waiting.dataset.eaHeld = `La page continuera dès que ${batch.count > 1 ? 'ces fichiers seront joints' : 'ce fichier sera joint'}.`;
      if (held) waiting.textContent = waiting.dataset.eaHeld;
      waiting.setAttribute('role', 'status');
      middle.append(make('p', { className: 'ea-file__name', textContent: file.name }), text, bar, waiting);
      row.append(thumb, middle, cancel);
      pick.before(row);
      pick.hidden = true;
      live.textContent = `Envoi de ${file.name} en cours.`;

      let silence;
      let stalled = false;
      const watch = (delay) => { clearTimeout(silence); silence = setTimeout(() => { stalled = true; request.abort(); }, delay); };
      const done = () => { clearTimeout(silence); delete box.dataset.busy; row.remove(); pick.hidden = false; live.textContent = ''; };
      cancel.addEventListener('click', () => request.abort());
      request.addEventListener('abort', () => {
        done();
        if (stalled) { stop(FAILURES.stalled, batch, file); return; }
        live.textContent = 'Envoi annulé.';
        button.focus();
        onward();
      });
      request.upload.addEventListener('progress', (event) => {
        watch(STALLED);
        if (!event.lengthComputable) return;
        const percent = Math.floor((100 * event.loaded) / event.total);
        bar.value = percent;
        text.textContent = `${rank} en cours, ${percent} % de ${megabytes(file.size)}`;
      });
      request.upload.addEventListener('load', () => { watch(ANSWERED); bar.removeAttribute('value'); text.textContent = 'Vérification en cours…'; });
      request.addEventListener('load', () => {
        done();
        const html = (request.getResponseHeader('Content-Type') || '').startsWith('text/html');
        const page = new URL(request.responseURL || location.href).pathname;
        const section = html && request.responseText.includes(`id="${box.dataset.target}"`);
        const said = section && new DOMParser().parseFromString(request.responseText, 'text/html').querySelector('.ea-error')?.textContent.trim().replace(/^Erreur\s*:\s*/, '');
        const { status } = request;
        if (html && status < 400 && page.includes('/connexion/')) stop(FAILURES.signedout, batch);
        else if (status >= 500) stop(said || FAILURES[status] || FAILURES.other, batch, file);
        else if (section && status < 400) {
          replace(request.responseText, file.name, batch);
          if (boxes.has(id)) onward();
          else full(batch);
        } else if (section && batch.count === 1) {
          batches.delete(id);
          replace(request.responseText, file.name, batch);
          held = null;
        } else if (status === 413 || (section && status !== 429)) {
          refuse(named(said || FAILURES[413], file, batch), batch);
        } else stop(said || FAILURES[status] || FAILURES.other, batch);
      });
      request.addEventListener('error', () => { done(); stop(FAILURES.network, batch, file); });
      watch(STALLED);
      request.open('POST', url);
      request.setRequestHeader('X-Requested-With', 'fetch');
      request.send(data);
    };

    input.addEventListener('change', () => take([...input.files]));
    ['dragenter', 'dragover'].forEach((type) => box.addEventListener(type, (event) => { event.preventDefault(); box.classList.add('is-over'); }));
    ['dragleave', 'drop'].forEach((type) => box.addEventListener(type, () => box.classList.remove('is-over')));
    box.addEventListener('drop', (event) => {
      event.preventDefault();
      take([...event.dataTransfer.files]);
    });
  };

  // 4b. Retirer un fichier, ou changer l’ordre des pages, sur place ; au moindre ennui, la page entière le fait comme sans script
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('#pieces [data-ea-act]');
    if (!button || batches.size || document.querySelector('[data-ea-upload][data-busy]')) return;
    event.preventDefault();
    if (button.getAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    const { form, name, value } = button;
    const place = button.closest('[id^="piece-"]').id;
    const row = button.closest('.ea-file').id;
    const rank = $$('.ea-file', document.getElementById(place)).findIndex((one) => one.id === row);
    const data = new FormData();
    data.set('csrfmiddlewaretoken', form.querySelector('[name=csrfmiddlewaretoken]').value);
    fetch(button.dataset.eaAct, { method: 'POST', body: data, credentials: 'same-origin', headers: { 'X-Requested-With': 'fetch' } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ''), () => '')
      .then((html) => {
        const section = html && swap(html, 'pieces');
        if (!section) { button.removeAttribute('aria-disabled'); form.requestSubmit(button); return; }
        const rows = $$('.ea-file', document.getElementById(place));
        const next = rows.find((one) => one.id === row) || rows[Math.min(rank, rows.length - 1)];
        const target = next?.querySelector(`[name="${name}"]`) || next?.querySelector('[data-ea-act]')
          || document.getElementById(place.replace(/^piece-/, 'fichier-')) || section.querySelector('h2');
        if (!target.matches('a, button, input')) target.tabIndex = -1;
        target.focus();
        announce(section.querySelector('.ea-quota')?.textContent.replace(/\s+/g, ' ').trim());
      });
  });

  // Une zone d’annonce qui survit au remplacement des sections
  const speaker = make('p', { className: 'ea-vh' });
  speaker.setAttribute('role', 'status');
  const announce = (text) => { speaker.textContent = ''; if (text) setTimeout(() => { speaker.textContent = text; }, 150); };

  // Copier un texte : le bouton n’apparaît que là où il peut servir
  const copying = (button) => {
    if (!navigator.clipboard) return;
    const label = [...button.childNodes];
    button.hidden = false;
    button.addEventListener('click', () => navigator.clipboard.writeText(document.getElementById(button.dataset.eaCopy).textContent.trim()).then(
      () => { button.textContent = 'Copié'; announce('C’est copié.'); setTimeout(() => button.replaceChildren(...label), 3000); },
      () => announce('La copie n’a pas fonctionné : sélectionnez le texte.'),
    ));
  };

  const start = (root) => {
    $$('[data-ea-pw]', root).forEach(showPassword);
    $$('[data-ea-upload]', root).forEach(upload);
    $$('[data-ea-copy]', root).forEach(copying);
  };

  // 5. Documents : l’état de l’antivirus et l’aperçu arrivent sans recharger ; rien d’autre de la page ne bouge
  const WAITED = '[data-ea-wait]';
  const follow = async (left, delay) => {
    if (!left) return;
    if (document.querySelector(WAITED) && !document.hidden) {
      const page = await fetch(location.href, { credentials: 'same-origin', headers: { 'X-Background': '1' } }).then((answer) => (answer.ok && !answer.redirected ? answer.text() : ''), () => '');
      const fresh = new DOMParser().parseFromString(page, 'text/html');
      $$(WAITED).forEach((row) => {
        const now = row.id && fresh.getElementById(row.id);
        if (!now || now.outerHTML === row.outerHTML || row.contains(document.activeElement)) return;
        row.replaceWith(document.importNode(now, true));
        const said = now.querySelector('.ea-state--err, .ea-file__meta .ea-state:last-child');
        if (said) announce(`${now.querySelector('.ea-file__name').textContent.trim()} : ${said.textContent.trim()}`);
      });
    }
    if (document.querySelector('[data-ea-wait="brisk"]')) setTimeout(follow, 1000, left, delay); // une barre qui avance
    else setTimeout(follow, delay, left - 1, Math.min(delay * 1.3, 15000));
  };

  // 6. Imprimer la page : le bouton n’apparaît que là où il peut servir
  $$('[data-ea-print]').forEach((button) => { button.hidden = false; button.addEventListener('click', () => window.print()); });

  // 7. Cocher toute la page, et dire combien le sont
  $$('[data-ea-tick]').forEach((button) => {
    const form = document.getElementById(button.dataset.eaTick);
    const ticks = () => [...form.elements].filter((field) => field.type === 'checkbox');
    const label = form.querySelector('[type=submit]').lastChild;
    const words = label.textContent;
    const tell = () => {
      const count = ticks().filter((box) => box.checked).length;
      label.textContent = count ? `${words} (${count})` : words;
      button.textContent = count === ticks().length ? 'Tout décocher' : 'Tout cocher';
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      const all = ticks();
      const checked = !all.every((box) => box.checked);
      all.forEach((box) => { box.checked = checked; });
      tell();
      announce(checked ? `${all.length} cochés` : 'Aucun coché');
    });
    document.addEventListener('change', (event) => { if (event.target.form === form) tell(); });
    tell();
  });

  // Un jour saisi choisit la réponse à laquelle il appartient (data-ea-picks : son identifiant)
  document.addEventListener('input', (event) => {
    const answer = document.getElementById(event.target.dataset?.eaPicks);
    if (answer && event.target.value) answer.checked = true;
  });

  // Un fichier lâché à côté d’une boîte n’ouvre pas le fichier à la place de la page
  if (document.querySelector('[data-ea-upload]')) ['dragover', 'drop'].forEach((type) => document.addEventListener(type, (event) => { if (!event.target.closest?.('[data-ea-upload]')) event.preventDefault(); }));
  (document.querySelector('main') || document.body).append(speaker);
  focusErrors();
  start(document);
  if (document.querySelector(`[data-ea-upload], ${WAITED}`)) setTimeout(follow, 1500, 30, 1500);
})();
