/* Centre de gestion : où aller au clavier après chaque geste ; Ctrl + Entrée décide. Tout fonctionne sans ce fichier. */
(() => {
  'use strict';
  const content = document.querySelector('#content-main');
  if (!content) return;

  // 1. Ce qui vient d’arriver : l’erreur, l’aperçu, sinon le message de la décision prise
  const said = document.querySelector('[data-ea-errors]') || document.querySelector('#apercu') || document.querySelector('.messagelist');
  if (said && !location.hash) {
    said.tabIndex = -1;
    said.focus();
  }

  // 2. Ctrl + Entrée envoie le formulaire où l’on écrit, une seule fois
  let last = 0; // milliseconds : un double clic ou deux frappes de suite ne décident qu’une fois
  document.addEventListener('submit', (event) => {
    if (!event.target.closest('.desk-decision')) return;
    if (event.timeStamp - last < 2000 && last) event.preventDefault(); else last = event.timeStamp;
  });
  document.addEventListener('keydown', (event) => {
    const form = event.target.closest('.desk-decision form');
    if (!form || event.repeat) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('[type=submit]'));
    } else if (event.key === 'Escape' && !event.target.list) { // Échap rend les touches : on sort du texte, qui reste
      form.closest('.desk-decision').querySelector('summary').focus();
    }
  });
})();
