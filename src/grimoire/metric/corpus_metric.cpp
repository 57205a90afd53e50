#include "grimoire/metric/corpus_metric.h"

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

void check_lines(const std::string& who, const Lines& lines, const char* what) {
  for (size_t i = 0; i < lines.size(); ++i)
    if (const auto fault = find_utf8_fault(lines[i]))
      throw Error(ErrorKind::input, str("[{}] line {} of the {}, column {}: not UTF-8: {}", who, i + 1, what, fault->column, fault->what));
}

}  // namespace

std::vector<double> LineCounts::sums() const {
  std::vector<double> s(width, 0.0);
  for (size_t i = 0; i < values.size(); ++i) s[i % width] += values[i];
  return s;
}

std::string CorpusMetric::signature(size_t references, std::string_view sampling) const {
  return str("nrefs:{}|{}{}{}|version:grimoire-{}", references, sampling, sampling.empty() ? "" : "|", settings(), GRIM_VERSION);
}

LineCounts CorpusMetric::count(const Lines& hypotheses, std::span<const Lines> references) const {
  GRIM_CHECK(!references.empty(), shape, name(), "got no reference, expected one or more");
  check_lines(name(), hypotheses, "hypotheses");
  for (const Lines& r : references) {
    GRIM_CHECK(r.size() == hypotheses.size(), shape, name(), "got {} lines and {} lines of a reference, expected as many", hypotheses.size(), r.size());
    check_lines(name(), r, "references");
  }
  LineCounts counts{width(), std::vector<double>(hypotheses.size() * width())};
  count_lines(hypotheses, references, counts.values);
  return counts;
}

double CorpusMetric::sentence(std::string_view hypothesis, const Lines& references) const {
  std::vector<Lines> each;
  for (std::string_view r : references) each.push_back({r});
  return score_of({hypothesis}, each);
}

const char* name_of(Case c) { return c == Case::lowered ? "lc" : "mixed"; }

}  // namespace grim
