// ROUGE: how much of a reference a summary contains.
//   Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", sections 2 and 3
//
//   ROUGE-N  runs of N words in both, each matched once          P = matches / runs of the summary, R = matches / runs of the reference
//   ROUGE-L  longest common subsequence of words                 P = length / words of the summary, R = length / words of the reference
//   ROUGE-Lsum  the same by sentences: of each sentence of the reference, the words that are in its longest common subsequence with some sentence of
//            the summary, no word counted more often than either text has it
//   F = 2 P R / (P + R)
//
// Words are runs of a to z and 0 to 9 in small letters; with stemming, those of more than three letters go through Porter's (metric/porter.h). Scores are
// those of the rouge-score package.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

struct PrecisionRecall {
  double precision = 0, recall = 0;
  double f1() const { return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0; }
};

enum class Stemming : uint8_t { none, porter };
std::vector<std::string> rouge_words(std::string_view text, Stemming stemming);

struct RougeKind {  // n 1 to 9, or one of the two by subsequences
  enum class By : uint8_t { runs, subsequence, sentences } by;
  int n = 0;
  std::string name() const;  // "rouge1", "rougeL", "rougeLsum"
};
RougeKind rouge_kind(std::string_view name);  // throws: argument, with the nearest name

// Sentences of ROUGE-Lsum stand between line ends. With several references the one by which F is highest counts, the first of equals.
// throws: argument, no reference
PrecisionRecall rouge(const RougeKind& kind, std::string_view summary, std::span<const std::string_view> references, Stemming stemming);

// Of the mean over texts, the middle and the bounds of `level` of it by bootstrap: percentiles of the means of `samples` draws with repetition.
// The draws are those of rouge-score's BootstrapAggregator behind numpy.random.seed(seed).
struct RougeInterval {
  PrecisionRecall low, middle, high;
  double f1_low = 0, f1_middle = 0, f1_high = 0;  // of the means of F, which is no function of those of P and R
};
struct RougeAggregation {
  int64_t samples = 1000;
  double level = 0.95;
  uint32_t seed = 0;
};
// scores[k]: of kind k, one for each text. The kinds draw one after the other from one stream. throws: argument, no text, no sample, a level outside (0, 1)
std::vector<RougeInterval> aggregate(std::span<const std::vector<PrecisionRecall>> scores, const RougeAggregation& how);

}  // namespace grim
