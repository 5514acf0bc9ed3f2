// What no other tool says of a page: focus that shows, what overflows, what is cut, what moves. Read by looking.py.
(() => {
  const all = (selector = '*') => [...document.body.querySelectorAll(selector)];
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  const hiddenFromSight = (el) => { const box = el.getBoundingClientRect(); return box.width <= 1 || box.height <= 1 || getComputedStyle(el).clipPath === 'inset(50%)'; };
  const named = (el) => {
    const classes = typeof el.className === 'string' && el.className.trim() ? `.${el.className.trim().split(/\s+/).join('.')}` : '';
    return `<${el.tagName.toLowerCase()}${el.id ? `#${el.id}` : ''}${classes}> ${(el.textContent || el.value || '').trim().replace(/\s+/g, ' ').slice(0, 40)}`;
  };
  const transparent = (colour) => /transparent|, 0\)$|\/ 0\)$/.test(colour);

  // Focus: something of the element, of its label or of what stands around it changes when the keyboard reaches it
  const outline = (style) => (style.outlineStyle === 'none' || style.outlineWidth === '0px' || transparent(style.outlineColor) ? '' : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`);
  const drawn = (el, forced) => {
    const style = getComputedStyle(el);
    const borders = ['Top', 'Bottom'].map((side) => `${style[`border${side}Style`]} ${style[`border${side}Width`]} ${style[`border${side}Color`]}`);
    return [outline(style), ...borders, ...(forced ? [] : [style.boxShadow, style.backgroundColor, style.textDecorationLine])].join('|');
  };
  const stops = () => all('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]').filter((el) => !el.disabled && el.tabIndex >= 0 && seen(el));
  const focus = (forced) => {
    const faults = [];
    for (const el of stops()) {
      document.activeElement?.blur();
      const around = [el, el.parentElement, el.parentElement.parentElement, ...(el.labels || [])].filter((one) => one && one !== document.body);
      const before = around.map((one) => drawn(one, forced));
      el.focus({ preventScroll: true });
      if (document.activeElement === el && around.every((one, rank) => drawn(one, forced) === before[rank])) faults.push(named(el));
    }
    document.activeElement?.blur();
    return faults;
  };

  // Sideways scroll, and what causes it
  const scrolls = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const held = (el) => { for (let up = el.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== 'visible') return true; return false; };
    const wide = all().filter((el) => seen(el) && el.getBoundingClientRect().right > root.clientWidth + 1 && !held(el));
    return [`${root.scrollWidth} px`, ...wide.filter((el) => ![...el.children].some((child) => wide.includes(child))).slice(0, 3).map(named)];
  };

  // WCAG 1.4.12: with more space between lines, words and letters nothing is cut
  const cut = () => all().filter((el) => {
    const style = getComputedStyle(el);
    const clips = [style.overflowX, style.overflowY].map((way) => way === 'hidden' || way === 'clip');
    if (!(clips[0] || clips[1]) || !el.textContent.trim() || !seen(el) || hiddenFromSight(el) || el.matches('select,option,svg *')) return false;
    return (clips[0] && el.scrollWidth > el.clientWidth + 1) || (clips[1] && el.scrollHeight > el.clientHeight + 1);
  }).map(named);
  const spaced = () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const found = [...cut(), ...scrolls()];
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    return found;
  };

  // For who asked for less motion: nothing runs, nothing slides
  const seconds = (text) => Math.max(...text.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1)));
  const moves = () => [document.documentElement, ...all()].filter((el) => {
    const style = getComputedStyle(el);
    const slides = /all|transform|translate|rotate|scale|left|right|top|bottom|width|height|margin/.test(style.transitionProperty) && seconds(style.transitionDuration) > 0.01;
    return slides || (style.animationName !== 'none' && seconds(style.animationDuration) > 0.01) || style.scrollBehavior === 'smooth';
  }).map(named);

  // Forced colours take backgrounds and shadows away: what is pressed or filled in keeps an edge, or is underlined
  const edgeless = () => all('button,.ea-btn,.button,input:not([type=hidden],[type=checkbox],[type=radio],[type=file],[type=image],[type=range]),select,textarea').filter((el) => {
    const style = getComputedStyle(el);
    const edge = ['Top', 'Bottom', 'Left', 'Right'].some((side) => style[`border${side}Style`] !== 'none' && style[`border${side}Width`] !== '0px');
    return seen(el) && !hiddenFromSight(el) && !edge && !outline(style) && style.textDecorationLine === 'none';
  }).map(named);

  // Without `preload`: axe asks again for what a style sheet imports and writes it in the page, which the policy forbids
  const audit = async (only) => (await window.axe.run(document, { preload: false, resultTypes: ['violations'], rules: { 'target-size': { enabled: true } }, ...(only && { runOnly: only }) })).violations
    .map(({ id, nodes }) => `${id} ${nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}`);
  const headings = () => { const found = all('h1').filter(seen); return found.length === 1 && found[0].textContent.trim() ? [] : found.length ? found.map(named) : ['aucun']; };

  window.look = { focus, scrolls, spaced, moves, edgeless, audit, headings };
})();
