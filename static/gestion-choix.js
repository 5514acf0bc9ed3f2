/* Les listes à recherche de l’administration disent leur nom aux lecteurs d’écran, dès qu’elles sont posées. */
const nommer = () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const shown = document.getElementById(`select2-${select.id}-container`);
    if (!label || !shown || shown.hasAttribute("aria-labelledby")) continue;
    label.id ||= `${select.id}-nom`;
    shown.setAttribute("aria-labelledby", label.id);
    shown.closest(".select2-selection").setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
  }
};
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(nommer).observe(document.body, { childList: true, subtree: true });
  nommer();
});
