#include "grimoire/metric/seqeval.h"

#include <algorithm>
#include <map>

#include "grimoire/base/error.h"

namespace grim {
namespace {

double share(int64_t part, int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

void divide(SpanScores& s) {
  s.precision = share(s.right, s.predicted);
  s.recall = share(s.right, s.support);
  s.f1 = s.precision + s.recall > 0 ? 2 * s.precision * s.recall / (s.precision + s.recall) : 0;
}

// Means of the types' scores, each with such a weight; 0 where all weights are.
template <class Weight> SpanScores mean(const SeqevalScores& scores, const char* name, Weight&& weight) {
  SpanScores m = scores.micro;
  m.type = name;
  m.precision = m.recall = m.f1 = 0;
  double all = 0;
  for (const SpanScores& s : scores.types) all += weight(s);
  if (all == 0) return m;
  for (const SpanScores& s : scores.types)
    m.precision += weight(s) * s.precision / all, m.recall += weight(s) * s.recall / all, m.f1 += weight(s) * s.f1 / all;
  return m;
}

}  // namespace

double SeqevalScores::accuracy() const { return share(right_tags, tags); }

SeqevalScores seqeval(std::span<const Tags> truth, std::span<const Tags> predicted, TagScheme scheme) {
  GRIM_CHECK(truth.size() == predicted.size(), shape, "seqeval", "got {} sentences and {} predicted ones, expected as many", truth.size(), predicted.size());
  SeqevalScores scores;
  std::map<std::string, SpanScores> types;
  for (size_t i = 0; i < truth.size(); ++i) {
    GRIM_CHECK(truth[i].size() == predicted[i].size(), shape, "seqeval", "sentence {}: got {} tags and {} predicted ones, expected as many", i + 1,
               truth[i].size(), predicted[i].size());
    const std::vector<TagSpan> right = spans_of(truth[i], scheme), said = spans_of(predicted[i], scheme);
    for (const TagSpan& s : right) ++types[s.type].support;
    for (const TagSpan& s : said) {
      ++types[s.type].predicted;
      types[s.type].right += std::ranges::find(right, s) != right.end();
    }
    for (size_t t = 0; t < truth[i].size(); ++t) ++scores.tags, scores.right_tags += truth[i][t] == predicted[i][t];
  }
  for (auto& [type, s] : types) {
    s.type = type;
    divide(s);
    scores.micro.right += s.right, scores.micro.predicted += s.predicted, scores.micro.support += s.support;
    scores.types.push_back(s);
  }
  scores.micro.type = "micro";
  divide(scores.micro);
  scores.macro = mean(scores, "macro", [](const SpanScores&) { return 1.0; });
  scores.weighted = mean(scores, "weighted", [](const SpanScores& s) { return static_cast<double>(s.support); });
  return scores;
}

}  // namespace grim
