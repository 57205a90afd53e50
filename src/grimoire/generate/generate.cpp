#include "grimoire/generate/generate.h"

#include <algorithm>

#include "grimoire/text/token_stream.h"

namespace grim {

std::string generate(const CausalLm& model, const Tokenizer& tokenizer, const SampleOptions& o, Rng& rng,
                     const std::function<void(const Choice&)>& on_choice, const std::function<bool()>& stop, Pace* pace) {
  check(o);
  const std::optional<int64_t> boundary = tokenizer.boundary();
  SampleOptions sampling = o;
  if (boundary) sampling.ends.push_back(*boundary);
  if (o.max_tokens == 0) sampling.max_tokens = boundary ? 1000 : 500;
  std::vector<int64_t> written = tokenizer.encode(o.prompt, "the prompt");
  std::vector<int64_t> ids = tokenizer.encode_with(o.prompt).ids;  // with what the model expects before it
  if (ids.empty()) ids = {o.begin.value_or(0)};  // of characters the first, usually a newline
  TokenStream stream(tokenizer);
  std::string text;  // kept only to look for the end in
  if (!o.stop.empty())
    for (const int64_t id : written) text += stream.put(id);
  const size_t begun = text.size();
  size_t found = std::string::npos;
  if (stop && stop()) return tokenizer.decode(written);
  const std::vector<int64_t> more = Writer(model).write(ids, sampling, rng, [&](const Choice& c) {
    if (on_choice) on_choice(c);
    if (!o.stop.empty() && std::ranges::find(sampling.ends, c.token) == sampling.ends.end()) {
      const size_t before = text.size();
      text += stream.put(c.token);
      found = text.find(o.stop, std::max(begun, before - std::min(before, o.stop.size())));
    }
    return found == std::string::npos && !(stop && stop());
  }, pace);
  if (found != std::string::npos) return text.substr(0, found);
  written.insert(written.end(), more.begin(), more.end());
  return tokenizer.decode(written);
}

}  // namespace grim
