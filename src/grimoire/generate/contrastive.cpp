#include "grimoire/generate/contrastive.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

// What the output layer read: the site before the last of a pass.
class Hidden {
 public:
  Hidden() : tap_([this](const Site&, const Tensor& y) { before_ = last_, last_ = y; return Tensor(); }) {}
  // (rows * places, C), of unit length, of the last `places` of each row
  std::vector<std::vector<float>> states(int64_t rows, int64_t places) const {
    GRIM_CHECK(before_.defined() && before_.ndim() == 3 && before_.dim(0) == rows && before_.dim(1) >= places, argument, "contrastive",
               "this model shows no state for each place of a text");
    const Tensor x = slice(before_, 1, before_.dim(1) - places, before_.dim(1));
    const std::vector<float> all = x.to_vector<float>();
    const auto C = static_cast<size_t>(x.dim(2));
    std::vector<std::vector<float>> unit;
    for (auto at = all.begin(); at != all.end(); at += static_cast<ptrdiff_t>(C)) {
      double sum = 0;
      unit.emplace_back(at, at + static_cast<ptrdiff_t>(C));
      for (const float v : unit.back()) sum += double(v) * v;
      for (float& v : unit.back()) v = static_cast<float>(v / std::sqrt(sum));
    }
    return unit;
  }

 private:
  Tensor before_, last_;
  Tap tap_;
};

using States = std::vector<std::vector<float>>;

double most_alike(const std::vector<float>& h, const States& before) {
  double most = -1;
  for (const auto& b : before) {
    double dot = 0;
    for (size_t i = 0; i < h.size(); ++i) dot += double(h[i]) * b[i];
    most = std::max(most, dot);
  }
  return most;
}

class Search {
 public:
  Search(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& c)
      : config_(c), prompt_(static_cast<int64_t>(prompt.size())), longest_(c.longest(prompt_)), rows_(model) {
    rows_.begin_with({{prompt.begin(), prompt.end()}});
    const Hidden hidden;
    logits_ = rows_.logits();
    said_ = hidden.states(1, std::min(prompt_, model.context()));
  }
  bool has_room() const { return longest_ == 0 || static_cast<int64_t>(rows_.length()) < longest_; }
  void take_back() { rows_.cut(rows_.length() - 1); }
  std::span<const int64_t> written() const { return std::span(rows_.text()).subspan(static_cast<size_t>(prompt_)); }

  // Every candidate is read, in a row of its own; the row of the one that is taken stays.
  Choice step() {
    const std::vector<float> own = config_.explain ? softmax_of(logits_) : std::vector<float>();
    process(logits_, {.text = rows_.text(), .prompt = prompt_, .longest = longest_}, config_);
    Choice choice{.alternatives = likeliest_of({{}, softmax_of(logits_)}, static_cast<size_t>(config_.top_k))};
    std::vector<int64_t> candidates;
    for (const auto& a : choice.alternatives) candidates.push_back(a.token);
    rows_.keep(std::vector<int64_t>(candidates.size(), 0));
    rows_.push(candidates);
    const Hidden hidden;
    const std::vector<float> next = rows_.logits();
    const States states = hidden.states(static_cast<int64_t>(candidates.size()), 1);
    const size_t best = best_of(choice.alternatives, states);
    const std::span<const float> of_best = rows_.of_row(next, best);
    logits_.assign(of_best.begin(), of_best.end());
    said_.push_back(states[best]);
    const auto row = static_cast<int64_t>(best);
    rows_.keep({&row, 1});
    choice.token = candidates[best];
    choice.probability = choice.alternatives[best].probability;
    if (config_.explain) choice.model_probability = own[static_cast<size_t>(choice.token)];
    return choice;
  }

 private:
  size_t best_of(const std::vector<Choice::Alternative>& candidates, const States& states) const {
    std::vector<double> scores;
    for (size_t i = 0; i < candidates.size(); ++i)
      scores.push_back(contrast(candidates[i].probability, most_alike(states[i], said_), config_.penalty_alpha));
    return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
  }

  const GenerationConfig& config_;
  int64_t prompt_, longest_;
  TextRows rows_;
  std::vector<float> logits_;
  States said_;
};

}  // namespace

std::vector<int64_t> search_contrastive(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& c,
                                        const std::function<bool(const Choice&)>& told) {
  check(c);
  check_tokens(c, model.vocabulary());
  GRIM_CHECK(c.top_k > 1, argument, "generate", "a contrast is between two candidates or more: the likeliest {} is asked for", c.top_k);
  GRIM_CHECK(model.reading() == Reading::sequence, argument, "generate", "penalty_alpha: this model has no state of each token that could be compared");
  Search search(model, prompt, c);
  while (search.has_room()) {
    const Choice choice = search.step();
    const bool end = std::ranges::find(c.ends, choice.token) != c.ends.end();
    if (end) search.take_back();
    if ((told && !told(choice)) || end) break;
  }
  return {search.written().begin(), search.written().end()};
}

}  // namespace grim
