// Summaries: ROUGE.
#include <memory>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/command/score/form.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/metric/rouge.h"

namespace grim::score {
namespace {

using report::Remark, report::Table, report::number;

class RougeForm final : public ScoreForm {
 public:
  bool takes_several_references() const override { return true; }
  Options options() override {
    return {{.name = "kind", .help = "rouge1 to rouge9, rougeL or rougeLsum, again for more; unless given rouge1, rouge2, rougeL, rougeLsum", .target = &kinds_,
             .basic = true},
            {.name = "stem", .help = "compare words without their English endings (Porter)", .target = &stem_, .basic = true},
            {.name = "newline", .help = "what stands between the sentences of a text, for rougeLsum", .target = &newline_},
            {.name = "samples", .help = "how often texts are drawn anew for the interval", .target = &samples_, .low = 1, .high = 1e7},
            {.name = "level", .help = "share of the draws that the interval holds", .target = &level_, .low = 0.01, .high = 0.9999},
            {.name = "seed", .help = "of the draws", .target = &seed_, .low = 0, .high = 4294967295.0},
            {.name = "by-line", .help = "the scores of each text too", .target = &by_line_}};
  }

  Answer answer(const Sides& sides) override {
    std::vector<RougeKind> kinds;
    for (const std::string& name : kinds_.empty() ? std::vector<std::string>{"rouge1", "rouge2", "rougeL", "rougeLsum"} : kinds_)
      kinds.push_back(rouge_kind(name));
    const std::vector<std::vector<PrecisionRecall>> scores = scores_of(sides, kinds);
    const std::vector<RougeInterval> intervals = aggregate(scores, {.samples = samples_, .level = level_, .seed = static_cast<uint32_t>(seed_)});
    Table table{{"", "precision", "recall", "F", "from", str("to ({:.4g} %)", 100 * level_)}, {}};
    Answer answer{{"", {}}, Json::object()};
    const auto shown = [](double v) { return number(v, "{:.4f}"); };
    for (size_t k = 0; k < kinds.size(); ++k) {
      PrecisionRecall mean;
      double f = 0;
      const auto n = static_cast<double>(scores[k].size());
      for (const PrecisionRecall& s : scores[k]) mean.precision += s.precision / n, mean.recall += s.recall / n, f += s.f1() / n;
      const RougeInterval& i = intervals[k];
      table.rows.push_back({kinds[k].name(), shown(mean.precision), shown(mean.recall), shown(f), shown(i.f1_low), shown(i.f1_high)});
      answer.result.set(kinds[k].name(), Json::object({{"precision", mean.precision}, {"recall", mean.recall}, {"f1", f}, {"low", part(i.low, i.f1_low)},
                                                       {"mid", part(i.middle, i.f1_middle)}, {"high", part(i.high, i.f1_high)}}));
    }
    answer.report.blocks = {std::move(table)};
    if (by_line_) add_lines(kinds, scores, answer);
    const std::string signature = str("nrefs:{}|words:a-z0-9|stem:{}|of-refs:best-f|mean:of-texts|bs:{}|seed:{}|version:grimoire-{}", sides.references.size(),
                                      stem_ ? "porter-nltk" : "no", samples_, seed_, GRIM_VERSION);
    answer.report.blocks.emplace_back(Remark{signature});
    answer.result.set("texts", scores[0].size());
    answer.result.set("signature", signature);
    return answer;
  }

 private:
  static void add_lines(const std::vector<RougeKind>& kinds, const std::vector<std::vector<PrecisionRecall>>& scores, Answer& answer) {
    Table table{{"F of line"}, {}};
    Json by_line = Json::object();
    for (size_t i = 0; i < scores[0].size(); ++i) table.rows.push_back({static_cast<double>(i + 1)});
    for (size_t k = 0; k < kinds.size(); ++k) {
      table.columns.push_back(kinds[k].name());
      Json list = Json::array();
      for (size_t i = 0; i < scores[k].size(); ++i) {
        const PrecisionRecall& s = scores[k][i];
        table.rows[i].push_back(number(s.f1(), "{:.4f}"));
        list.push(part(s, s.f1()));
      }
      by_line.set(kinds[k].name(), std::move(list));
    }
    answer.report.blocks.emplace_back(std::move(table));
    answer.result.set("by_line", std::move(by_line));
  }
  static Json part(const PrecisionRecall& s, double f) { return Json::object({{"precision", s.precision}, {"recall", s.recall}, {"f1", f}}); }

  std::vector<std::vector<PrecisionRecall>> scores_of(const Sides& sides, const std::vector<RougeKind>& kinds) const {
    const LineFile summaries(sides.hypothesis);
    std::vector<std::unique_ptr<LineFile>> files;
    for (const std::string& path : sides.references) {
      files.push_back(std::make_unique<LineFile>(path));
      check_as_many(summaries, *files.back());
    }
    const auto text = [&](std::string_view line) { return newline_.empty() ? std::string(line) : replaced(line, newline_, "\n"); };
    std::vector<std::vector<PrecisionRecall>> scores(kinds.size());
    for (size_t i = 0; i < summaries.lines().size(); ++i) {
      const std::string summary = text(summaries.lines()[i]);
      std::vector<std::string> references;
      for (const auto& file : files) references.push_back(text(file->lines()[i]));
      const std::vector<std::string_view> views(references.begin(), references.end());
      for (size_t k = 0; k < kinds.size(); ++k) scores[k].push_back(rouge(kinds[k], summary, views, stem_ ? Stemming::porter : Stemming::none));
    }
    return scores;
  }

  std::vector<std::string> kinds_;
  bool stem_ = false, by_line_ = false;
  std::string newline_;
  int64_t samples_ = 1000, seed_ = 0;
  double level_ = 0.95;
};

constexpr FormEntry kForms[] = {
    {"rouge", "summaries: runs and subsequences of words that a reference has too", "summaries, a text on a line",
     "grimoire score rouge --hyp summaries.txt --ref right.txt --stem\n"
     "grimoire score rouge --hyp summaries.txt --ref right.txt --kind rougeLsum --newline \"<n>\"",
     make_form<RougeForm>},
};

}  // namespace

const std::span<const FormEntry> kSummaryForms = kForms;

}  // namespace grim::score
