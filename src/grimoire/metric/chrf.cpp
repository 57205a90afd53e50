#include "grimoire/metric/chrf.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/metric/ngram.h"
#include "grimoire/metric/plain_text.h"

namespace grim {
namespace {

// A line as symbols: its characters, and its words with a mark at their end, or else at their beginning, apart.
class Line {
 public:
  void read(std::string_view text, const ChrfOptions& o, WordNumbers& numbers) {
    text_ = o.letters == Case::lowered ? lower_case(text) : std::string(text);
    characters.clear();
    for (size_t at = 0; at < text_.size();) {
      const char32_t c = next_code_point(text_, at);
      if (o.blanks == ChrfOptions::Blanks::counted || !is_blank(c)) characters.push_back(c);
    }
    words.clear();
    if (o.word_order == 0) return;
    blank_separated(text_, parts_);
    for (std::string_view w : parts_) {
      size_t first = 0;
      next_code_point(w, first);
      if (first == w.size()) {
        words.push_back(numbers.add(w));
      } else if (is_ascii_punctuation(static_cast<unsigned char>(w.back()))) {
        words.push_back(numbers.add(w.substr(0, w.size() - 1)));
        words.push_back(numbers.add(w.substr(w.size() - 1)));
      } else if (is_ascii_punctuation(static_cast<unsigned char>(w.front()))) {
        words.push_back(numbers.add(w.substr(0, 1)));
        words.push_back(numbers.add(w.substr(1)));
      } else {
        words.push_back(numbers.add(w));
      }
    }
  }
  std::vector<uint32_t> characters, words;

 private:
  std::string text_;
  std::vector<std::string_view> parts_;
};

}  // namespace

Chrf::Chrf(const ChrfOptions& options) : options_(options) {
  GRIM_CHECK(options.char_order >= 0 && options.word_order >= 0 && options.char_order + options.word_order > 0, argument, "chrf",
             "got runs of up to {} characters and {} words, expected one or more", options.char_order, options.word_order);
  GRIM_CHECK(options.beta > 0 && options.beta < 1e6, argument, "chrf", "beta is {}, expected above 0", options.beta);
}

std::string Chrf::name() const { return str("chrF{}{}", options_.beta, std::string(static_cast<size_t>(options_.word_order), '+')); }

std::string Chrf::settings() const {
  return str("case:{}|eff:{}|nc:{}|nw:{}|space:{}", name_of(options_.letters), options_.smoothing == ChrfOptions::Smoothing::epsilon ? "no" : "yes",
             options_.char_order, options_.word_order, options_.blanks == ChrfOptions::Blanks::counted ? "yes" : "no");
}

void Chrf::count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const {
  WordNumbers numbers;
  NgramMatcher characters(options_.char_order), words(options_.word_order);
  Line hypothesis;
  std::vector<Line> others(references.size());
  const auto chars = static_cast<size_t>(options_.char_order);
  std::vector<NgramMatch> matches(chars + static_cast<size_t>(options_.word_order));
  std::vector<double> row(width());
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    numbers.clear();
    hypothesis.read(hypotheses[i], options_, numbers);
    double best = -1;
    for (size_t r = 0; r < references.size(); ++r) {
      others[r].read(references[r][i], options_, numbers);
      characters.clear();
      characters.add_reference(others[r].characters);
      characters.match(hypothesis.characters, std::span(matches).first(chars));
      words.clear();
      words.add_reference(others[r].words);
      words.match(hypothesis.words, std::span(matches).subspan(chars));
      for (size_t n = 0; n < matches.size(); ++n) {  // runs that no reference could match do not count
        row[3 * n] = static_cast<double>(matches[n].reference > 0 ? matches[n].hypothesis : 0);
        row[3 * n + 1] = static_cast<double>(matches[n].reference);
        row[3 * n + 2] = static_cast<double>(matches[n].shared);
      }
      if (const double f = score(row); f > best) {
        best = f;
        std::ranges::copy(row, out.subspan(i * width()).begin());
      }
    }
  }
}

double Chrf::score(std::span<const double> sums) const {
  constexpr double kNextToNothing = 1e-16;
  const double factor = options_.beta * options_.beta;
  const size_t lengths = sums.size() / 3;
  double f = 0, precision = 0, recall = 0, effective = 0;
  for (size_t n = 0; n < lengths; ++n) {
    const double runs = sums[3 * n], wanted = sums[3 * n + 1], shared = sums[3 * n + 2];
    const double p = runs > 0 ? shared / runs : kNextToNothing, r = wanted > 0 ? shared / wanted : kNextToNothing;
    const double below = factor * p + r;
    f += below > 0 ? (1 + factor) * p * r / below : kNextToNothing;
    if (runs > 0 && wanted > 0) precision += p, recall += r, ++effective;
  }
  if (options_.smoothing == ChrfOptions::Smoothing::epsilon) return 100 * f / static_cast<double>(lengths);
  if (effective == 0 || precision + recall == 0) return 0;
  precision /= effective, recall /= effective;
  return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

}  // namespace grim
