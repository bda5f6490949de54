/// The page's look: one column, the reader's own fonts, light or dark as the reader has it. Gain and loss are blue and orange, which can be
/// told apart with any colour vision, and differ in sign or shape as well.
enum PageStyle {
  static let css: HTML = """
    :root{color-scheme:light dark;--ground:#fff;--raised:#f5f6f8;--text:#1b1f24;--faint:#5d6570;--rule:#dfe3e8;--line:#1f4e79;--band:#9dbbd6;--gain:#0b67a8;--loss:#c2500a;--note:#fff4d6;--noteedge:#b88a00}
    @media (prefers-color-scheme:dark){:root{--ground:#14171b;--raised:#1d2228;--text:#e4e7eb;--faint:#a0a8b2;--rule:#333a43;--line:#9cc7f0;--band:#3d5b78;--gain:#62b5f0;--loss:#f59a55;--note:#33290c;--noteedge:#d0a520}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1080px;padding:16px;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
    h1{font-size:26px;line-height:1.25;margin:8px 0 4px}
    h2{font-size:19px;margin:36px 0 8px;padding-top:12px;border-top:1px solid var(--rule)}
    h3{font-size:15px;margin:18px 0 6px;overflow-wrap:anywhere}
    p{margin:6px 0}
    .faint,figcaption{color:var(--faint)}
    figure{margin:12px 0}
    figcaption{font-size:13px;margin-top:4px}
    .note{background:var(--note);border-left:4px solid var(--noteedge);padding:8px 12px;margin:12px 0}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:8px;margin:12px 0;padding:0;list-style:none}
    .tiles li{background:var(--raised);border-radius:6px;padding:8px 12px}
    .tiles b{display:block;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
    .tiles span{color:var(--faint);font-size:13px}
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:8px 24px}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
    th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
    th{color:var(--faint);font-weight:600}
    td.n,th.n{text-align:right}
    td.say{white-space:normal;min-width:180px}
    .bars{width:100%}
    .bars td,.bars th{vertical-align:middle}
    .bars .b{width:60%;min-width:110px;padding-right:0}
    .bar{position:relative;display:block;height:14px}
    .bar i{position:absolute;top:0;bottom:0;min-width:1px;border-radius:2px;background:var(--faint)}
    .bar i.gain,.key i.gain{background:var(--gain)}
    .bar i.loss,.key i.loss{background:var(--loss)}
    .bar u{position:absolute;top:-4px;bottom:-4px;width:1px;background:var(--faint)}
    td.gain{color:var(--gain)}td.loss{color:var(--loss)}
    details{margin:10px 0}summary{cursor:pointer}
    svg{display:block;width:100%;height:auto;overflow:visible}
    svg text{fill:var(--faint);font-size:12px;font-family:inherit}
    svg text.strong{fill:var(--text);font-weight:600}
    .grid{stroke:var(--rule);stroke-width:1;fill:none}
    .zero{stroke:var(--faint);stroke-width:1;fill:none}
    .base{stroke:var(--faint);stroke-width:1;stroke-dasharray:4 4;fill:none}
    .curve{stroke:var(--line);stroke-width:1.6;fill:none;stroke-linejoin:round}
    .band{fill:var(--band);opacity:.55}
    .fall{fill:var(--loss);opacity:.35}
    rect.gain{fill:var(--gain)}rect.loss{fill:var(--loss)}
    .won{stroke:var(--gain);fill:var(--gain)}
    .lost{stroke:var(--loss);fill:var(--loss)}
    .way{fill:none;stroke-width:1;stroke-dasharray:3 3}
    .mark{stroke-width:1.5}
    .hollow{fill:var(--ground)}
    .plain{fill:none;stroke-width:2.2}
    .model{stroke:var(--line);fill:var(--line);stroke-width:1.6}
    .paid{stroke:var(--loss);fill:var(--ground);stroke-width:1.6}
    .whisker{fill:none}
    @media (max-width:640px){body{padding:10px;font-size:16px}.broad text{font-size:24px}.broad .minor{display:none}.broad .curve{stroke-width:3}th,td{padding-right:10px}.bars td:first-child{white-space:normal;min-width:90px}.bars .b{min-width:80px;width:40%}}
    @media print{body{max-width:none}details>*{display:block}}
    """
}
