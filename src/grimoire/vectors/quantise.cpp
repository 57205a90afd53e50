#include "grimoire/vectors/quantise.h"

#include <algorithm>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/vectors/rows_kernel.h"

namespace grim::vectors {
namespace {

// The rows of the largest length; the line end stays whatever its length is, as in fastText. Words in their order, then n-grams.
std::vector<int64_t> rows_kept(const SubwordModel& model, int64_t cutoff) {
  const Table& input = model.input();
  const int64_t end_of_line = model.dictionary().find(kEndOfLine);
  std::vector<std::pair<float, int64_t>> by_length;
  for (int64_t r = 0; r < input.rows(); ++r) {
    const float squared = cpu::dot(input.row(r), input.row(r), input.dim());
    by_length.emplace_back(r == end_of_line ? std::numeric_limits<float>::infinity() : squared, r);
  }
  std::ranges::sort(by_length, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < cutoff; ++i) rows.push_back(by_length[static_cast<size_t>(i)].second);
  std::ranges::sort(rows);
  return rows;
}

Table picked(const Table& from, const std::vector<int64_t>& rows) {
  Table to(static_cast<int64_t>(rows.size()), from.dim());
  for (size_t i = 0; i < rows.size(); ++i) std::copy_n(from.row(rows[i]), from.dim(), to.row(static_cast<int64_t>(i)));
  return to;
}

SubwordModel cut(const SubwordModel& model, int64_t cutoff) {
  const Dictionary& d = model.dictionary();
  const std::vector<int64_t> rows = rows_kept(model, cutoff);
  std::vector<Entry> entries;
  std::vector<int64_t> words;
  KeptRows ngrams;
  for (const int64_t r : rows) {
    if (r < d.words()) {
      entries.push_back(d.entries()[static_cast<size_t>(r)]);
      words.push_back(r);
    } else {
      const auto next = static_cast<int32_t>(ngrams.size());
      ngrams[static_cast<int32_t>(r - d.words())] = next;
    }
  }
  GRIM_CHECK(!entries.empty(), argument, "vectors", GRIM_SETTING("cutoff={}") " leaves no word: take more rows", cutoff);
  entries.insert(entries.end(), d.entries().begin() + d.words(), d.entries().end());
  Dictionary dictionary(std::move(entries), model.settings(), d.tokens());
  dictionary.keep(std::move(ngrams));
  return SubwordModel(model.settings(), std::move(dictionary), picked(model.input(), rows),
                      model.classifies() ? model.output() : picked(model.output(), words));
}

}  // namespace

SubwordModel quantise(const SubwordModel& model, const QuantiseSettings& s, const std::optional<Retraining>& again, const ProgressSink& progress) {
  GRIM_CHECK(!model.input().is_quantised() && !model.dictionary().cut_down(), argument, "vectors", "the model is quantised already");
  const bool cuts = s.cutoff > 0 && s.cutoff < model.input().rows();
  GRIM_CHECK(!cuts || model.classifies() || model.settings().loss != Loss::hierarchical_softmax, argument, "vectors",
             "the tree of these word vectors has a place for each word: without some of them it would be another one; leave " GRIM_SETTING("cutoff") " out");
  std::shared_ptr<const SubwordModel> small = std::make_shared<SubwordModel>(cuts ? cut(model, s.cutoff) : model);
  if (again) {
    GRIM_CHECK(cuts, argument, "vectors", "nothing was cut off: there is nothing to train again");
    small = retrained(*small, again->text, again->epochs, again->lr, again->source, progress).model;
  }
  constexpr int64_t kOutputPart = 2;  // as in fastText
  return SubwordModel(small->settings(), small->dictionary(), small->input().quantised(s.part, s.lengths, s.seed),
                      s.output ? small->output().quantised(std::min(kOutputPart, small->dim()), s.lengths, s.seed) : small->output());
}

}  // namespace grim::vectors
