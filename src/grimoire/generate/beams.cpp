#include "grimoire/generate/beams.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/generate/text_rows.h"

namespace grim {
namespace {

constexpr float kOut = -1e9f;  // the score of what cannot be taken

std::vector<float> log_softmax_of(std::span<const float> logits) {
  const double norm = Softmax(logits.data(), static_cast<int64_t>(logits.size())).log_sum();
  std::vector<float> y(logits.size());
  for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(logits[i] - norm);
  return y;
}

float kept_from(std::vector<float> scores, size_t count) {  // the smallest of so many, the largest
  if (count >= scores.size()) return -INFINITY;
  std::ranges::nth_element(scores, scores.begin() + static_cast<ptrdiff_t>(count - 1), std::greater<>());
  return scores[count - 1];
}

struct Finished {
  std::vector<int64_t> written;
  float score;
};
struct Candidate {
  size_t row;  // of all rows
  int64_t token;
  float score;  // log-probability of the whole text
  bool over = false;
};

// Beams that compete with each other.
struct Group {
  size_t first, size;         // rows
  std::vector<float> scores;  // of the beams, best first
  std::vector<Finished> finished = {};  // best first, at most `size`
  bool open = true;           // can become better
};

class Search {
 public:
  Search(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& c, const std::function<bool(std::span<const int64_t>)>& is_over)
      : config_(c), is_over_(is_over), prompt_(prompt.size()), longest_(c.longest(static_cast<int64_t>(prompt.size()))), rows_(model) {
    GRIM_CHECK(longest_ > 0, argument, "generate", "max_new_tokens: beams end somewhere, give a length");
    rows_.begin_with({{prompt.begin(), prompt.end()}});
    const size_t size = static_cast<size_t>(c.num_beams / c.num_beam_groups);
    for (size_t first = 0; first < static_cast<size_t>(c.num_beams); first += size) {
      groups_.push_back({.first = first, .size = size, .scores = std::vector<float>(size, kOut)});
      groups_.back().scores[0] = 0;  // all begin alike: the first one parts into all
    }
  }

  // One token for every beam. False: nothing can become better.
  bool step() {
    const std::vector<float> logits = next();
    std::vector<int64_t> parents, tokens, said;
    bool any_open = false;
    for (Group& g : groups_) {
      const std::vector<Candidate> best = continuations(g, logits, said);
      const bool all_over = std::ranges::all_of(best, &Candidate::over);
      finish(g, best);
      go_on(g, best, parents, tokens);
      if (g.open) said.insert(said.end(), tokens.end() - static_cast<ptrdiff_t>(g.size), tokens.end());
      g.open = g.open && !all_over && can_improve(g);
      any_open |= g.open;
    }
    rows_.keep(parents);
    rows_.push(tokens);
    return any_open;
  }

  BeamStep now() const {
    BeamStep s;
    for (const Group& g : groups_)
      for (size_t i = 0; i < g.size; ++i) s.beams.push_back({written(g.first + i), g.scores[i]});
    return s;
  }

  std::vector<BeamText> best() {
    std::vector<Finished> all;
    for (const Group& g : groups_) {
      all.insert(all.end(), g.finished.begin(), g.finished.end());
      for (size_t i = 0; g.finished.size() + i < g.size && g.scores[i] > kOut; ++i)  // of a search that was ended early
        all.push_back({{written(g.first + i).begin(), written(g.first + i).end()}, g.scores[i] / weight(rows_.length() - prompt_)});
    }
    std::ranges::stable_sort(all, std::greater<>(), &Finished::score);
    std::vector<BeamText> texts;
    for (size_t i = 0; i < std::min(all.size(), static_cast<size_t>(config_.num_return_sequences)); ++i)
      texts.push_back({std::move(all[i].written), all[i].score});
    return texts;
  }

 private:
  // (beams, V). The prompt is read once, for all.
  std::vector<float> next() {
    std::vector<float> logits = rows_.logits();
    if (rows_.count() == static_cast<size_t>(config_.num_beams)) return logits;
    std::vector<float> all;
    for (int64_t i = 0; i < config_.num_beams; ++i) all.insert(all.end(), logits.begin(), logits.end());
    rows_.keep(std::vector<int64_t>(static_cast<size_t>(config_.num_beams), 0));
    return all;
  }

  std::span<const int64_t> written(size_t row) const { return std::span(rows_.text(row)).subspan(prompt_); }
  float weight(size_t length) const { return static_cast<float>(std::pow(static_cast<double>(length), config_.length_penalty)); }

  bool is_over(size_t row, int64_t token) const {
    if (std::ranges::find(config_.ends, token) != config_.ends.end() || static_cast<int64_t>(rows_.length()) + 1 >= longest_) return true;
    if (!is_over_) return false;
    std::vector<int64_t> text(written(row).begin(), written(row).end());
    text.push_back(token);
    return is_over_(text);
  }

  // The best of size * V, so many that `size` are left whichever of them are over. What other groups said in this step counts against it.
  std::vector<Candidate> continuations(const Group& g, std::span<const float> logits, std::span<const int64_t> said) const {
    const size_t kept = std::max<size_t>(2, 1 + config_.ends.size()) * g.size;
    std::vector<Candidate> all;
    for (size_t i = 0; i < g.size; ++i) {
      const size_t row = g.first + i;
      std::vector<float> scores = log_softmax_of(rows_.of_row(logits, row));
      for (const int64_t token : said) scores[static_cast<size_t>(token)] -= static_cast<float>(config_.diversity_penalty);
      process(scores, {.text = rows_.text(row), .prompt = static_cast<int64_t>(prompt_), .longest = longest_}, config_);
      if (config_.renormalize_logits) scores = log_softmax_of(scores);
      const float least = kept_from(scores, kept);
      for (size_t v = 0; v < scores.size(); ++v)
        if (scores[v] >= least) all.push_back({row, static_cast<int64_t>(v), scores[v] + g.scores[i]});
    }
    const size_t keep = std::min(kept, all.size());
    const auto better = [](const Candidate& a, const Candidate& b) {
      return a.score > b.score || (a.score == b.score && (a.row < b.row || (a.row == b.row && a.token < b.token)));
    };
    std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(keep), all.end(), better);
    all.resize(keep);
    for (Candidate& c : all) c.over = is_over(c.row, c.token);
    return all;
  }

  // Those that are over, if they are among the best `size`, compete with the finished ones.
  void finish(Group& g, const std::vector<Candidate>& best) const {
    if (!g.open) return;
    for (size_t i = 0; i < std::min(g.size, best.size()); ++i) {
      if (!best[i].over || best[i].score <= kOut) continue;
      Finished f{{written(best[i].row).begin(), written(best[i].row).end()}, best[i].score / weight(rows_.length() + 1 - prompt_)};
      if (std::ranges::find(config_.ends, best[i].token) == config_.ends.end()) f.written.push_back(best[i].token);
      g.finished.push_back(std::move(f));
    }
    std::ranges::stable_sort(g.finished, std::greater<>(), &Finished::score);
    if (g.finished.size() > g.size) g.finished.resize(g.size);
  }

  void go_on(Group& g, std::vector<Candidate> best, std::vector<int64_t>& parents, std::vector<int64_t>& tokens) const {
    for (Candidate& c : best) c.score += c.over ? kOut : 0.0f;
    std::ranges::stable_sort(best, std::greater<>(), &Candidate::score);
    for (size_t i = 0; i < g.size; ++i) {
      const Candidate& c = best[std::min(i, best.size() - 1)];
      g.scores[i] = i < best.size() ? c.score : kOut;
      parents.push_back(static_cast<int64_t>(c.row));
      tokens.push_back(c.token);
    }
  }

  // Could the best beam still overtake the worst finished text? Its score is reckoned for its present length or, where longer ones weigh more and
  // early_stopping is "never", for the longest.
  bool can_improve(const Group& g) const {
    if (g.finished.size() < g.size) return true;
    if (config_.early_stopping == EarlyStopping::yes) return false;
    const bool at_longest = config_.early_stopping == EarlyStopping::never && config_.length_penalty > 0;
    const size_t length = (at_longest ? static_cast<size_t>(longest_) : rows_.length() + 1) - prompt_;
    return g.scores[0] / weight(length) > g.finished.back().score;
  }

  const GenerationConfig& config_;
  const std::function<bool(std::span<const int64_t>)>& is_over_;
  size_t prompt_;
  int64_t longest_;
  TextRows rows_;
  std::vector<Group> groups_;
};

}  // namespace

std::vector<BeamText> search_beams(const CausalLm& model, std::span<const int64_t> prompt, const GenerationConfig& c,
                                   const std::function<bool(std::span<const int64_t>)>& is_over, const std::function<bool(const BeamStep&)>& told) {
  check(c);
  check_tokens(c, model.vocabulary());
  Search search(model, prompt, c, is_over);
  while (search.step())
    if (told && !told(search.now())) break;
  return search.best();
}

}  // namespace grim
