// Keys of the console. Every key does what a visible control does; nothing works by key alone.
(() => {
  const typing = (el) => el && (el.tagName === "TEXTAREA" || el.tagName === "SELECT" ||
    (el.tagName === "INPUT" && !["radio", "checkbox", "submit"].includes(el.type)));
  const help = document.getElementById("help");

  document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());

  let pending = null;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))].focus();
  };

  const submit = () => {
    const form = document.getElementById("decision");
    if (form) form.requestSubmit();
    return Boolean(form);
  };

  const reason = () => document.getElementById("reason");

  // A draft of the reason from the answers given: the reviewer reads it, changes it, and signs it.
  const draft = (button) => {
    const said = [...document.querySelectorAll("#decision input[data-label]:checked")]
      .map((input) => input.dataset.label);
    const { care } = button.dataset;
    if (care) reason().value = `${care}の言葉があったため、担当へ引き継ぐ。`;
    else if (said.length) reason().value = `${button.dataset.draft}について、${said.join("、")}ため、この結論とした。`;
    reason().focus();
    reason().setSelectionRange(reason().value.length, reason().value.length);
  };
  document.querySelector("[data-draft]")?.addEventListener("click", (e) => draft(e.currentTarget));

  // Without scripts a veil is a submit button; with them htmx alone opens it.
  document.querySelectorAll("button.veil").forEach((veil) => { veil.type = "button"; });

  document.querySelector("[data-open]")?.addEventListener("click", (e) => {
    document.querySelector("[data-now]")?.click();
    e.currentTarget.closest("p").hidden = true;
  });

  // What opens in the panel is brought into its view.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open && target.closest(".asked, .sheet")) target.scrollIntoView({ block: "nearest" });
  }, true);

  document.addEventListener("keydown", (event) => {
    const here = document.activeElement;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (submit()) event.preventDefault();
      return;
    }
    if (event.key === "Escape" && typing(here)) { here.blur(); return; }
    if (event.key === "Escape" && !help?.open) {
      const sheet = document.querySelector(".more-of > details[open]");
      if (sheet) { sheet.open = false; sheet.querySelector("summary").focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(here) || help?.open) return;
    if (event.isComposing) return;
    if (event.key === "?") { help?.showModal(); event.preventDefault(); return; }
    if (event.key === "j" || event.key === "k") { move(event.key === "j" ? 1 : -1); event.preventDefault(); return; }
    if (event.key === "g") { location.href = "/"; return; }
    if (event.key === "Enter") {
      if (here && ["A", "BUTTON", "SUMMARY"].includes(here.tagName)) return;
      if (submit()) { event.preventDefault(); return; }
    }
    const focus = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    if (focus) { focus.focus(); event.preventDefault(); return; }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    // Fast fingers choose an outcome before the answers have opened it: it is kept until they have.
    if (target.disabled) { pending = { key: event.key, until: Date.now() + 2000 }; } else {
      for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
      target.click();
      target.closest("label")?.scrollIntoView({ block: "nearest" });
    }
  });

  // An outcome chosen while the answers were still on their way stays chosen, if they leave it open.
  let chosen = null;
  document.addEventListener("htmx:beforeSwap", () => {
    chosen = document.querySelector("#outcomes input:checked")?.value ?? chosen;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!chosen || document.querySelector("#outcomes input:checked")) return;
    const again = document.querySelector(`#outcomes input[value="${CSS.escape(chosen)}"]:not(:disabled)`);
    if (again) again.checked = true;
    chosen = null;
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!pending || Date.now() > pending.until) return;
    const target = document.querySelector(`#outcomes [data-key="${CSS.escape(pending.key)}"]:not(:disabled)`);
    if (target) {
      pending = null;
      target.click();
      target.closest("label").scrollIntoView({ block: "nearest" });
    }
  });

  // Answers given before the page had finished loading, or kept by the browser, count as well.
  window.addEventListener("pageshow", () => {
    const given = document.querySelector("#decision fieldset[hx-get] input:checked");
    if (given && window.htmx) htmx.trigger(given.closest("fieldset"), "change");
  });

  // A decision is sent once, however often the key is pressed.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    if (event.target.method !== "dialog") event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Words chosen in the conversation go into the open correction, with their turn.
  document.addEventListener("selectionchange", () => {
    const chosen = document.getSelection();
    const bubble = chosen.anchorNode?.parentElement?.closest(".bubble");
    if (!bubble || chosen.isCollapsed || !bubble.contains(chosen.focusNode)) return;
    const form = document.querySelector(".actions details[open] [data-selection]")?.form;
    if (!form) return;
    form.querySelector("[data-selection]").value = chosen.toString();
    const turn = form.querySelector("[data-selection-turn]");
    if (turn) turn.value = bubble.dataset.turn;
  });

  document.querySelector(".siblings [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.querySelector("[data-evidence]")?.scrollIntoView({ block: "center" });
})();
