/// The status page: plain HTML, one style sheet, one script, nothing from elsewhere. The script writes text nodes only, so nothing that
/// an agent or the venue calls itself can become markup.
enum WebAssets {
  static let page = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>PolyFloor</title>
    <link rel="stylesheet" href="/floor.css">
    </head>
    <body>
    <header>
      <h1>PolyFloor</h1>
      <span id="mode" class="badge">…</span>
      <span id="paper" class="badge quiet"></span>
      <span id="age" class="age"></span>
    </header>
    <ul id="problems" aria-live="polite"></ul>
    <section id="tiles" aria-label="The floor"></section>
    <section><h2>Agents</h2><table id="agents"></table></section>
    <section><h2>Processes</h2><table id="processes"></table></section>
    <section><h2>Events</h2><table id="events"></table></section>
    <footer><a href="/metrics">metrics</a> <a href="/health">health</a> <a href="/api/status">json</a></footer>
    <noscript>This page needs its script; /health, /metrics and /api/status work without one.</noscript>
    <script src="/floor.js"></script>
    </body>
    </html>

    """

  static let style = """
    :root {
      color-scheme: light dark;
      --ink: light-dark(#1b1f24, #e6e8eb); --dim: light-dark(#5c6670, #98a2ad);
      --page: light-dark(#f5f6f8, #14171b); --card: light-dark(#ffffff, #1d2126); --line: light-dark(#e2e5e9, #2c3239);
      --good: light-dark(#177245, #4cc38a); --bad: light-dark(#b3261e, #ff8a80); --warn: light-dark(#8a5a00, #f0b93a);
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1100px; padding: 1.5rem; background: var(--page); color: var(--ink);
      font: 15px/1.45 system-ui, sans-serif; }
    header { display: flex; align-items: center; gap: .75rem; flex-wrap: wrap; }
    h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.01em; }
    h2 { font-size: .85rem; margin: 0 0 .5rem; color: var(--dim); text-transform: uppercase; letter-spacing: .06em; }
    .badge { padding: .15rem .6rem; border-radius: 99px; font-weight: 600; font-size: .85rem; color: var(--card); background: var(--dim); }
    .badge.good { background: var(--good); } .badge.bad { background: var(--bad); } .badge.warn { background: var(--warn); }
    .badge.quiet { background: none; color: var(--dim); border: 1px solid var(--line); }
    .badge:empty { display: none; }
    .age { margin-left: auto; color: var(--dim); font-size: .85rem; }
    .age.old { color: var(--bad); font-weight: 600; }
    #problems { list-style: none; margin: 1rem 0 0; padding: 0; }
    #problems li { padding: .5rem .8rem; margin-bottom: .4rem; border-left: 4px solid var(--warn); background: var(--card); border-radius: 4px; }
    #tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: .75rem; margin: 1rem 0; }
    #tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
    #tiles dt { color: var(--dim); font-size: .8rem; } #tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
    section:not(#tiles) { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin-bottom: 1rem; overflow-x: auto; }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th { text-align: left; color: var(--dim); font-weight: 500; font-size: .8rem; }
    th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
    tr:last-child td { border-bottom: 0; }
    .num { text-align: right; } td.wide { white-space: normal; width: 99%; }
    .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .dim { color: var(--dim); }
    .badge.good, .badge.bad, .badge.warn { color: var(--card); }
    footer { color: var(--dim); display: flex; gap: 1rem; } a { color: inherit; }

    """

  static let script = """
    "use strict";
    const $ = (id) => document.getElementById(id);
    const put = (parent, tag, text, kind) => {
      const node = document.createElement(tag);
      if (text !== undefined && text !== null) node.textContent = String(text);
      if (kind) node.className = kind;
      parent.appendChild(node);
      return node;
    };
    const money = (text) => {
      const value = Number(text);
      return (value < 0 ? "−$" : "$") + Math.abs(value).toLocaleString("en", {minimumFractionDigits: 2, maximumFractionDigits: 2});
    };
    const sign = (text) => Number(text) > 0 ? "good" : Number(text) < 0 ? "bad" : "dim";
    const stateKind = (state) => ({RUNNING: "good", READY: "good", ACTIVE: "good", HALTED: "bad", QUARANTINED: "bad", EXITED: "bad",
      BACKOFF: "bad", RETIRED: "dim", HIRED: "dim"})[state] || "warn";
    const severityKind = (word) => ({ERROR: "bad", CRITICAL: "bad", WARNING: "warn"})[word] || "dim";
    // columns: [title, value of a row, class of the cell, class of the head when it is another]
    const table = (id, rows, columns, empty) => {
      const target = $(id);
      target.replaceChildren();
      if (!rows.length) { put(put(target, "tr"), "td", empty, "dim"); return; }
      const head = put(target, "tr");
      for (const [title, , kind, headKind] of columns) put(head, "th", title, headKind || (typeof kind === "string" ? kind : ""));
      for (const row of rows) {
        const line = put(target, "tr");
        for (const [, value, kind] of columns) put(line, "td", value(row), typeof kind === "function" ? kind(row) : kind);
      }
    };
    const show = (status) => {
      const floor = status.floor;
      $("problems").replaceChildren();
      for (const problem of status.health.problems) put($("problems"), "li", problem);
      $("mode").textContent = floor ? floor.mode : "NO PICTURE";
      $("mode").className = "badge " + (floor ? stateKind(floor.mode) : "bad");
      if (!floor) return;
      $("paper").textContent = floor.paper ? "paper" : "live";
      const age = (Date.parse(status.at) - Date.parse(status.taken_at)) / 1000;
      $("age").textContent = "as of " + status.taken_at.slice(11, 19) + " UTC";
      $("age").className = age > 15 ? "age old" : "age";
      const tiles = $("tiles");
      tiles.replaceChildren();
      for (const [title, value, kind] of [["Day P&L", money(floor.day_pnl), sign(floor.day_pnl)], ["Cash", money(floor.cash)],
        ["Allocated", money(floor.allocated)], ["Reserved", money(floor.reserved)], ["Invested", money(floor.invested)],
        ["Agents", floor.agents_running], ["Trades today", floor.trades_today], ["Open orders", floor.open_orders],
        ["Positions", floor.open_positions], ["Unknown", floor.unknown_orders, floor.unknown_orders > 0 ? "warn" : ""]]) {
        const tile = put(tiles, "div");
        put(tile, "dt", title);
        put(tile, "dd", value, kind);
      }
      table("agents", status.agents, [["Agent", (r) => r.name], ["Strategy", (r) => r.strategy],
        ["Status", (r) => r.status, (r) => stateKind(r.status)], ["Gen", (r) => r.generation, "num"],
        ["Allocated", (r) => money(r.allocated), "num"], ["Invested", (r) => money(r.invested), "num"],
        ["Trades", (r) => r.trades, "num"], ["Won", (r) => r.trades ? Math.round(100 * r.wins / r.trades) + " %" : "–", "num"],
        ["Fees", (r) => money(r.fees), "num"], ["P&L", (r) => money(r.pnl), (r) => "num " + sign(r.pnl), "num"]], "Nobody hired yet.");
      table("processes", status.processes, [["Process", (r) => r.name], ["State", (r) => r.state, (r) => stateKind(r.state)],
        ["Restarts", (r) => r.restarts, "num"], ["Last exit", (r) => r.last_exit || "–", "wide"]], "None known.");
      table("events", status.events, [["When", (r) => r.at.slice(0, 19).replace("T", " ")],
        ["", (r) => r.severity, (r) => severityKind(r.severity)], ["Where", (r) => r.component],
        ["What", (r) => r.message, "wide"]], "Nothing happened yet.");
    };
    const refresh = async () => {
      try {
        const answer = await fetch("/api/status", {cache: "no-store"});
        if (!answer.ok) throw new Error("status " + answer.status);
        show(await answer.json());
      } catch (error) {
        $("age").textContent = "floor-web does not answer: " + error.message;
        $("age").className = "age old";
      }
      setTimeout(refresh, document.hidden ? 5000 : 1000);
    };
    refresh();

    """
}
