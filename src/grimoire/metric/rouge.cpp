#include "grimoire/metric/rouge.h"

#include <algorithm>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/metric/ngram.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/metric/porter.h"

namespace grim {
namespace {

using Symbols = std::vector<uint32_t>;
using Sentences = std::vector<Symbols>;

bool is_of_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

double share(int64_t part, size_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

size_t common_length(const Symbols& a, const Symbols& b) {
  std::vector<uint32_t> row(b.size() + 1);  // of the first i of a and the first j of b
  for (uint32_t symbol : a) {
    uint32_t corner = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const uint32_t above = row[j];
      row[j] = symbol == b[j - 1] ? corner + 1 : std::max(above, row[j - 1]);
      corner = above;
    }
  }
  return row.back();
}

// (a + 1, b + 1): length of the longest common subsequence of the first i of a and the first j of b.
class CommonLengths {
 public:
  CommonLengths(const Symbols& a, const Symbols& b) : a_(a), b_(b), width_(b.size() + 1), table_((a.size() + 1) * width_) {
    for (size_t i = 1; i <= a.size(); ++i)
      for (size_t j = 1; j <= b.size(); ++j)
        table_[i * width_ + j] = a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
  }
  // Marks the places of a that one of the longest takes, read from the end; rouge-score's choice among several.
  void mark(std::vector<char>& of_a) const {
    for (size_t i = a_.size(), j = b_.size(); i > 0 && j > 0;) {
      if (a_[i - 1] == b_[j - 1]) of_a[i - 1] = 1, --i, --j;
      else if (at(i, j - 1) > at(i - 1, j)) --j;
      else --i;
    }
  }

 private:
  uint32_t at(size_t i, size_t j) const { return table_[i * width_ + j]; }
  const Symbols &a_, &b_;
  size_t width_;
  std::vector<uint32_t> table_;
};

class Numbered {  // the words of one comparison as numbers
 public:
  explicit Numbered(Stemming stemming) : stemming_(stemming) {}
  Symbols words(std::string_view text) {
    Symbols s;
    for (std::string& word : rouge_words(text, stemming_)) s.push_back(numbers_.try_emplace(std::move(word), numbers_.size() + 1).first->second);
    return s;
  }
  Sentences sentences(std::string_view text) {
    Sentences all;
    for (std::string_view line : split(text, '\n'))
      if (!line.empty()) all.push_back(words(line));
    return all;
  }
  size_t size() const { return numbers_.size(); }

 private:
  Stemming stemming_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

PrecisionRecall by_runs(int n, const Symbols& summary, const Symbols& reference) {
  NgramMatcher matcher(n);
  std::vector<NgramMatch> matches(static_cast<size_t>(n));
  matcher.add_reference(reference);
  matcher.match(summary, matches);
  const NgramMatch& m = matches.back();
  return {share(m.shared, static_cast<size_t>(m.hypothesis)), share(m.shared, static_cast<size_t>(m.reference))};
}

PrecisionRecall by_subsequence(const Symbols& summary, const Symbols& reference) {
  const auto length = static_cast<int64_t>(common_length(reference, summary));
  return {share(length, summary.size()), share(length, reference.size())};
}

PrecisionRecall by_sentences(const Sentences& summary, const Sentences& reference, size_t vocabulary) {
  std::vector<int64_t> left_of_summary(vocabulary + 1), left_of_reference(vocabulary + 1);
  size_t given = 0, wanted = 0;
  for (const Symbols& s : summary)
    for (uint32_t w : s) ++left_of_summary[w], ++given;
  for (const Symbols& s : reference)
    for (uint32_t w : s) ++left_of_reference[w], ++wanted;
  int64_t hits = 0;
  for (const Symbols& r : reference) {
    std::vector<char> marked(r.size());
    for (const Symbols& s : summary) CommonLengths(r, s).mark(marked);
    for (size_t i = 0; i < r.size(); ++i)
      if (marked[i] && left_of_summary[r[i]] > 0 && left_of_reference[r[i]] > 0) ++hits, --left_of_summary[r[i]], --left_of_reference[r[i]];
  }
  return {share(hits, given), share(hits, wanted)};
}

PrecisionRecall one(const RougeKind& kind, std::string_view summary, std::string_view reference, Stemming stemming) {
  Numbered numbered(stemming);
  if (kind.by == RougeKind::By::sentences) {
    const Sentences s = numbered.sentences(summary), r = numbered.sentences(reference);
    return by_sentences(s, r, numbered.size());
  }
  const Symbols s = numbered.words(summary), r = numbered.words(reference);
  return kind.by == RougeKind::By::runs ? by_runs(kind.n, s, r) : by_subsequence(s, r);
}

}  // namespace

std::vector<std::string> rouge_words(std::string_view text, Stemming stemming) {
  const std::string lower = lower_case(text);
  std::vector<std::string> words;
  for (size_t at = 0; at < lower.size();) {
    size_t end = at;
    while (end < lower.size() && is_of_word(lower[end])) ++end;
    const std::string_view word = std::string_view(lower).substr(at, end - at);
    if (!word.empty()) words.push_back(stemming == Stemming::porter && word.size() > 3 ? porter_stem(word) : std::string(word));
    at = end + 1;
  }
  return words;
}

std::string RougeKind::name() const { return by == By::runs ? str("rouge{}", n) : by == By::subsequence ? "rougeL" : "rougeLsum"; }

RougeKind rouge_kind(std::string_view name) {
  std::vector<std::string> known = {"rougeL", "rougeLsum"};
  for (int n = 1; n <= 9; ++n) known.push_back(str("rouge{}", n));
  const auto found = std::ranges::find(known, name);
  if (found == known.end())
    throw Error(ErrorKind::argument, str("[rouge] there is no kind '{}'", name), did_you_mean(name, known, "expected rouge1 to rouge9, rougeL or rougeLsum"));
  const auto at = found - known.begin();
  if (at == 0) return {RougeKind::By::subsequence};
  return at == 1 ? RougeKind{RougeKind::By::sentences} : RougeKind{RougeKind::By::runs, static_cast<int>(at) - 1};
}

PrecisionRecall rouge(const RougeKind& kind, std::string_view summary, std::span<const std::string_view> references, Stemming stemming) {
  GRIM_CHECK(!references.empty(), argument, "rouge", "got no reference, expected one or more");
  PrecisionRecall best = one(kind, summary, references[0], stemming);
  for (std::string_view reference : references.subspan(1))
    if (const PrecisionRecall other = one(kind, summary, reference, stemming); other.f1() > best.f1()) best = other;
  return best;
}

}  // namespace grim
