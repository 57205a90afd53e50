#include "grimoire/task/label_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/softmax.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

double number_in(const std::string& label, const std::string& place) {
  double value = 0;
  GRIM_CHECK(to_number(label, value) && std::isfinite(value), input, "labels", "{}: label '{}', expected a number", place, label);
  return value;
}

// 2 P R / (P + R) over the decisions on all labels.
double f1_of(double hits, double false_alarms, double misses) {
  return hits > 0 ? 2 * hits / (2 * hits + false_alarms + misses) : 0;
}

}  // namespace

LabelAnswers answer_labels(const TextEncoder& encoder, const EncodedTexts& texts, const StopAsked& stop) {
  const NoGrad no_grad;
  const Labels labels = encoder.label_set();
  const auto K = std::ssize(labels.names);
  LabelAnswers answers{labels.kind, Tensor::zeros({texts.texts(), K}, Dtype::f64)};
  std::vector<double> windows(static_cast<size_t>(texts.texts()));
  double* const sums = answers.values.data<double>();
  const std::vector<int64_t> order = texts.by_length();
  for (const std::span<const int64_t> rows : texts.batches(order)) {
    if ((answers.stopped = stop && stop())) return answers;
    Pass pass = Pass::evaluation();
    const TokenBatch batch = texts.batch(rows);
    const Tensor logits = cast(encoder.labels(encoder.hidden(batch, pass), batch, pass), Dtype::f64);
    const Tensor said = labels.kind == LabelKind::one ? softmax(logits, -1) : labels.kind == LabelKind::several ? sigmoid(logits) : logits;
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t text = texts.text_of(rows[i]);
      windows[static_cast<size_t>(text)] += 1;
      for (int64_t k = 0; k < K; ++k) sums[text * K + k] += said.data<double>()[static_cast<int64_t>(i) * K + k];
    }
  }
  for (int64_t t = 0; t < texts.texts(); ++t)
    for (int64_t k = 0; k < K; ++k) sums[t * K + k] /= std::max(1.0, windows[static_cast<size_t>(t)]);
  return answers;
}

Labels labels_in(const LabelledTexts& texts, LabelKind kind) {
  if (kind == LabelKind::number) return {kind, {"value"}};
  std::vector<std::string> all;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (kind == LabelKind::one) {
      GRIM_CHECK(!texts.labels[i].empty(), input, "labels", "{}: the label is empty", texts.places[i]);
      all.push_back(texts.labels[i]);
    } else {
      const std::vector<std::string> own = several_labels(texts.labels[i], texts.places[i]);
      all.insert(all.end(), own.begin(), own.end());
    }
  }
  Labels set{kind, class_names(all)};
  GRIM_CHECK(set.names.size() >= (kind == LabelKind::one ? 2u : 1u), input, "labels", "all {} texts have the label '{}': there is nothing to tell apart",
             texts.size(), set.names.empty() ? "" : set.names[0]);
  if (kind == LabelKind::one && set.names.size() > std::max<size_t>(20, texts.size() / 3))
    throw Error(ErrorKind::input, str("[labels] {} texts have {} different labels ('{}', '{}', ...): that is no class for each", texts.size(),
                                      set.names.size(), set.names[0], set.names[1]),
                "name another column: " GRIM_SETTING("label-column") "; of numbers, learn their value: " GRIM_SETTING("task=regress"));
  return set;
}

Tensor label_targets(const LabelledTexts& texts, const Labels& set) {
  GRIM_CHECK(texts.labels.size() == texts.size(), argument, "labels", "{} texts and {} labels", texts.size(), texts.labels.size());
  const auto K = std::ssize(set.names);
  const Tensor targets = Tensor::zeros({std::ssize(texts.texts), K}, Dtype::f64);
  for (size_t i = 0; i < texts.size(); ++i) {
    double* const row = targets.data<double>() + static_cast<int64_t>(i) * K;
    if (set.kind == LabelKind::number) {
      *row = number_in(texts.labels[i], texts.places[i]);
      continue;
    }
    const std::vector<std::string> own =
        set.kind == LabelKind::one ? std::vector<std::string>{texts.labels[i]} : several_labels(texts.labels[i], texts.places[i]);
    for (const std::string& label : own) {
      const auto at = std::ranges::find(set.names, label);
      if (at == set.names.end())
        throw Error(ErrorKind::input, str("[labels] {}: the label '{}' is none of those that are learned: {}", texts.places[i], label, first_few(set.names, 8)),
                    did_you_mean(label, set.names));
      row[at - set.names.begin()] = 1;
    }
  }
  return targets;
}

LabelScores score_labels(const LabelAnswers& answers, const Tensor& targets) {
  GRIM_CHECK(answers.values.shape() == targets.shape() && targets.dim(0) > 0, shape, "labels", "got {} answers to {} targets", answers.values.shape(),
             targets.shape());
  const int64_t N = targets.dim(0), K = targets.dim(1);
  const double* const said = answers.values.data<double>();
  const double* const right = targets.data<double>();
  const bool one = answers.kind == LabelKind::one, several = answers.kind == LabelKind::several;
  LabelScores s{.confusion = std::vector<double>(static_cast<size_t>(one ? K * K : several ? 4 * K : 0))};
  constexpr double kLeast = 1e-15;
  double hits = 0;
  for (int64_t t = 0; t < N; ++t) {
    const double *const p = said + t * K, *const y = right + t * K;
    double loss = 0;
    if (one) {
      const int64_t truth = std::max_element(y, y + K) - y, guess = std::max_element(p, p + K) - p;
      loss = -std::log(std::max(kLeast, p[truth]));
      s.confusion[static_cast<size_t>(truth * K + guess)] += 1;
      hits += truth == guess;
    } else if (several) {
      for (int64_t k = 0; k < K; ++k) {
        loss -= std::log(std::max(kLeast, y[k] > 0 ? p[k] : 1 - p[k])) / static_cast<double>(K);
        s.confusion[static_cast<size_t>(4 * k + (p[k] > .5 ? (y[k] > 0 ? 0 : 1) : y[k] > 0 ? 2 : 3))] += 1;
      }
    } else {
      loss = (p[0] - y[0]) * (p[0] - y[0]);
    }
    s.loss += loss / static_cast<double>(N);
  }
  if (one) s.score = hits / static_cast<double>(N);
  if (several) {
    double sums[3] = {};
    for (int64_t k = 0; k < K; ++k)
      for (int i = 0; i < 3; ++i) sums[i] += s.confusion[static_cast<size_t>(4 * k + i)];
    s.score = f1_of(sums[0], sums[1], sums[2]);
  }
  if (answers.kind == LabelKind::number) {
    const double r = stats::pearson({right, static_cast<size_t>(N)}, {said, static_cast<size_t>(N)});
    s.score = std::isfinite(r) ? r : 0;
  }
  return s;
}

const char* score_name(LabelKind kind) { return kind == LabelKind::one ? "accuracy" : kind == LabelKind::several ? "F1" : "Pearson's r"; }

}  // namespace grim
