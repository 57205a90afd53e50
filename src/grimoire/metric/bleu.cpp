#include "grimoire/metric/bleu.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/metric/ngram.h"
#include "grimoire/metric/plain_text.h"

namespace grim {
namespace {

constexpr double kLogOfNothing = -9999999999;  // sacreBLEU's for ln 0: the score is 0, and is a number

double closest_length(double length, double best, double other) {
  const double now = std::abs(length - best), then = std::abs(length - other);
  return then < now || (then == now && other < best) ? other : best;
}

}  // namespace

const char* name_of(BleuSmoothing smoothing) {
  constexpr const char* names[] = {"exp", "floor", "add-k", "none"};
  return names[static_cast<size_t>(smoothing)];
}

Bleu::Bleu(const BleuOptions& options) : options_(options) {
  GRIM_CHECK(std::isfinite(options_.smooth_value), argument, "bleu", "the smoothing value is {}, expected a number", options_.smooth_value);
  if (options_.smooth_value < 0) options_.smooth_value = options_.smoothing == BleuSmoothing::floor ? 0.1 : 1;
}

std::string Bleu::settings() const {
  const bool valued = options_.smoothing == BleuSmoothing::floor || options_.smoothing == BleuSmoothing::add_k;
  return str("case:{}|eff:{}|tok:{}|smooth:{}{}", name_of(options_.letters), options_.order == NgramOrder::effective ? "yes" : "no",
             name_of(options_.tokenizer), name_of(options_.smoothing), valued ? str("[{:.2f}]", options_.smooth_value) : "");
}

void Bleu::count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const {
  WordNumbers words;
  NgramMatcher matcher(kOrder);
  std::vector<std::string> texts(references.size() + 1);  // they hold the words
  std::vector<std::string_view> tokens;
  std::vector<uint32_t> symbols;
  const auto read = [&](std::string_view line, std::string& text) {
    line = without_blanks_behind(line);
    text = tokenized_for_bleu(options_.letters == Case::lowered ? lower_case(line) : line, options_.tokenizer);
    blank_separated(text, tokens);
    symbols.clear();
    for (std::string_view token : tokens) symbols.push_back(words.add(token));
  };
  std::array<NgramMatch, kOrder> matches;
  std::vector<double> lengths(references.size());
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    words.clear();
    matcher.clear();
    for (size_t r = 0; r < references.size(); ++r) {
      read(references[r][i], texts[r]);
      matcher.add_reference(symbols);
      lengths[r] = static_cast<double>(symbols.size());
    }
    read(hypotheses[i], texts.back());
    matcher.match(symbols, matches);
    const std::span<double> row = out.subspan(i * width(), width());
    row[0] = static_cast<double>(symbols.size());
    row[1] = lengths[0];
    for (double length : lengths) row[1] = closest_length(row[0], row[1], length);
    for (size_t n = 0; n < kOrder; ++n) row[2 + n] = static_cast<double>(matches[n].shared), row[2 + kOrder + n] = static_cast<double>(matches[n].hypothesis);
  }
}

Bleu::Score Bleu::explain(std::span<const double> sums) const {
  Score s{.bleu = 0, .brevity_penalty = 1, .precision = {}, .hypothesis_length = std::llround(sums[0]), .reference_length = std::llround(sums[1])};
  if (s.hypothesis_length < s.reference_length) s.brevity_penalty = s.hypothesis_length > 0 ? std::exp(1 - sums[1] / sums[0]) : 0;
  double matched = 0;
  for (size_t n = 0; n < kOrder; ++n) matched += sums[2 + n];
  if (matched == 0) return s;
  double halved = 1;
  size_t order = kOrder;
  for (size_t n = 0; n < kOrder; ++n) {
    const double more = options_.smoothing == BleuSmoothing::add_k && n > 0 ? options_.smooth_value : 0;
    const double right = sums[2 + n] + more, all = sums[2 + kOrder + n] + more;
    if (all == 0) break;
    if (options_.order == NgramOrder::effective) order = n + 1;
    if (right > 0) s.precision[n] = 100 * right / all;
    else if (options_.smoothing == BleuSmoothing::exponential) halved *= 2, s.precision[n] = 100 / (halved * all);
    else if (options_.smoothing == BleuSmoothing::floor) s.precision[n] = 100 * options_.smooth_value / all;
  }
  double logs = 0;
  for (size_t n = 0; n < order; ++n) logs += s.precision[n] > 0 ? std::log(s.precision[n]) : kLogOfNothing;
  s.bleu = s.brevity_penalty * std::exp(logs / static_cast<double>(order));
  return s;
}

}  // namespace grim
