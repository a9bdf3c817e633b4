// How well scores rank: the chance that one that came true scored above one that did not.

/** Returns the area under the ROC curve; ties count half. */
export function auc(scores: readonly number[], isTrue: readonly boolean[]): number {
  const byScore = [...scores.keys()].sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [ranks, trues, from] = [0, 0, 0];
  while (from < byScore.length) {
    let to = from + 1;
    while (to < byScore.length && scores[byScore[to] as number] === scores[byScore[from] as number]) to++;
    const here = byScore.slice(from, to).filter((i) => isTrue[i]).length;
    ranks += here * ((from + 1 + to) / 2);
    trues += here;
    from = to;
  }
  return (ranks - (trues * (trues + 1)) / 2) / (trues * (scores.length - trues));
}
