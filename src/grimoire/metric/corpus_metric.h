// A score of a corpus, made of counts that are added up over its lines: BLEU, chrF, TER. The counts of each line are all that resampling needs
// (metric/significance.h). A mean of the lines' own scores is another number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

using Lines = std::vector<std::string_view>;

struct LineCounts {
  size_t width = 0;
  std::vector<double> values;  // (lines, width)
  size_t lines() const { return width ? values.size() / width : 0; }
  std::span<const double> of(size_t line) const { return std::span(values).subspan(line * width, width); }
  std::vector<double> sums() const;
};

class CorpusMetric {
 public:
  virtual ~CorpusMetric() = default;
  virtual std::string name() const = 0;  // "BLEU", "chrF2++"
  // How it was computed, in the notation of sacreBLEU (Post 2018, section 4): equal signatures, comparable scores.
  std::string signature(size_t references, std::string_view sampling = "") const;  // sampling: "seed:12345|bs:1000"
  // (lines, width): references[r] holds the r-th reference of every line. throws: shape, numbers of lines differ, or there is no reference;
  // input, a line is not UTF-8
  LineCounts count(const Lines& hypotheses, std::span<const Lines> references) const;
  virtual double score(std::span<const double> sums) const = 0;  // from 0 to 100; TER may be more
  double score_of(const Lines& hypotheses, std::span<const Lines> references) const { return score(count(hypotheses, references).sums()); }
  double sentence(std::string_view hypothesis, const Lines& references) const;

 protected:
  virtual std::string settings() const = 0;  // "case:mixed|eff:no"
  virtual size_t width() const = 0;
  virtual void count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const = 0;
};

enum class Case : uint8_t { kept, lowered };
const char* name_of(Case c);  // "mixed", "lc"

}  // namespace grim
