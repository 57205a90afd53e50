#include "grimoire/vectors/subword_model.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/sigmoid.h"

namespace grim::vectors {
namespace {

constexpr double kAdded = 1e-5;  // to every probability, before fastText takes its logarithm

float length_of(const std::vector<float>& v) {
  double sum = 0;
  for (const float x : v) sum += static_cast<double>(x) * x;
  return static_cast<float>(std::sqrt(sum));
}

// Goes down the tree, the likelier branch of a node first or not, and leaves branches that cannot reach the best `most`.
class TreeSearch {
 public:
  TreeSearch(const LabelTree& tree, const Table& output, const float* hidden, size_t most, double threshold)
      : tree_(tree), output_(output), hidden_(hidden), most_(most), threshold_(threshold) {}
  std::vector<LabelProbability> best() {
    std::vector<std::pair<int64_t, double>> open = {{tree_.root(), 1.0}};  // a stack: a tree of a hostile file may be as deep as it has leaves
    while (!open.empty()) {
      const auto [node, probability] = open.back();
      open.pop_back();
      if (probability < threshold_ || (best_.size() == most_ && probability <= best_.back().probability)) continue;
      if (node < tree_.leaves()) {
        keep({node, probability});
        continue;
      }
      const double right = sigmoid(static_cast<double>(output_.dot(tree_.row_of(node), hidden_)));
      const LabelTree::Node& n = tree_.nodes()[static_cast<size_t>(node)];
      open.emplace_back(n.left, probability * (1 - right + kAdded));
      open.emplace_back(n.right, probability * (right + kAdded));
      if (right < 0.5) std::swap(open.back(), open[open.size() - 2]);
    }
    return best_;
  }

 private:
  void keep(LabelProbability found) {
    const auto at = std::ranges::upper_bound(best_, found.probability, std::greater<>(), &LabelProbability::probability);
    found.probability = std::min(found.probability, 1.0);
    best_.insert(at, found);
    if (best_.size() > most_) best_.pop_back();
  }
  const LabelTree& tree_;
  const Table& output_;
  const float* hidden_;
  size_t most_;
  double threshold_;
  std::vector<LabelProbability> best_;
};

}  // namespace

SubwordModel::SubwordModel(TrainingSettings settings, Dictionary dictionary, Table input, Table output)
    : settings_(settings), dictionary_(std::move(dictionary)), input_(std::move(input)), output_(std::move(output)) {
  const int64_t ngrams = settings_.has_ngrams() ? dictionary_.ngram_rows() : 0, out = classifies() ? dictionary_.labels() : dictionary_.words();
  GRIM_CHECK(input_.dim() == dim() && output_.dim() == dim(), input, "vectors", "tables of {} and {} numbers a row, expected {}", input_.dim(), output_.dim(),
             dim());
  GRIM_CHECK(input_.rows() >= dictionary_.words() + ngrams, input, "vectors", "the input table has {} rows, expected {} for words and {} for n-grams",
             input_.rows(), dictionary_.words(), ngrams);
  GRIM_CHECK(out >= 1 && output_.rows() == out, input, "vectors", "the output table has {} rows, expected {}, one for each {}", output_.rows(), out,
             classifies() ? "label" : "word");
  if (settings_.loss == Loss::hierarchical_softmax) tree_.emplace(dictionary_.counts(classifies()));
}

std::vector<float> SubwordModel::mean_of(const std::vector<int32_t>& rows) const {
  std::vector<float> mean(static_cast<size_t>(dim()));
  for (const int32_t r : rows) input_.add(r, 1, mean.data());
  if (!rows.empty())
    for (float& x : mean) x /= static_cast<float>(rows.size());
  return mean;
}

std::vector<float> SubwordModel::word_vector(std::string_view word) const { return mean_of(dictionary_.rows_of(word)); }

std::vector<float> SubwordModel::line_vector(std::string_view line) const {
  if (classifies()) return mean_of(dictionary_.rows_of_line(line));
  std::vector<float> mean(static_cast<size_t>(dim()));
  int64_t count = 0;
  each_token(line, [&](std::string_view token) {
    const std::vector<float> v = word_vector(token);
    const float length = length_of(v);
    if (!(length > 0)) return;
    for (size_t i = 0; i < v.size(); ++i) mean[i] += v[i] / length;
    ++count;
  });
  if (count > 0)
    for (float& x : mean) x /= static_cast<float>(count);
  return mean;
}

std::vector<LabelProbability> SubwordModel::predict(std::string_view line, int64_t most, double threshold) const {
  GRIM_CHECK(classifies(), state, "vectors", "this model was trained without labels: it has vectors of words, and nothing to predict");
  GRIM_CHECK(most >= 1, argument, "vectors", "got {} labels to predict, expected 1 or more", most);
  const std::vector<int32_t> rows = dictionary_.rows_of_line(line);
  if (rows.empty()) return {};
  const std::vector<float> hidden = mean_of(rows);
  const auto wanted = static_cast<size_t>(std::min(most, dictionary_.labels()));
  if (tree_) return TreeSearch(*tree_, output_, hidden.data(), wanted, threshold).best();
  std::vector<LabelProbability> all;
  for (int64_t l = 0; l < output_.rows(); ++l) all.push_back({l, static_cast<double>(output_.dot(l, hidden.data()))});
  const double highest = std::ranges::max(all, {}, &LabelProbability::probability).probability;
  double sum = 0;
  for (LabelProbability& p : all) {
    p.probability = settings_.loss == Loss::softmax ? std::exp(p.probability - highest) : sigmoid(p.probability);
    sum += p.probability;
  }
  for (LabelProbability& p : all) p.probability = std::min(p.probability / (settings_.loss == Loss::softmax ? sum : 1) + kAdded, 1.0);
  std::ranges::stable_sort(all, std::greater<>(), &LabelProbability::probability);
  all.resize(wanted);
  std::erase_if(all, [&](const LabelProbability& p) { return !(p.probability >= threshold); });
  return all;
}

}  // namespace grim::vectors
