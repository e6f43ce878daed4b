// What is looked at stands after the "#": filters, order, what is open. A link keeps all of it.
(() => {
  "use strict";
  const ERRORS = 1; // Vega's number; it warns of every chart that has nothing to mark
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const data = JSON.parse(one("#data").textContent);
  const filters = one("#filters");
  const selects = filters ? all("select", filters) : [];
  const arm = one("#arm");
  const rows = all("#rows tbody tr").map((element, place) => ({
    element, place, facets: JSON.parse(element.dataset.facets), board: element.dataset.board,
  }));
  const heads = all("#rows th[data-name]");
  const articles = all("article");
  let view = new URLSearchParams();
  let mapped = "";

  function go(change) {
    change(view);
    history.pushState(null, "", `#${view}`);
    show();
  }

  function toggle(name, value, wanted) {
    go((params) => {
      const open = params.getAll(name).filter((known) => known !== value);
      params.delete(name);
      for (const known of wanted ? [...open, value] : open) params.append(name, known);
    });
  }

  function show() {
    for (const select of selects) select.value = view.get(select.name) ?? "";
    if (arm) arm.value = mapArm();
    if (one("#link")) one("#link").href = `#${view}`;
    filter();
    sort();
    fold();
    map();
  }

  function filter() {
    const wanted = selects.filter((select) => view.get(select.name));
    const fits = (row) => wanted.every((s) => row.facets[s.name] === view.get(s.name));
    for (const row of rows) row.element.hidden = !fits(row);
    const shown = rows.filter((row) => !row.element.hidden);
    const boards = new Set(shown.map((row) => row.board));
    for (const article of articles) article.hidden = !boards.has(article.dataset.board);
    for (const task of all(".task")) task.hidden = !one("article:not([hidden])", task);
    if (one("#count")) one("#count").textContent = `${shown.length} of ${rows.length} rows`;
  }

  function sort() {
    const [, down, name] = /^(-?)(.*)$/.exec(view.get("sort") ?? "");
    const column = heads.findIndex((head) => head.dataset.name === name);
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const ordered = [...rows].sort((a, b) => compare(a, b, column, down ? -1 : 1));
    if (ordered.length) one("#rows tbody").append(...ordered.map((row) => row.element));
  }

  // Rows without a value come last in either direction.
  function compare(a, b, column, sign) {
    if (column < 0) return a.place - b.place;
    const [x, y] = [value(a, column), value(b, column)];
    if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
    return sign * (typeof x === "number" ? x - y : x.localeCompare(y)) || a.place - b.place;
  }

  function value(row, column) {
    const cell = row.element.cells[column];
    if (!("number" in heads[column].dataset)) return cell.textContent || null;
    return "number" in cell.dataset ? Number(cell.dataset.number) : null;
  }

  function fold() {
    for (const article of articles) {
      const board = article.dataset.board;
      unfold(one("h4 .fold", article), view.getAll("open").includes(board));
      for (const button of all("td > .fold", article)) {
        unfold(button, view.getAll("n").includes(`${board}/${button.dataset.size}`));
      }
      if (view.getAll("open").includes(board) && !article.hidden) draw(article);
    }
  }

  function unfold(button, open) {
    button.setAttribute("aria-expanded", open);
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
  }

  function draw(article) {
    for (const figure of all("figure", article)) {
      const place = one(".chart", figure);
      if (place.hasChildNodes()) continue;
      const specification = structuredClone(data.charts[figure.dataset.chart]);
      embed(place, specification, data.boards[article.dataset.board]);
    }
  }

  // The one that was chosen for the map, else the one that the rows are filtered by.
  function mapArm() {
    const names = [...arm.options].map((option) => option.value);
    return [view.get("map"), view.get("arm")].find((name) => names.includes(name)) ?? names[0];
  }

  async function map() {
    const place = one(".map");
    if (!place) return;
    const boards = new Set(articles.filter((a) => !a.hidden).map((a) => a.dataset.board));
    for (const table of all(".map-table")) {
      table.hidden = table.dataset.arm !== arm.value;
      for (const row of all("tbody tr", table)) row.hidden = !boards.has(row.cells[0].textContent);
    }
    const cells = data.map.filter((cell) => cell.arm === arm.value && boards.has(cell.board));
    const wanted = JSON.stringify([arm.value, ...boards]);
    if (wanted === mapped) return;
    mapped = wanted;
    if (!cells.length) {
      place.textContent = "None of these rows has a gain of this arm.";
      return;
    }
    const specification = structuredClone(data.charts.map);
    specification.height *= new Set(cells.map((cell) => cell.row)).size;
    const { view: drawn } = await embed(place, specification, { map: cells });
    drawn.addEventListener("click", (_, item) => item?.datum?.board && open(item.datum.board));
  }

  function embed(place, specification, values) {
    specification.datasets = { ...specification.datasets, ...values };
    for (const parameter of specification.params ?? []) parameter.value = values[parameter.name];
    return vegaEmbed(place, specification, {
      actions: false, ast: true, logLevel: ERRORS, renderer: "svg",
    });
  }

  function open(board) {
    toggle("open", board, true);
    const article = articles.find((known) => known.dataset.board === board);
    one(".fold", article).focus({ preventScroll: true });
    article.scrollIntoView();
  }

  function read() {
    const text = location.hash.slice(1);
    if (text && !text.includes("=")) return false; // a place on the page
    view = new URLSearchParams(text);
    show();
    return true;
  }

  function theme() {
    const button = one("#theme");
    const preferred = () => matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const dark = () => (document.documentElement.dataset.theme ?? preferred()) === "dark";
    const name = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
    button.hidden = false;
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      name();
    });
    name();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => go((params) => {
      const { name } = head.dataset;
      params.set("sort", params.get("sort") === name ? `-${name}` : name);
    }));
    head.append(button);
  }
  for (const select of selects) {
    select.addEventListener("change", () => go((params) => {
      if (select.value) params.set(select.name, select.value);
      else params.delete(select.name);
    }));
  }
  if (filters) {
    filters.hidden = false;
    filters.addEventListener("reset", (event) => {
      event.preventDefault();
      go((params) => selects.forEach((select) => params.delete(select.name)));
    });
  }
  if (arm) {
    arm.disabled = false;
    arm.addEventListener("change", () => go((params) => params.set("map", arm.value)));
  }
  for (const link of all(".more")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      open(link.dataset.board);
    });
  }
  for (const article of articles) {
    const board = article.dataset.board;
    for (const button of all(".fold", article)) {
      button.addEventListener("click", () => {
        const wanted = button.getAttribute("aria-expanded") !== "true";
        const { size } = button.dataset;
        if (size) toggle("n", `${board}/${size}`, wanted);
        else toggle("open", board, wanted);
      });
    }
  }
  addEventListener("hashchange", read);
  theme();
  if (!read()) show();
  const first = view.get("open");
  if (first) articles.find((article) => article.dataset.board === first)?.scrollIntoView();
})();
