#include "grimoire/generate/batch.h"

#include <algorithm>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

struct Line {
  size_t text;  // its number
  Rng rng;
};

// Texts whose prompts have one length; row i of `rows` is line i's.
class Batch {
 public:
  Batch(const CausalLm& model, const GenerationConfig& config, const std::function<bool(size_t, const Choice&)>& told)
      : config_(config), told_(told), rows_(model) {}

  void begin(std::vector<std::vector<int64_t>> prompts, std::vector<Line> lines) {
    prompt_ = prompts[0].size();
    rows_.begin_with(std::move(prompts));
    lines_ = std::move(lines);
  }

  // Each prompt is read once, and its texts part behind it.
  void write(std::vector<std::vector<int64_t>>& out) {
    const int64_t longest = config_.longest(static_cast<int64_t>(prompt_));
    std::vector<float> logits = rows_.logits(), first;
    std::vector<int64_t> origin;
    const size_t texts = lines_.size() / rows_.count();
    for (size_t i = 0; i < lines_.size(); ++i) {
      const auto of = rows_.of_row(logits, i / texts);
      first.insert(first.end(), of.begin(), of.end());
      origin.push_back(static_cast<int64_t>(i / texts));
    }
    rows_.keep(origin);
    for (logits = std::move(first); step(logits, out) && (longest == 0 || static_cast<int64_t>(rows_.length()) < longest);) logits = rows_.logits();
  }

 private:
  // One token for each; who ended leaves. False: nobody is left.
  bool step(std::vector<float>& logits, std::vector<std::vector<int64_t>>& out) {
    const Place place{.prompt = static_cast<int64_t>(prompt_), .longest = config_.longest(static_cast<int64_t>(prompt_))};
    std::vector<int64_t> tokens, staying;
    std::vector<Line> left;
    const size_t V = logits.size() / lines_.size();
    for (size_t i = 0; i < lines_.size(); ++i) {
      Place here = place;
      here.text = rows_.text(i);
      const Choice c = choose(std::span(logits).subspan(i * V, V), here, config_, lines_[i].rng);
      const bool end = std::ranges::find(config_.ends, c.token) != config_.ends.end();
      if (!end) out[lines_[i].text].push_back(c.token);
      if ((told_ && !told_(lines_[i].text, c)) || end) continue;
      tokens.push_back(c.token);
      staying.push_back(static_cast<int64_t>(i));
      left.push_back(lines_[i]);
    }
    lines_ = std::move(left);
    if (lines_.empty()) return false;
    rows_.keep(staying);
    rows_.push(tokens);
    return true;
  }

  const GenerationConfig& config_;
  const std::function<bool(size_t, const Choice&)>& told_;
  TextRows rows_;
  size_t prompt_ = 0;
  std::vector<Line> lines_;
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
  std::map<size_t, std::vector<size_t>> by_length;
  for (size_t i = 0; i < prompts.size(); ++i) by_length[prompts[i].size()].push_back(i);
  const auto texts = static_cast<size_t>(c.num_return_sequences);
  std::vector<std::vector<int64_t>> out(prompts.size() * texts);
  for (const auto& [length, numbers] : by_length) {
    std::vector<std::vector<int64_t>> alike;
    std::vector<Line> lines;
    for (const size_t i : numbers) {
      alike.push_back(prompts[i]);
      for (size_t t = i * texts; t < (i + 1) * texts; ++t) lines.push_back({t, c.temperature == 0 ? rng : rng.at_step(static_cast<int64_t>(t))});
    }
    Batch batch(model, c, told);
    batch.begin(std::move(alike), std::move(lines));
    batch.write(out);
  }
  return out;
}

}  // namespace grim
