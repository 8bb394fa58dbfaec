/* Answers before mathematics: results of the search are weighed by the kind of page. */
var Scorer = {
  score: ([docname, title, anchor, descr, score, filename, kind]) => {
    const weights = [
      [/^how\/index|^index$|^guides$/, -2],
      [/^how\//, 9],
      [/^start\//, 6],
      [/^reference\/generated\//, 2],
      [/^reference\//, 3],
      [/^coming\//, 1],
      [/^gallery_pages\//, 0],
      [/^(tour|conventions)$/, -2],
      [/^notebooks\//, -4],
      [/^maths\//, -4],
      [/^benchmarks/, -12],
      [/^project\//, -14],
    ];
    const found = weights.find(([place]) => place.test(docname));
    return score + (found ? found[1] : 3);
  },
  objNameMatch: 21,
  objPartialMatch: 8,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
