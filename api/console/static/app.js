// Keys of the console. Every key does what a visible control does; nothing works by key alone.
(() => {
  const typing = (el) => el && (el.tagName === "TEXTAREA" || el.tagName === "SELECT" ||
    (el.tagName === "INPUT" && !["radio", "checkbox", "submit"].includes(el.type)));
  const help = document.getElementById("help");

  document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());

  let pending = null;
  let chosen = null;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const move = (step) => {
    const all = rows(), at = all.indexOf(document.activeElement);
    const from = at < 0 ? all.findIndex((row) => row.hasAttribute("aria-current")) : at;
    const to = all[from + step];
    to?.focus();
    return Boolean(to);
  };

  const submit = () => {
    const form = document.getElementById("decision");
    if (form) form.requestSubmit();
    return Boolean(form);
  };

  const reason = () => document.getElementById("reason");

  // What is missing is said beside it, in words of the page's own, and gets the focus.
  const unsaid = () => {
    document.getElementById("lack")?.remove();
    document.querySelectorAll("[aria-invalid]").forEach((el) => el.removeAttribute("aria-invalid"));
    document.querySelectorAll("[aria-describedby=lack]").forEach((el) => el.removeAttribute("aria-describedby"));
    document.querySelectorAll("[data-hint][data-said]").forEach((hint) => {
      hint.textContent = hint.dataset.said;
      delete hint.dataset.said;
    });
  };
  const ask = (group, said) => {
    unsaid();
    const lack = Object.assign(document.createElement("p"), { id: "lack", className: "lack", textContent: said });
    lack.setAttribute("role", "alert");
    group.querySelector("legend, span").after(lack);
    group.setAttribute("aria-describedby", "lack");
  };
  const hint = (said) => {
    unsaid();
    const there = document.querySelector("[data-hint]");
    if (!there) return;
    there.dataset.said = there.textContent;
    there.textContent = said;
  };
  document.addEventListener("input", unsaid);

  const groups = () => [...document.querySelectorAll("#decision fieldset")]
    .filter((group) => group.querySelector("input[type=radio]:is([required], [data-due])"));
  const answered = (group) => group.querySelector("input:checked:not(:disabled)");
  const openQuestions = () => groups().filter((group) => !group.closest("#outcomes") && !answered(group));
  // A mistake, a duplicate and the staff's own conduct are decided without a judgement of the customer's.
  const unanswered = () => (document.querySelector("#outcomes [data-free]:checked") ? [] : openQuestions());

  // Whether everything is there that a decision takes; where not, the first that is missing is asked for.
  const complete = (form) => {
    unsaid();
    const open = unanswered()[0] ?? groups().find((group) => group.closest("#outcomes") && !answered(group));
    if (open) {
      ask(open, open.closest("#outcomes") ? "結論を選んでください。" : "答えを選んでください。");
      const first = open.querySelector("input:not(:disabled)");
      first?.focus();
      open.scrollIntoView({ block: "nearest" });
      return false;
    }
    const original = form.querySelector("[name=duplicate_of]");
    if (original && !original.value && form.querySelector("[data-duplicate]:checked")) {
      ask(original.closest("label"), "どの候補と重複しているかを選んでください。");
      original.focus();
      return false;
    }
    if (reason() && reason().value.replace(/\s/g, "").length < Number(reason().minLength)) {
      hint(`理由を${reason().minLength}文字以上で書いてください。`);
      reason().setAttribute("aria-invalid", "true");
      reason().focus();
      return false;
    }
    return true;
  };

  // A draft of the reason from the outcome chosen: the reviewer reads it, changes it, and signs it.
  let drafted = "";
  let drafting = false;
  const COUNTS = ["", "一つ", "二つ", "三つ", "四つ", "五つ"];
  const drawn = (said) => {
    const original = document.querySelector("[name=duplicate_of]");
    const named = original && !["", "none"].includes(original.value);
    return said.replace(
      "〔元の候補〕", named ? `「${original.selectedOptions[0].text}」` : "（元の件の日時や番号：　　　）",
    );
  };
  const chosenNow = () => document.querySelector("#outcomes input:checked:not(:disabled)");
  const draft = () => {
    const { care } = document.querySelector("[data-draft]").dataset;
    const chosen = chosenNow();
    if (!care) {
      const open = unanswered();
      const titles = open.map((group) => `「${group.dataset.title}」`).join("");
      const all = open.length === groups().length - 1 && COUNTS[open.length];
      if (open.length) { hint(`先に${all ? `${all}の問い` : titles}に答えてください`); return; }
      // The answers, or the outcome that waits for them, may still be on their way; the draft comes with them.
      const waits = !chosen && pending && Date.now() <= pending.until;
      if (waits || document.querySelector("#decision .htmx-request")) { drafting = true; return; }
      if (!chosen) { hint("先に結論を選んでください"); return; }
    }
    unsaid();
    const text = drawn(care || chosen.dataset.text);
    const box = reason();
    // What the reviewer wrote stays; an earlier draft makes way for the new one.
    if (drafted && box.value.includes(drafted)) box.value = box.value.replace(drafted, () => text);
    else box.value = box.value.trim() ? `${box.value.trimEnd()}\n${text}` : text;
    drafted = text;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    if (document.querySelector("[data-either]") && "judged" in (chosen?.dataset ?? {})) hint("下書きに、何が分かれ目かを書き足してください");
  };
  // A draft that stands as it was drawn goes along with another conclusion, other answers, another original;
  // a cause that a button wrote is said of a mistake alone. What the reviewer typed stays, and so does the caret.
  const caused = new Set();
  let composing = false;
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => { composing = false; redraw(); });
  const swap = (said, text) => {
    const at = said ? reason().value.indexOf(said) : -1;
    if (at < 0 || said === text) return;
    reason().setRangeText(text, at, at + said.length, "preserve");
    hint("下書きを結論に合わせました");
  };
  const redraw = () => {
    const box = reason(), chosen = chosenNow();
    if (!box || box.readOnly || composing || !chosen) return;
    if (drafted && chosen.dataset.text && box.value.includes(drafted)) {
      const text = drawn(chosen.dataset.text);
      swap(drafted, text);
      drafted = text;
    }
    if (!("error" in chosen.dataset)) {
      caused.forEach((said) => swap(said, ""));
      caused.clear();
      sayPressed();
    }
  };
  document.addEventListener("change", ({ target }) => {
    if (target.closest("#outcomes") || target.name === "duplicate_of") redraw();
  });

  // While something is being recorded no other key, button or link works, and the page says so.
  const PATIENCE = 30000;
  let saving = null;
  const hold = (form, button) => {
    saving = { form, button, label: button?.innerHTML };
    form.setAttribute("aria-busy", "true");
    document.body.dataset.saving = "";
    if (reason()) reason().readOnly = true;
    document.querySelectorAll("[data-key=u]").forEach((undo) => { undo.disabled = true; });
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.textContent = "記録中…";
    }
  };
  const release = () => {
    if (!saving) return;
    const { form, button, label } = saving;
    saving = null;
    form.removeAttribute("aria-busy");
    delete document.body.dataset.saving;
    if (reason()) reason().readOnly = false;
    document.querySelectorAll("[data-key=u]").forEach((undo) => { undo.disabled = false; });
    button?.removeAttribute("aria-disabled");
    if (button) button.innerHTML = label;
  };
  const failed = (form, said) => {
    const there = form.querySelector(".sign") ?? document.querySelector(`[form="${form.id}"]`)?.parentElement ?? form;
    there.querySelector("[data-failed]")?.remove();
    const alert = Object.assign(document.createElement("p"), { className: "notice bad", textContent: said });
    alert.setAttribute("role", "alert");
    alert.dataset.failed = "";
    there.prepend(alert);
  };

  // Within a conversation what is read stands where it stood, from one flag to the next; words that are
  // shown or veiled move nothing at all.
  const keep = (still = false) => {
    if (document.querySelector(".case")) sessionStorage.setItem("kept", `${location.pathname} ${scrollY} ${still ? "still" : ""}`);
  };

  // Sent without leaving the page, so that nothing typed is lost where it does not arrive.
  const send = async (form, button) => {
    const body = new URLSearchParams(new FormData(form));
    const kept = reason() ? "答えと理由は、この画面に残っています。" : "";
    const stop = new AbortController();
    const clock = setTimeout(() => stop.abort(), PATIENCE);
    document.querySelector("[data-failed]")?.remove();
    hold(form, button);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, keepalive: true, signal: stop.signal,
        headers: { "HX-Request": "true", Accept: "text/html" },
      });
      const onward = answer.headers.get("HX-Redirect");
      if (onward) { keep(); location.assign(onward); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      release();
      if (page.querySelector("#panel")) { arrive(page); return; }
      if (answer.redirected) failed(form, `サインインが切れていたため、記録していません。${kept}理由を写してから、サインインし直してください。`);
      else failed(form, `記録できませんでした。${page.querySelector(".message p")?.textContent ?? ""}${kept}`);
    } catch {
      release();
      failed(form, `返事がなく、記録できたか分かりません。${kept}通信を確かめて、もう一度押してください。`);
    } finally {
      clearTimeout(clock);
    }
  };

  // The page as the server gives it after a refusal, with what was typed in it.
  const arrive = (page) => {
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    window.htmx?.process(document.querySelector("main"));
    ready(true);
  };

  document.addEventListener("click", (event) => {
    if (saving) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  const because = (cause) => `${cause.dataset.cause}と思われる。`;
  const sayPressed = () => document.querySelectorAll("[data-cause]").forEach((cause) => {
    cause.setAttribute("aria-pressed", String(reason().value.includes(because(cause))));
  });
  document.addEventListener("input", ({ target }) => { if (target === reason()) sayPressed(); });

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("[data-draft]")) draft();
    const cause = target.closest("[data-cause]");
    if (cause) {
      // With the draft, where nothing is written yet; once more takes it away again.
      if (!reason().value.trim()) draft();
      const said = because(cause), before = reason().value;
      reason().value = before.includes(said) ? before.replace(said, "") : before + said;
      caused.add(said);
      sayPressed();
      // The draft goes into the reason: back from it to the keys, or to the button that a key has pressed.
      if (event.detail) document.activeElement?.blur(); else cause.focus();
    }
    const link = target.closest("a[href]");
    if (link?.pathname === location.pathname && !(event.ctrlKey || event.metaKey || event.shiftKey)) keep(link.dataset.key === "v");
    const open = target.closest("[data-open]");
    if (open) {
      opening = true;
      openNext();
      // It keeps its place until the words stand there.
      open.style.visibility = "hidden";
    }
  });

  // The words that a flag points at are opened one after another: each look is recorded by itself.
  let opening = false;
  const openNext = () => {
    const veil = opening && document.querySelector("[data-now]");
    if (veil) veil.click();
    else opening = false;
  };
  document.addEventListener("htmx:afterSettle", openNext);

  // The button says what it decides, wherever the outcome itself has scrolled to.
  const sayChosen = () => {
    const there = document.querySelector("[data-chosen]");
    if (!there) return;
    there.dataset.plain ??= there.textContent;
    const label = document.querySelector("#outcomes input:checked")?.closest("label").querySelector("span > span");
    there.textContent = label ? `「${label.textContent}」と決定` : there.dataset.plain;
  };
  document.addEventListener("change", sayChosen);
  document.addEventListener("htmx:afterSettle", () => setTimeout(sayChosen));

  // What needs answers first is not to be chosen before them. Without scripts the server says so.
  const wait = () => document.querySelectorAll("#outcomes input[data-waits]").forEach((input) => {
    if (input.checked) { chosen = input.value; input.checked = false; }
    input.disabled = true;
  });

  // What opens in the panel is brought into its view.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open && target.closest(".asked, .sheet")) target.scrollIntoView({ block: "nearest" });
  }, true);

  document.addEventListener("keydown", (event) => {
    const here = document.activeElement;
    if (saving) {
      const moves = event.key === "Tab" || (event.key.startsWith("Arrow") && here?.type !== "radio");
      if (!moves && !event.key.startsWith("Page")) event.preventDefault();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (event.repeat || submit()) event.preventDefault();
      return;
    }
    if (event.key === "Escape" && typing(here)) { here.blur(); return; }
    if (event.key === "Escape" && !help?.open) {
      const sheet = document.querySelector(".more-of > details[open]");
      if (sheet) { sheet.open = false; sheet.querySelector("summary").focus(); }
      else document.querySelector("[data-back]")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(here) || help?.open) return;
    if (event.isComposing) return;
    if (event.key === "?") { help?.showModal(); event.preventDefault(); return; }
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.key.length === 1) { move(step); event.preventDefault(); return; }
    // Beyond the first and the last row the arrows scroll, as they do where there are no rows.
    if (step && !event.shiftKey && move(step)) { event.preventDefault(); return; }
    if (event.key === "g") { location.href = document.body.dataset.list; return; }
    if (event.key === "Enter") {
      if (here && ["A", "BUTTON", "SUMMARY"].includes(here.tagName)) return;
      if (event.repeat || submit()) { event.preventDefault(); return; }
      const row = document.querySelector("[data-row][aria-current]");
      if (row && here === document.body) { row.click(); event.preventDefault(); return; }
    }
    const focus = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    if (focus) { focus.focus(); event.preventDefault(); return; }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) { if (event.key === "o" && reason()) hint("この候補の根拠に、伏せた言葉はありません"); return; }
    event.preventDefault();
    // Fast fingers choose an outcome before the answers have opened it: it is kept until they have.
    if (target.disabled) {
      pending = { key: event.key, until: Date.now() + 2000 };
      const open = target.closest("#outcomes") && openQuestions()[0];
      if (open) { ask(open, "先にこの問いに答えてください。"); open.scrollIntoView({ block: "nearest" }); }
    } else {
      if (target.closest("#outcomes")) pending = null;
      for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
      target.click();
      target.closest("label")?.scrollIntoView({ block: "nearest" });
    }
  });

  // What stood from another flag is no longer said to, once somebody has answered here.
  document.addEventListener("change", ({ target }) => {
    const said = target.matches("input") && target.closest("#decision fieldset")?.querySelector("[data-carried]");
    if (said) { said.textContent = said.dataset.carried; said.removeAttribute("data-carried"); }
  });

  // An outcome chosen while the answers were still on their way stays chosen, if they leave it open.
  let lacked = false;
  document.addEventListener("htmx:beforeSwap", () => {
    lacked = Boolean(document.querySelector("#outcomes [data-missing]"));
    chosen = document.querySelector("#outcomes input:checked")?.value ?? chosen;
  });
  document.addEventListener("htmx:afterSwap", wait);
  document.addEventListener("htmx:afterSettle", () => {
    if (!chosen || document.querySelector("#outcomes input:checked")) return;
    const again = document.querySelector(`#outcomes input[value="${CSS.escape(chosen)}"]:not(:disabled)`);
    if (again) again.checked = true;
    chosen = null;
  });

  document.addEventListener("htmx:afterSettle", () => {
    // With the last answer the outcomes come into view, and what is said of them.
    if (lacked && !document.querySelector("#outcomes [data-missing]")) {
      for (const part of document.querySelectorAll("#outcomes .choices, #outcomes [data-either]")) part.scrollIntoView({ block: "nearest" });
      lacked = false;
    }
    const key = pending && Date.now() <= pending.until ? pending.key : null;
    const target = key && document.querySelector(`#outcomes [data-key="${CSS.escape(key)}"]:not(:disabled)`);
    if (target) {
      pending = null;
      target.click();
      target.closest("label").scrollIntoView({ block: "nearest" });
    }
    if (drafting) { drafting = false; draft(); }
    redraw();
  });

  // Answers given before the page had finished loading, or kept by the browser, count as well.
  window.addEventListener("pageshow", () => {
    const given = document.querySelector("#decision fieldset[hx-get] input:checked");
    if (given && window.htmx) htmx.trigger(given.closest("fieldset"), "change");
  });

  // A form is sent once, however often the key is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog") return;
    if (saving || form.dataset.sent) { event.preventDefault(); return; }
    if (form.id === "decision" && !complete(form)) { event.preventDefault(); return; }
    if ("send" in form.dataset) {
      event.preventDefault();
      send(form, event.submitter ?? form.querySelector("button.primary"));
      return;
    }
    form.dataset.sent = "1";
    if (form.closest(".panel")) { keep(); hold(form, event.submitter); }
  });
  window.addEventListener("pageshow", () => {
    release();
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

  // The way back from a page that was opened on the way keeps what was typed before it.
  document.querySelector("[data-back]")?.addEventListener("click", (event) => {
    if (history.length < 2 || document.referrer !== event.currentTarget.href) return;
    event.preventDefault();
    history.back();
  });

  // In a list the first row is chosen until another one is.
  const [first] = rows();
  first?.setAttribute("aria-current", "true");
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest("[data-row]")) first.removeAttribute("aria-current");
  });

  const ready = (refused = false) => {
    // Without scripts a veil is a submit button; with them htmx alone opens it.
    document.querySelectorAll("button.veil").forEach((veil) => { veil.type = "button"; });
    const form = document.getElementById("decision");
    if (form) form.noValidate = true;
    wait();
    sayChosen();
    sayPressed();
    document.querySelector(".siblings [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    const [page, kept, still] = (sessionStorage.getItem("kept") ?? "").split(" ");
    sessionStorage.removeItem("kept");
    // After a reload, or a decision taken back, a draft is known again.
    const text = chosenNow()?.dataset.text;
    if (text && reason()?.value.includes(drawn(text))) drafted = drawn(text);
    if (refused) { document.querySelector("main [role=alert]")?.scrollIntoView({ block: "nearest" }); return; }
    const there = page === location.pathname;
    if (there) scrollTo(0, Number(kept));
    // A conversation that somebody comes to decide on is read from its beginning. Beyond that nothing moves
    // where the evidence is in view as it is.
    const came = there || (document.referrer && new URL(document.referrer).pathname === location.pathname);
    if ((there && still) || (form && !came && !document.querySelector(".siblings .decided"))) return;
    document.querySelector("[data-evidence]")?.scrollIntoView({ block: "nearest" });
  };
  ready();
})();
