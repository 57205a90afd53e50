#include "grimoire/train/run_sizes.h"

#include <algorithm>
#include <cmath>

#include "grimoire/text/utf8.h"
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

// Examples that a part of so many percent is judged in; sequences of running text in consecutive crops.
double judged_rows(const RunConfig& c, const Corpus& corpus, double percent) {
  const double extent = extent_of(corpus, c) * percent / 100;
  return is_lines(corpus) || is_window(c) ? extent : std::ceil(extent / static_cast<double>(c.context()));
}

std::vector<double> percents_of_parts(const SplitPercent& split) {
  std::vector<double> all = {split.train, split.dev, split.test};
  if (common_part_of(split) == Part::common) all.push_back(100 - kCommonBegins);
  std::erase(all, 0.0);
  return all;
}

}  // namespace

int64_t whole_bytes(double bytes) { return static_cast<int64_t>(std::min(bytes, 1e18)); }

int64_t kept_per_weight(const TrainerOptions& c) { return (c.optimizer == OptimizerKind::sgd ? (c.momentum > 0 ? 1 : 0) : 2) + (c.ema > 0 ? 1 : 0); }

int64_t places_of(const RunConfig& c) { return is_window(c) ? 1 : c.context(); }

double extent_of(const Corpus& corpus, const RunConfig& c) {
  const auto items = static_cast<double>(corpus.items.size());
  return !is_lines(corpus) ? symbols_in(corpus) : is_window(c) ? symbols_in(corpus) + items : items;
}

RunSizes sizes_of(const RunConfig& c, const Corpus& corpus) {
  RunSizes s;
  s.vocabulary = make_tokenizer(corpus)->vocab_size();
  const std::unique_ptr<ModelConfig> shape = c.shape_for(s.vocabulary);
  s.weights = 4 * shape->parameter_count();
  s.parameters = whole_bytes(shape->parameter_count());
  s.buffers = shape->buffer_bytes();
  s.optimizer = static_cast<double>(kept_per_weight(c)) * s.weights;
  const double extent = extent_of(corpus, c), context = static_cast<double>(c.context());
  const SplitPercent split = SplitPercent::parse(c.split);
  s.examples = static_cast<int64_t>(split.train / 100 * extent);
  if (!is_lines(corpus)) {
    GRIM_CHECK(s.examples > c.context(), input, "data", "{}: the text is too short: got {} characters to train on, expected more than the context of {}",
               corpus.source, s.examples, c.context());
    s.examples -= c.context();
  }
  const double common = common_part_of(split) == Part::common ? 2 - kCommonBegins / 100 : 1;  // which is held a second time
  s.data = 8 * common * extent * (!is_lines(corpus) ? 1 : is_window(c) ? context + 1 : 2 * context);
  return s;
}

int64_t bytes_while_read(const Corpus& corpus) {
  constexpr double kVector = 48;  // itself, and what its memory is kept with
  return whole_bytes(8 * symbols_in(corpus) + kVector * static_cast<double>(corpus.items.size()));
}

int64_t judged_at_once(const RunConfig& c) { return grim::judged_at_once(c.architecture().reading, c.context()); }

double judged_batches(const RunConfig& c, const Corpus& corpus, double percent, int64_t most) {
  return std::min(std::ceil(judged_rows(c, corpus, percent) / static_cast<double>(judged_at_once(c))), static_cast<double>(most));
}

std::vector<int64_t> judged_sizes(const RunConfig& c, const Corpus& corpus) {
  const int64_t full = judged_at_once(c);
  std::vector<int64_t> sizes;
  int64_t most = kFinalTrainBatches;
  for (const double percent : percents_of_parts(SplitPercent::parse(c.split))) {
    const auto rows = static_cast<int64_t>(judged_rows(c, corpus, percent));
    if (rows >= full) sizes.push_back(full);
    if (rows < most * full && rows % full != 0) sizes.push_back(rows % full);
    most = kMostJudgements;
  }
  return sizes;
}

double fewest_symbols(const RunConfig& c) {
  const std::vector<double> parts = percents_of_parts(SplitPercent::parse(c.split));
  const double smallest = *std::min_element(parts.begin(), parts.end()) / 100;
  return std::max(4.0 * kJudgedAtOnce, 4 * static_cast<double>(c.context()) / smallest);
}

Corpus sample_of(const Corpus& corpus, double symbols, int64_t longest) {
  const auto cut = [](std::string& text, double most) {
    size_t at = 0;
    for (double i = 0; i < most && at < text.size(); ++i) next_code_point(text, at);
    text.resize(at);
  };
  Corpus small = corpus;
  cut(small.text, symbols);
  const size_t n = corpus.items.size();
  constexpr size_t kFewestItems = 100;  // to be split
  const auto share = static_cast<size_t>(std::ceil(static_cast<double>(n) * std::min(1.0, symbols / std::max(1.0, symbols_in(corpus)))));
  const size_t chosen = std::min(n, std::max(share, kFewestItems));
  small.items.resize(chosen);
  small.line_numbers.resize(chosen);
  for (size_t i = 0; i < chosen; ++i) {
    small.items[i] = corpus.items[i * n / chosen];
    small.line_numbers[i] = corpus.line_numbers[i * n / chosen];
    if (longest >= 0) cut(small.items[i], static_cast<double>(longest));
  }
  return small;
}

}  // namespace grim
