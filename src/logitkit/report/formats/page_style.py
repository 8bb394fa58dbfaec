"""How a page of HTML looks, on a screen and in print, and the script by which its tables are sorted."""

from __future__ import annotations

__all__ = ["PAGE_STYLE", "SORT_SCRIPT", "STYLE"]

# Drawings of lines are shown as large as they were drawn, so that the text of all of them has one size.
# Every rule begins with the class of the outer div, and outweighs or equals a notebook's own rules: JupyterLab stripes
# rows and aligns cells, and gives the label of a fact a fifth of the width, the value the rest and floats both. Colours
# derive from currentColor, as the theme is not ours.
STYLE = """
.lk-doc{--lk-soft:rgba(128,128,128,.4);--lk-gap:1.1em;color:inherit;
  font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:14px;
  line-height:1.5;max-width:62rem;text-align:left}
.lk-doc .lk-title{font-size:1.3em;font-weight:650;line-height:1.25;margin:.2em 0 0;overflow-wrap:anywhere}
.lk-doc .lk-subtitle{margin:.15em 0 0;opacity:.75;overflow-wrap:anywhere}
.lk-doc .lk-heading{font-size:1.1em;font-weight:650;line-height:1.3;margin:1.6em 0 .5em}
.lk-doc p{margin:0 0 .7em;max-width:46rem}
.lk-doc dl.lk-facts{display:block;width:auto;margin:var(--lk-gap) 0;padding:.45em 0;columns:21em 2;column-gap:3em;
  max-width:50rem;border-top:1px solid var(--lk-soft);border-bottom:1px solid var(--lk-soft)}
.lk-doc dl.lk-facts div{display:flex;justify-content:space-between;gap:1.2em;padding:.1em 0;
  break-inside:avoid}
.lk-doc dl.lk-facts dt{float:none;width:auto;max-width:none;flex:none;margin:0;font-weight:400;opacity:.75;
  white-space:nowrap}
.lk-doc dl.lk-facts dd{float:none;width:auto;margin:0;text-align:right;font-variant-numeric:tabular-nums;
  overflow-wrap:anywhere}
.lk-doc dl.lk-facts div.lk-long{column-span:all;justify-content:flex-start}
.lk-doc dl.lk-facts div.lk-long dd{text-align:left}
.lk-doc .lk-warnings{margin:var(--lk-gap) 0;padding:.65em 1em;border-left:4px solid #d97706;
  border-radius:3px;background:rgba(217,119,6,.13);max-width:50rem;box-sizing:border-box}
.lk-doc .lk-warnings p{margin:.15em 0}
.lk-doc .lk-scroll{overflow-x:auto;margin:var(--lk-gap) 0 .4em}
.lk-doc table.lk-table{border-collapse:collapse;border:0;border-top:2px solid currentColor;
  border-bottom:2px solid currentColor;margin:0;font-size:1em;table-layout:auto;width:auto;
  font-variant-numeric:tabular-nums lining-nums;color:inherit;background:transparent}
.lk-doc table.lk-table caption{caption-side:top;text-align:left;font-weight:600;padding:0 0 .45em;
  color:inherit;white-space:nowrap}
.lk-doc table.lk-table thead{border-bottom:1px solid currentColor}
.lk-doc table.lk-table tr,.lk-doc table.lk-table tbody tr:nth-child(n){background:transparent;border:0}
.lk-doc table.lk-table tbody tr:nth-child(n):hover{background:rgba(128,128,128,.12)}
.lk-doc table.lk-table th,.lk-doc table.lk-table td{padding:.24em .6em;border:0;font-weight:400;
  text-align:right;white-space:nowrap;vertical-align:baseline;color:inherit;background:transparent}
.lk-doc table.lk-table thead th{font-weight:600;padding-top:.4em;padding-bottom:.4em;vertical-align:bottom;
  white-space:normal}
.lk-doc table.lk-table .lk-left{text-align:left}
.lk-doc table.lk-table tbody .lk-left{white-space:normal;overflow-wrap:anywhere;min-width:8em;
  max-width:26em}
.lk-doc table.lk-table tbody .lk-whole{white-space:nowrap;min-width:0}
.lk-doc table.lk-table tr>:first-child{padding-left:.3em}
.lk-doc table.lk-table tr>:last-child{padding-right:.3em}
.lk-doc table.lk-table tbody tr:first-child>*{padding-top:.5em}
.lk-doc table.lk-table tbody tr:last-child>*{padding-bottom:.5em}
.lk-doc table.lk-table tr.lk-spans th{text-align:center;padding-bottom:.15em;border-bottom:1px solid currentColor}
.lk-doc table.lk-table tbody th.lk-level{padding-left:1.6em}
.lk-doc table.lk-table tbody th.lk-heading{font-size:1em;font-weight:600;margin:0}
.lk-doc table.lk-table tbody tr.lk-ruled:nth-child(n){border-top:1px solid currentColor}
.lk-doc .lk-notes{margin:.4em 0 var(--lk-gap);font-size:.88em;opacity:.8}
.lk-doc .lk-notes p{margin:0 0 .25em}
.lk-doc .lk-figures{display:flex;flex-wrap:wrap;gap:1.6em;margin:var(--lk-gap) 0}
.lk-doc figure{margin:0;max-width:100%;break-inside:avoid}
.lk-doc figure .lk-name{font-weight:600;margin:0 0 .4em}
.lk-doc figure img{display:block;width:auto;max-width:100%;height:auto;margin:0;background:#fff;border-radius:3px}
.lk-doc figure img.lk-png{width:36em}
.lk-doc figcaption{max-width:36em;font-size:.9em;opacity:.8;margin:.5em 0 0}
"""

PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#fff;color:#1b1f24}
a{color:#1f5fbf;text-decoration-thickness:1px;text-underline-offset:.15em}
.lk-doc.lk-page{font-size:16px;line-height:1.55;max-width:56rem;margin:0 auto;padding:3rem 2rem 4rem}
.lk-page h1.lk-title{font-size:1.9em;letter-spacing:-.012em}
.lk-page .lk-subtitle{font-size:1.05em}
.lk-page h2.lk-heading{font-size:1.3em;margin:2.2em 0 .6em;padding-top:.7em;
  border-top:1px solid var(--lk-soft)}
.lk-page .lk-scroll,.lk-page .lk-notes,.lk-page dl.lk-facts{font-size:.92em}
.lk-page h3.lk-heading{font-size:1.1em}
.lk-skip{position:absolute;left:-999em}
.lk-skip:focus{position:static;display:inline-block;padding:.5em 1em}
.lk-page .lk-items{font-size:.78em;letter-spacing:.02em;margin:-.4em 0 .6em;opacity:.8}
.lk-page .lk-made{font-size:.82em;opacity:.8;margin-top:2.5em}
.lk-page th button{all:unset;cursor:pointer;font:inherit;color:inherit;text-align:inherit}
.lk-page th button:focus-visible{outline:2px solid currentColor;outline-offset:2px}
.lk-page th[aria-sort=ascending] button::after{content:" \\2191"}
.lk-page th[aria-sort=descending] button::after{content:" \\2193"}
.lk-page nav{margin:var(--lk-gap) 0;display:flex;flex-wrap:wrap;gap:.2em 1.4em;font-size:.94em}
@media screen and (min-width:74rem){
.lk-page section{position:relative}
.lk-page .lk-items{position:absolute;left:-8.5em;width:7.5em;margin:0;text-align:right}
.lk-page section>.lk-items{top:1.15em}
.lk-page section section>.lk-items{top:.2em}
}
@media (max-width:40rem){
.lk-doc.lk-page{padding:1.4rem 1rem 2rem;font-size:15px}
}
@media screen and (prefers-color-scheme:dark){
body{background:#14171b;color:#e4e6e9}
a{color:#8ab4f8}
.lk-page figure img{padding:.6em;box-sizing:border-box}
}
@media print{
@page{margin:18mm 16mm}
body{background:#fff;color:#000}
.lk-doc.lk-page{font-size:10pt;max-width:none;padding:0}
.lk-page nav,.lk-skip,.lk-page .lk-made{display:none}
.lk-page figure img{max-height:120mm}
.lk-page .lk-figures{display:block}
.lk-page figure{margin:0 0 1em}
.lk-page .lk-scroll{overflow:visible}
.lk-page tr,.lk-page .lk-warnings{break-inside:avoid}
.lk-page thead{display:table-header-group}
.lk-page .lk-heading{break-after:avoid}
.lk-page .lk-warnings{border:1px solid #d97706;border-left-width:4px}
}
"""

# Each heading of a table becomes a button: upwards, downwards, then the order of the page. Numbers are compared as
# numbers, without their marks of thousands and with their minus sign; what is none comes last. A table whose rows stand
# in blocks keeps its order.
SORT_SCRIPT = r"""
document.querySelectorAll("table.lk-table").forEach(function(table){
  var body=table.tBodies[0],first=Array.from(body.rows);
  if(first.length<3||table.querySelector("tbody .lk-level,tbody .lk-heading,tbody .lk-ruled"))return;
  var value=function(row,k){
    var text=row.cells[k].textContent.trim(),
      found=text.replace(/\u2212/g,"-").replace(/,/g,"").match(/^[<>]?\s*(-?\d*\.?\d+(?:e[-+]?\d+)?)\s*%?$/i);
    return {text:text,number:found?parseFloat(found[1])-(text[0]==="<"?1e-12:0):NaN};
  };
  Array.from(table.tHead.rows[table.tHead.rows.length-1].cells).forEach(function(head,k){
    if(!head.textContent.trim())return;
    var button=document.createElement("button");
    button.type="button";button.append(...head.childNodes);head.append(button);
    button.addEventListener("click",function(){
      var next={ascending:"descending",descending:""}[head.getAttribute("aria-sort")],
        way=next===undefined?"ascending":next;
      table.querySelectorAll("th[aria-sort]").forEach(function(each){each.removeAttribute("aria-sort");});
      var rows=first.slice();
      if(way){
        head.setAttribute("aria-sort",way);
        var numeric=rows.some(function(row){return !isNaN(value(row,k).number);});
        rows.sort(function(one,two){
          var a=value(one,k),b=value(two,k),up=way==="ascending"?1:-1;
          if(!numeric)return up*a.text.localeCompare(b.text);
          if(isNaN(a.number)||isNaN(b.number))return isNaN(a.number)-isNaN(b.number);
          return up*(a.number-b.number);
        });
      }
      body.append(...rows);
    });
  });
});
"""
