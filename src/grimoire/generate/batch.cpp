#include "grimoire/generate/batch.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

struct Line {
  size_t text;  // its number
  int64_t prompt, longest;  // tokens: given, and that it may have (0: no limit)
  Rng rng;
};

// Texts that are written side by side; row i of `rows` is line i's.
class Batch {
 public:
  Batch(const CausalLm& model, const GenerationConfig& config, const std::function<bool(size_t, const Choice&)>& told)
      : model_(model), config_(config), told_(told), rows_(model) {}

  bool any_lengths() const { return rows_.any_lengths(); }

  // Each prompt is read once, and its texts part behind it: as many lines for each. Those of unequal lengths that the model's context has no more room for
  // are left in the end, and go on by themselves.
  void write(std::vector<std::vector<int64_t>> prompts, std::vector<Line> lines, std::vector<std::vector<int64_t>>& out) {
    mixed_ = std::ranges::any_of(prompts, [&](const auto& p) { return p.size() != prompts[0].size(); });
    rows_.begin_with(std::move(prompts));
    lines_ = std::move(lines);
    std::vector<float> logits = rows_.logits(), first;
    std::vector<int64_t> origin;
    const size_t texts = lines_.size() / rows_.count();
    for (size_t i = 0; i < lines_.size(); ++i) {
      const auto of = rows_.of_row(logits, i / texts);
      first.insert(first.end(), of.begin(), of.end());
      origin.push_back(static_cast<int64_t>(i / texts));
    }
    rows_.keep(origin);
    for (logits = std::move(first); step(logits, out);) logits = rows_.logits();
    if (left_.empty()) return;
    write(std::exchange(left_texts_, {}), std::exchange(left_, {}), out);
  }

 private:
  // One token for each; who ended leaves. False: nobody goes on here.
  bool step(std::vector<float>& logits, std::vector<std::vector<int64_t>>& out) {
    std::vector<int64_t> tokens, staying;
    std::vector<Line> going;
    const size_t V = logits.size() / lines_.size();
    for (size_t i = 0; i < lines_.size(); ++i) {
      Line& line = lines_[i];
      const std::vector<int64_t>& text = rows_.text(i);
      const Choice c = choose(std::span(logits).subspan(i * V, V), {.text = text, .prompt = line.prompt, .longest = line.longest}, config_, line.rng);
      const bool end = std::ranges::find(config_.ends, c.token) != config_.ends.end();
      if (!end) out[line.text].push_back(c.token);
      const auto length = std::ssize(text) + 1;
      if ((told_ && !told_(line.text, c)) || end || length == line.longest) continue;
      if (mixed_ && length > model_.context()) {
        left_.push_back(line);
        left_texts_.push_back(text);
        left_texts_.back().push_back(c.token);
        continue;
      }
      tokens.push_back(c.token);
      staying.push_back(static_cast<int64_t>(i));
      going.push_back(line);
    }
    lines_ = std::move(going);
    if (lines_.empty()) return false;
    rows_.keep(staying);
    rows_.push(tokens);
    return true;
  }

  const CausalLm& model_;
  const GenerationConfig& config_;
  const std::function<bool(size_t, const Choice&)>& told_;
  TextRows rows_;
  std::vector<Line> lines_, left_;
  std::vector<std::vector<int64_t>> left_texts_;
  bool mixed_ = false;
};

}  // namespace

std::vector<std::vector<int64_t>> write_batch(const CausalLm& model, std::span<const std::vector<int64_t>> prompts, const GenerationConfig& c, const Rng& rng,
                                              const std::function<bool(size_t, const Choice&)>& told) {
  check(c);
  check_tokens(c, model.vocabulary());
  if (c.prompt_lookup_num_tokens > 0 || c.penalty_alpha > 0)
    fail(ErrorKind::argument, "generate",
         str("{} prompts are given, but one text at a time is {}", prompts.size(), c.prompt_lookup_num_tokens > 0 ? "guessed ahead" : "written by contrast"),
         str("give one prompt, or leave {} out", c.prompt_lookup_num_tokens > 0 ? "prompt_lookup_num_tokens (" GRIM_SETTING("lookup") ")"
                                                                              : "penalty_alpha (" GRIM_SETTING("contrastive") ")"));
  Batch batch(model, c, told);
  const auto together = [&](size_t length) { return batch.any_lengths() && static_cast<int64_t>(length) <= model.context() ? 0 : length; };
  std::vector<size_t> order(prompts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return std::pair(together(prompts[i].size()), prompts[i].size()); });
  const auto texts = static_cast<size_t>(c.num_return_sequences);
  std::vector<std::vector<int64_t>> out(prompts.size() * texts);
  for (size_t begin = 0; begin < order.size();) {
    std::vector<std::vector<int64_t>> some;
    std::vector<Line> lines;
    const size_t with = together(prompts[order[begin]].size());
    for (; begin < order.size() && together(prompts[order[begin]].size()) == with && (some.empty() || lines.size() + texts <= kTextsTogether); ++begin) {
      const size_t i = order[begin];
      const auto length = std::ssize(prompts[i]);
      some.push_back(prompts[i]);
      for (size_t t = i * texts; t < (i + 1) * texts; ++t)
        lines.push_back({t, length, c.longest(length), c.temperature == 0 ? rng : rng.at_step(static_cast<int64_t>(t))});
    }
    batch.write(std::move(some), std::move(lines), out);
  }
  return out;
}

}  // namespace grim
