#include "grimoire/generate/generate.h"

#include <algorithm>

#include "grimoire/generate/batch.h"
#include "grimoire/generate/contrastive.h"
#include "grimoire/generate/stop_finder.h"

namespace grim {
namespace {

// A prompt, and how texts behind it are written with this tokenizer.
struct Beginning {
  std::vector<int64_t> text;  // the prompt's own tokens
  std::vector<int64_t> read;  // with what the model expects before it
};

Beginning beginning_of(const Tokenizer& tokenizer, const std::string& prompt, const GenerationConfig& c) {
  Beginning b{tokenizer.encode(prompt, "the prompt"), tokenizer.encode_with(prompt).ids};
  if (b.read.empty() || (prompt.empty() && c.begin)) b.read = {c.begin.value_or(0)};  // of characters the first, usually a newline
  return b;
}

// The text of a prompt and what comes behind it, up to a stop.
class Growing {
 public:
  Growing(const Tokenizer& tokenizer, const Beginning& begin, const GenerationConfig& c) : config_(c), finder_(tokenizer, c.stop) { finder_.read(begin.text); }
  // What is now certain to be part of it. An end gives nothing.
  std::string put(int64_t token) { return std::ranges::find(config_.ends, token) == config_.ends.end() ? finder_.put(token) : ""; }
  std::string rest() { return finder_.rest(); }
  bool over() const { return finder_.found(); }
  std::string text() const { return finder_.text(); }

 private:
  const GenerationConfig& config_;
  StopFinder finder_;
};

}  // namespace

GenerationConfig for_tokenizer(GenerationConfig c, const Tokenizer& tokenizer) {
  check(c);
  const std::optional<int64_t> boundary = tokenizer.boundary();
  if (boundary) c.ends.push_back(*boundary);
  if (c.max_new_tokens == 0 && c.max_length == 0) c.max_new_tokens = boundary ? 1000 : 500;
  return c;
}

std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const std::string& prompt, const GenerationConfig& config, Rng& rng,
                     const Listener& listener) {
  const GenerationConfig c = for_tokenizer(config, tokenizer);
  const Beginning begin = beginning_of(tokenizer, prompt, c);
  Growing text(tokenizer, begin, c);
  const auto give = [&](const std::string& piece) {
    if (listener.text && !piece.empty()) listener.text(piece);
  };
  give(text.text());
  if (listener.stop && listener.stop()) return text.text();
  const auto told = [&](const Choice& choice) {
    if (listener.choice) listener.choice(choice);
    give(text.put(choice.token));
    return !text.over() && !(listener.stop && listener.stop());
  };
  if (c.penalty_alpha > 0) search_contrastive(model, begin.read, c, told);
  else Writer(model).write(begin.read, c, rng, told, listener.pace);
  give(text.rest());
  return text.text();
}

std::vector<std::string> generate_batch(const CausalLm& model, const Tokenizer& tokenizer, const std::vector<std::string>& prompts,
                                        const GenerationConfig& config, const Rng& rng, const std::function<void(size_t, const Choice&)>& on_choice,
                                        const std::function<bool()>& stop) {
  const GenerationConfig c = for_tokenizer(config, tokenizer);
  std::vector<std::vector<int64_t>> read;
  std::vector<Growing> texts;
  for (const std::string& prompt : prompts) {
    const Beginning begin = beginning_of(tokenizer, prompt, c);
    read.push_back(begin.read);
    for (int64_t i = 0; i < c.num_return_sequences; ++i) texts.emplace_back(tokenizer, begin, c);
  }
  write_batch(model, read, c, rng, [&](size_t i, const Choice& choice) {
    if (on_choice) on_choice(i, choice);
    texts[i].put(choice.token);
    return !texts[i].over() && !(stop && stop());
  });
  std::vector<std::string> all;
  for (Growing& t : texts) {
    t.rest();
    all.push_back(t.text());
  }
  return all;
}

std::vector<ScoredText> generate_beams(const CausalLm& model, const Tokenizer& tokenizer, const std::string& prompt, const GenerationConfig& config,
                                       const std::function<void(const BeamStep&)>& on_step, const std::function<bool()>& stop) {
  const GenerationConfig c = for_tokenizer(config, tokenizer);
  const Beginning begin = beginning_of(tokenizer, prompt, c);
  const auto grown = [&](std::span<const int64_t> tokens) {
    Growing text(tokenizer, begin, c);
    for (const int64_t t : tokens) text.put(t);
    text.rest();
    return text;
  };
  const auto is_over = [&](std::span<const int64_t> written) { return grown(written).over(); };
  const auto told = [&](const BeamStep& s) {
    if (on_step) on_step(s);
    return !(stop && stop());
  };
  std::vector<ScoredText> all;
  for (const BeamText& b : search_beams(model, begin.read, c, c.stop.empty() ? nullptr : std::function<bool(std::span<const int64_t>)>(is_over), told))
    all.push_back({grown(b.tokens).text(), b.score});
  return all;
}

}  // namespace grim
