#include "grimoire/generate/writer.h"

#include <algorithm>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr size_t kAlternatives = 5;

}  // namespace

std::vector<Choice::Alternative> likeliest_of(const Distribution& d, size_t count) {
  std::vector<Choice::Alternative> all;
  for (size_t i = 0; i < d.p.size(); ++i)
    if (d.p[i] > 0) all.push_back({d.token(i), d.p[i]});
  count = std::min(count, all.size());
  const auto likelier = [](const auto& a, const auto& b) { return a.probability > b.probability || (a.probability == b.probability && a.token < b.token); };
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(count), all.end(), likelier);
  all.resize(count);
  return all;
}

Choice choose(std::span<float> logits, const Place& place, const GenerationConfig& c, Rng& rng) {
  const std::vector<float> own = c.explain ? softmax_of(logits) : std::vector<float>();
  process(logits, place, c);
  const Distribution d = distribution_of(logits, c);
  // The 2022 form of torch's multinomial is what the published notebooks drew with.
  const auto drawn = static_cast<size_t>(c.temperature == 0 ? 0 : rng.multinomial(d.p, MultinomialForm::cumulative));
  Choice choice{.token = d.token(drawn)};
  if (!c.explain) return choice;
  choice.model_probability = own[static_cast<size_t>(choice.token)];
  const Distribution shaped = c.temperature == 0 ? Distribution{{}, softmax_of(logits)} : d;
  choice.probability = c.temperature == 0 ? shaped.p[static_cast<size_t>(choice.token)] : d.p[drawn];
  choice.alternatives = likeliest_of(shaped, kAlternatives);
  return choice;
}

std::vector<int64_t> looked_up(std::span<const int64_t> text, int64_t n, int64_t count) {
  for (size_t size = std::min(static_cast<size_t>(n), text.size() - 1); size > 0; --size) {
    const auto tail = text.last(size);
    const auto found = std::search(text.begin(), text.end() - 1, tail.begin(), tail.end());
    if (found == text.end() - 1) continue;
    const auto begin = found + static_cast<ptrdiff_t>(size);
    return {begin, begin + std::min<ptrdiff_t>(count, text.end() - begin)};
  }
  return {};
}

// Is the text what was read ahead, so far?
bool Writer::guessed_right() const {
  const std::vector<int64_t>& text = rows_.text();
  if (ahead_.empty() || text.size() < begun_ || text.size() - begun_ > guesses_.size()) return false;
  return std::equal(text.begin() + static_cast<ptrdiff_t>(begun_), text.end(), guesses_.begin());
}

void Writer::read(const GenerationConfig& c, Pace* pace) {
  begun_ = rows_.length();
  const int64_t room = model_.context() - static_cast<int64_t>(begun_), wanted = std::min(c.prompt_lookup_num_tokens, room);
  guesses_ = wanted > 0 ? looked_up(rows_.text(), c.max_matching_ngram_size, wanted) : std::vector<int64_t>();
  for (const int64_t guess : guesses_) rows_.push({&guess, 1});
  ahead_ = rows_.logits(guesses_.size() + 1);
  rows_.cut(begun_);
  if (pace) pace->guessed += static_cast<int64_t>(guesses_.size());
}

std::span<float> Writer::next(const GenerationConfig& c, Pace* pace) {
  const double began = monotonic_seconds();
  const bool beyond = rows_.beyond();
  if (!guessed_right()) read(c, pace);
  const size_t place = rows_.length() - begun_, V = static_cast<size_t>(model_.vocabulary());
  if (pace) {
    pace->goes_on = rows_.goes_on();
    pace->right += place > 0 ? 1 : 0;
    ++(beyond ? pace->beyond : pace->within);
    (beyond ? pace->seconds_beyond : pace->seconds_within) += monotonic_seconds() - began;
  }
  return std::span(ahead_).subspan(place * V, V);
}

std::vector<int64_t> Writer::write(std::span<const int64_t> ids, const GenerationConfig& c, Rng& rng, const std::function<bool(const Choice&)>& told,
                                   Pace* pace) {
  check(c);
  check_tokens(c, model_.vocabulary());
  GRIM_CHECK(c.prompt_lookup_num_tokens == 0 || rows_.goes_on(), argument, "generate",
             "prompt_lookup_num_tokens: this model keeps nothing of what it read, so that reading ahead saves nothing");
  rows_.begin_with({{ids.begin(), ids.end()}});
  ahead_.clear();
  const size_t begun = rows_.length();
  const int64_t longest = c.longest(static_cast<int64_t>(begun));
  while (longest == 0 || static_cast<int64_t>(rows_.length()) < longest) {
    const std::span<float> logits = next(c, pace);  // it may move the text
    const Choice choice = choose(logits, {.text = rows_.text(), .prompt = static_cast<int64_t>(begun), .longest = longest}, c, rng);
    const bool end = std::ranges::find(c.ends, choice.token) != c.ends.end();
    if (!end) rows_.push({&choice.token, 1});
    if ((told && !told(choice)) || end) break;
  }
  const std::vector<int64_t>& text = rows_.text();
  return {text.begin() + static_cast<ptrdiff_t>(begun), text.end()};
}

}  // namespace grim
