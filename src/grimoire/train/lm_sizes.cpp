#include "grimoire/train/lm_sizes.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/train/lm_data.h"

namespace grim {
namespace {

bool is_window(const RunConfig& c) { return c.architecture().reading == Reading::window; }
bool is_lines(const Corpus& corpus) { return corpus.format == CorpusFormat::lines; }

double symbols_in(const Corpus& corpus) {
  double n = static_cast<double>(count_code_points(corpus.text));
  for (const std::string& item : corpus.items) n += static_cast<double>(count_code_points(item));
  return n;
}

// Of the data, by Part; 0 where another part holds the very same.
std::array<double, kAllParts.size()> percents_of(const SplitPercent& s) {
  return {s.train, s.dev, s.test, common_part_of(s) == Part::common ? 100 - kCommonBegins : 0};
}

double fewest_symbols(const RunConfig& c) {
  double smallest = 100;
  for (const double percent : percents_of(SplitPercent::parse(c.split)))
    if (percent > 0) smallest = std::min(smallest, percent);
  return std::max(4.0 * kJudgedAtOnce, 400 * static_cast<double>(c.places()) / smallest);
}

void cut(std::string& text, double most) {
  size_t at = 0;
  for (double i = 0; i < most && at < text.size(); ++i) next_code_point(text, at);
  text.resize(at);
}

}  // namespace

RunSizes sizes_of(const RunConfig& c, const Corpus& corpus, int64_t vocabulary, double characters_a_symbol) {
  constexpr double kVector = 48;  // itself, and what its memory is kept with
  const double symbols = symbols_in(corpus) / characters_a_symbol, items = static_cast<double>(corpus.items.size()), context = static_cast<double>(c.places());
  const std::unique_ptr<ModelConfig> shape = c.shape_for(vocabulary);
  const SplitPercent split = SplitPercent::parse(c.split);
  RunSizes s{.vocabulary = vocabulary, .parameters = whole_bytes(shape->parameter_count())};
  s.weights = 4 * shape->parameter_count();
  s.buffers = shape->buffer_bytes();
  s.optimizer = static_cast<double>(kept_per_weight(c)) * s.weights;
  s.read = 8 * symbols + kVector * items;  // ids, which the report makes anew beside all that the run has left
  s.extent = !is_lines(corpus) ? symbols : is_window(c) ? symbols + items : items;
  s.examples = static_cast<int64_t>(split.train / 100 * s.extent);
  if (!is_lines(corpus)) {
    GRIM_CHECK(s.examples > c.places(), input, "data", "{}: the text is too short: got {} symbols to train on, expected more than the {} of an example",
               corpus.source, s.examples, c.places());
    s.examples -= c.places();
  }
  const double held = common_part_of(split) == Part::common ? 2 - kCommonBegins / 100 : 1;  // the last tenth a second time
  s.data = 8 * held * s.extent * (!is_lines(corpus) ? 1 : is_window(c) ? context + 1 : 2 * context);
  s.judged_at_once = judged_at_once(c.architecture().reading, c.places());
  const bool crops = !is_lines(corpus) && !is_window(c);  // consecutive ones
  const auto percents = percents_of(split);
  for (size_t i = 0; i < percents.size(); ++i) s.judged[i] = crops ? std::ceil(s.extent * percents[i] / 100 / context) : s.extent * percents[i] / 100;
  return s;
}

Corpus sample_of(const Corpus& corpus, const RunConfig& c, int times, double characters_a_symbol) {
  constexpr size_t kFewestItems = 100;  // to be split
  const double characters = times * fewest_symbols(c) * characters_a_symbol;
  Corpus small = corpus;
  cut(small.text, characters);
  const size_t n = corpus.items.size();
  const auto share = static_cast<size_t>(std::ceil(static_cast<double>(n) * std::min(1.0, characters / std::max(1.0, symbols_in(corpus)))));
  const size_t chosen = std::min(n, std::max(share, kFewestItems));
  small.items.resize(chosen);
  small.line_numbers.resize(chosen);
  for (size_t i = 0; i < chosen; ++i) {
    small.items[i] = corpus.items[i * n / chosen];
    small.line_numbers[i] = corpus.line_numbers[i * n / chosen];
    if (!is_window(c)) cut(small.items[i], static_cast<double>(c.places() - 1));
  }
  return small;
}

}  // namespace grim
