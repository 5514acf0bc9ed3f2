/* La page d’une décision en lot se relit tant que le travail avance. Sans script, un lien la relit. */
const relire = async () => {
  let lot = document.getElementById("lot");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Background": "1" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("lot");
    if (!answer.ok || !fresh) return;
    if (fresh.hasAttribute("data-lot-en-cours")) {
      lot.querySelector("progress").value = fresh.querySelector("progress").value;
      const said = lot.querySelector("[role=status]");
      if (said.textContent !== fresh.querySelector("[role=status]").textContent) said.textContent = fresh.querySelector("[role=status]").textContent;
      setTimeout(relire, 1500);
    } else location.reload();
  } catch {
    setTimeout(relire, 5000);
  }
};
if (document.querySelector("[data-lot-en-cours]")) setTimeout(relire, 700);
