#include "grimoire/train/lm_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/data/documents.h"
#include "grimoire/data/split.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/special_token.h"

namespace grim {
namespace {

std::vector<Ids> encode_items(const Corpus& corpus, const Tokenizer& tokenizer, const std::vector<int64_t>& chosen) {
  std::vector<Ids> items;
  items.reserve(chosen.size());
  for (int64_t i : chosen) {
    const auto at = static_cast<size_t>(i);
    items.push_back(tokenizer.encode(corpus.items[at], corpus.source, corpus.line_numbers[at]));
  }
  return items;
}

// How a special token is written: it is found in a text before anything else is done to it.
std::string written(const Tokenizer& tokenizer, const std::optional<int64_t>& id) { return id && tokenizer.is_special(*id) ? tokenizer.token(*id) : ""; }
std::string end_of_text(const Tokenizer& tokenizer) { return written(tokenizer, special_token(tokenizer, TokenRole::end)); }

// What stands before each document: what the tokenizer puts before every text, or its end token where that begins texts too, as GPT-2's does.
std::string begin_of_text(const Tokenizer& tokenizer) {
  const std::optional<int64_t> begin = special_token(tokenizer, TokenRole::begin);
  return written(tokenizer, begin == special_token(tokenizer, TokenRole::end) ? begin : token_before_texts(tokenizer));
}

std::vector<int64_t> counting(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) all[static_cast<size_t>(i)] = i;
  return all;
}

// Windows of running text: row r is ids[r .. r + context), its target the id after them.
Examples text_windows(std::span<const int64_t> ids, std::span<const int64_t> rows, int64_t context) {
  const auto N = static_cast<int64_t>(rows.size());
  Examples e{Tensor::empty({N, context}, Dtype::i64), Tensor::empty({N}, Dtype::i64)};
  for (int64_t n = 0; n < N; ++n) {
    const int64_t* const from = ids.data() + rows[static_cast<size_t>(n)];
    std::copy_n(from, context, e.x.data<int64_t>() + n * context);
    e.y.data<int64_t>()[n] = from[context];
  }
  return e;
}

}  // namespace

LmPart LmPart::of_items(const std::vector<Ids>& items, Reading reading, int64_t context) {
  LmPart part;
  part.reading_ = reading;
  part.context_ = context;
  if (items.empty()) return part;
  part.all_ = reading == Reading::window ? context_windows(items, context) : padded_items(items, context);
  part.targets_ = counted_targets(part.all_.y);
  return part;
}

LmPart LmPart::of_text(std::span<const int64_t> ids, Reading reading, int64_t context) {
  LmPart part;
  part.from_text_ = true;
  part.reading_ = reading;
  part.context_ = context;
  if (ids.empty()) return part;
  const auto n = static_cast<int64_t>(ids.size());
  GRIM_CHECK(n > context, input, "data", "the text is too short: got {} characters in a part, expected more than {}", n, context);
  part.ids_ = Tensor::from(ids, {n});
  part.targets_ = reading == Reading::window ? n - context : n - 1;
  return part;
}

int64_t LmPart::targets_in(std::span<const int64_t> rows) const {
  if (from_text_) return static_cast<int64_t>(rows.size()) * (reading_ == Reading::window ? 1 : context_);
  const int64_t places = all_.y.numel() / all_.y.dim(0);
  int64_t n = 0;
  for (int64_t r : rows) n += places - std::count(all_.y.data<int64_t>() + r * places, all_.y.data<int64_t>() + (r + 1) * places, kIgnore);
  return n;
}

int64_t LmPart::rows() const {
  if (!from_text_) return all_.x.defined() ? all_.x.dim(0) : 0;
  return ids_.defined() ? ids_.numel() - context_ : 0;
}

Examples LmPart::take(std::span<const int64_t> rows) const {
  if (!from_text_) return take_rows(all_, rows);
  return reading_ == Reading::window ? text_windows(ids(), rows, context_) : text_crops(ids(), rows, context_);
}

// Sequences of running text are judged in consecutive crops of `context`; the last one is moved back so that it fits.
int64_t LmPart::judged_rows() const {
  if (!from_text_ || reading_ == Reading::window) return rows();
  return (targets_ + context_ - 1) / context_;
}

Examples LmPart::judged(int64_t begin, int64_t end) const {
  std::vector<int64_t> chosen;
  for (int64_t r = begin; r < end; ++r) chosen.push_back(r);
  if (!from_text_ || reading_ == Reading::window) return take(chosen);
  const int64_t last = ids_.numel() - 1 - context_;
  for (int64_t& r : chosen) r = std::min(r * context_, last);
  Examples e = text_crops(ids(), chosen, context_);
  for (size_t i = 0; i < chosen.size(); ++i) {  // targets that the crop before has judged already
    const int64_t seen = (begin + static_cast<int64_t>(i)) * context_ - chosen[i];
    std::fill_n(e.y.data<int64_t>() + static_cast<int64_t>(i) * context_, seen, kIgnore);
  }
  return e;
}

SplitPercent SplitPercent::parse(const std::string& text) {
  double part[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool good = true;
  for (int i = 0; i < 3 && good; ++i) {
    const auto [next, error] = std::from_chars(at, end, part[i]);
    good = error == std::errc() && part[i] >= 0 && (i == 2 ? next == end : next < end && *next == '/');
    at = next + 1;
  }
  good = good && part[0] > 0 && std::abs(part[0] + part[1] + part[2] - 100) < 1e-9;
  if (!good)
    throw Error(ErrorKind::usage, str(GRIM_SETTING("split") ": got '{}', expected percent for train/dev/test that add up to 100, such as 80/10/10", text));
  return {part[0], part[1], part[2]};
}

Part common_part_of(const SplitPercent& s) {
  return s.train + s.dev == kCommonBegins ? Part::test : s.train == kCommonBegins && s.test == 0 ? Part::dev : Part::common;
}

namespace {

constexpr uint64_t kSplitSeed = 42;

int64_t cut(int64_t n, double percent) { return static_cast<int64_t>(percent / 100 * static_cast<double>(n)); }

std::vector<int64_t> shuffled_places(const Corpus& corpus) { return python_shuffle(kSplitSeed, static_cast<int64_t>(corpus.items.size())); }

LmPart last_tenth(const Corpus& corpus, const Tokenizer& tokenizer, const std::vector<int64_t>& order, Reading reading, int64_t context) {
  const int64_t first = cut(static_cast<int64_t>(order.size()), kCommonBegins);
  return LmPart::of_items(encode_items(corpus, tokenizer, {order.begin() + first, order.end()}), reading, context);
}
LmPart last_tenth(std::span<const int64_t> ids, Reading reading, int64_t context) { return LmPart::of_text(common_part_of(ids, context), reading, context); }

// The part that the recipe's split has in this place already, else one made by `make`.
template <class F> void add_common(const SplitPercent& split, LmData& data, F&& make) {
  data.common_is = common_part_of(split);
  data.common = data.common_is == Part::test ? data.test : data.common_is == Part::dev ? data.dev : make();
}

}  // namespace

std::span<const int64_t> common_part_of(std::span<const int64_t> ids, int64_t context) {
  const auto n = static_cast<int64_t>(ids.size()), first = cut(n, kCommonBegins);
  return n - first > context ? ids.subspan(static_cast<size_t>(first)) : std::span<const int64_t>();
}

bool has_documents(const Corpus& corpus, const Tokenizer& tokenizer) {
  const std::string end = corpus.format == CorpusFormat::text ? end_of_text(tokenizer) : "";
  return !end.empty() && corpus.text.find(end) != std::string::npos;
}

std::string running_text(const Corpus& corpus, const Tokenizer& tokenizer) {
  return has_documents(corpus, tokenizer) ? packed_documents(corpus.text, begin_of_text(tokenizer), end_of_text(tokenizer)) : corpus.text;
}

Ids running_ids(const Corpus& corpus, const Tokenizer& tokenizer, int64_t first) {
  Ids ids = tokenizer.encode(running_text(corpus, tokenizer), corpus.source);
  if (first > 0 && first < std::ssize(ids)) ids.resize(static_cast<size_t>(first));
  return ids;
}

LmData make_lm_data(const Corpus& corpus, const Tokenizer& tokenizer, const SplitPercent& split, Reading reading, int64_t context) {
  if (corpus.format == CorpusFormat::lines) {
    const std::vector<int64_t> order = shuffled_places(corpus);
    const auto n = static_cast<int64_t>(order.size());
    GRIM_CHECK(n >= 10 || split.train == 100, input, "data", "{}: too few items to split: got {}, expected at least 10 (or " GRIM_SETTING("split=100/0/0") ")",
               corpus.source, n);
    const auto dev = order.begin() + cut(n, split.train), test = order.begin() + cut(n, split.train + split.dev);
    const auto part = [&](auto begin, auto end) {
      return LmPart::of_items(encode_items(corpus, tokenizer, {begin, end}), reading, context);
    };
    LmData data{part(order.begin(), dev), part(dev, test), part(test, order.end()), {}};
    GRIM_CHECK(!data.train.empty(), input, "data", "{}: too few items to train on: got {}", corpus.source, n);
    add_common(split, data, [&] { return last_tenth(corpus, tokenizer, order, reading, context); });
    return data;
  }
  const Ids ids = running_ids(corpus, tokenizer);
  const auto n = static_cast<int64_t>(ids.size());
  const int64_t dev = cut(n, split.train), test = cut(n, split.train + split.dev);
  const auto part = [&](int64_t begin, int64_t end) {
    return LmPart::of_text(std::span(ids).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), reading, context);
  };
  LmData data{part(0, dev), part(dev, test), part(test, n), {}};
  add_common(split, data, [&] { return last_tenth(ids, reading, context); });
  return data;
}

LmPart make_common_part(const Corpus& corpus, const Tokenizer& tokenizer, Reading reading, int64_t context) {
  if (corpus.format == CorpusFormat::lines) return last_tenth(corpus, tokenizer, shuffled_places(corpus), reading, context);
  return last_tenth(running_ids(corpus, tokenizer), reading, context);
}

LmPart make_lm_part(const Corpus& corpus, const Tokenizer& tokenizer, Reading reading, int64_t context) {
  if (corpus.format == CorpusFormat::text) return LmPart::of_text(running_ids(corpus, tokenizer), reading, context);
  if (reading == Reading::sequence) check_item_lengths(corpus, context - 1);
  return LmPart::of_items(encode_items(corpus, tokenizer, counting(static_cast<int64_t>(corpus.items.size()))), reading, context);
}

int64_t counted_targets(const Tensor& targets) {
  int64_t n = 0;
  const int64_t* const y = targets.data<int64_t>();
  for (int64_t i = 0; i < targets.numel(); ++i) n += y[i] != kIgnore;
  return n;
}

std::shared_ptr<const Tokenizer> make_tokenizer(const Corpus& corpus) {
  return std::make_shared<CharTokenizer>(corpus.format == CorpusFormat::lines ? CharTokenizer::of_items(corpus.items) : CharTokenizer::of_text(corpus.text));
}

int64_t judged_at_once(Reading reading, int64_t context) {
  return reading == Reading::window ? kJudgedAtOnce : std::max<int64_t>(1, kJudgedAtOnce / context);
}

Evaluation evaluate(const CausalLm& model, const LmPart& part, int64_t batches, const StopAsked& stop) {
  const NoGrad no_grad;
  const int64_t rows = judged_at_once(model.reading(), model.context());
  double sum = 0;
  Evaluation result;
  part.for_each_batch(rows, batches, [&](const Examples& e) {
    Pass pass = Pass::evaluation();
    const int64_t n = counted_targets(e.y);
    sum += model.loss(e.x, e.y, pass).item() * static_cast<double>(n);
    result.tokens += n;
    return !(result.stopped = stop && stop());
  });
  result.nll_nats = result.tokens ? sum / static_cast<double>(result.tokens) : NAN;
  return result;
}

}  // namespace grim
