#include "grimoire/task/lexrank.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

constexpr double kJump = 0.15;     // d; the authors take 0.1 to 0.2
constexpr double kClose = 1e-12;   // what p moves by in all, at the end
constexpr int kMostSteps = 1000;   // each leaves at most 0.85 of the error: 0.85^170 < 1e-12

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    const PointClass kind = class_of(c);
    if (kind.letter() || kind.mark() || kind.number()) append_lower(words.back(), c);
    else if (!words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// Of each sentence its words, by their numbers, and a(s, w) / |a(s)|; no words where every one of them stands in all sentences.
using Row = std::vector<std::pair<size_t, double>>;
struct WeightedWords {
  std::vector<Row> rows;
  size_t words = 0;
};

WeightedWords weighted(std::span<const std::string> sentences) {
  WeightedWords all;
  std::map<std::string, size_t> number;
  std::vector<double> in_sentences;
  for (const std::string& s : sentences) {
    std::map<size_t, double> counts;
    for (const std::string& word : words_of(s)) ++counts[number.try_emplace(word, number.size()).first->second];
    in_sentences.resize(number.size());
    for (const auto& [w, n] : counts) ++in_sentences[w];
    all.rows.emplace_back(counts.begin(), counts.end());
  }
  all.words = number.size();
  const auto N = static_cast<double>(sentences.size());
  for (Row& row : all.rows) {
    double squares = 0;
    for (auto& [w, a] : row) a *= std::log(N / in_sentences[w]), squares += a * a;
    if (squares == 0) row.clear();
    for (auto& [w, a] : row) a /= std::sqrt(squares);
  }
  return all;
}

// sum_t cos(s, t) v(t) of every s: with the rows A of unit length the matrix of cosines is A A', which need not be made.
std::vector<double> cosines_times(const WeightedWords& a, std::span<const double> v) {
  std::vector<double> of_word(a.words), y(a.rows.size());
  for (size_t t = 0; t < a.rows.size(); ++t)
    for (const auto& [w, weight] : a.rows[t]) of_word[w] += weight * v[t];
  for (size_t s = 0; s < a.rows.size(); ++s)
    for (const auto& [w, weight] : a.rows[s]) y[s] += weight * of_word[w];
  return y;
}

}  // namespace

std::vector<double> lexrank(std::span<const std::string> sentences) {
  GRIM_CHECK(!sentences.empty(), argument, "lexrank", "got no sentence, expected one or more");
  const WeightedWords a = weighted(sentences);
  const size_t N = sentences.size();
  const std::vector<double> likeness = cosines_times(a, std::vector<double>(N, 1.0));  // sum_u cos(u, t)
  std::vector<double> p(N, 1.0 / static_cast<double>(N)), shares(N);
  for (int step = 0; step < kMostSteps; ++step) {
    double to_all = 0;
    for (size_t t = 0; t < N; ++t) {
      shares[t] = a.rows[t].empty() ? 0 : p[t] / likeness[t];
      if (a.rows[t].empty()) to_all += p[t];
    }
    std::vector<double> next = cosines_times(a, shares);
    double moved = 0;
    for (size_t s = 0; s < N; ++s) {
      next[s] = (kJump + (1 - kJump) * to_all) / static_cast<double>(N) + (1 - kJump) * next[s];
      moved += std::abs(next[s] - p[s]);
    }
    p = std::move(next);
    if (moved < kClose) break;
  }
  return p;
}

std::vector<size_t> central_sentences(std::span<const double> scores, size_t most) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t x, size_t y) { return scores[x] > scores[y]; });
  order.resize(std::min(most, order.size()));
  std::ranges::sort(order);
  return order;
}

}  // namespace grim
