// Summaries: ROUGE.
#include <memory>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/task/rouge_rows.h"
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
    const RougeScores scores = scores_of(sides);
    const RougeAggregation how{.samples = samples_, .level = level_, .seed = static_cast<uint32_t>(seed_)};
    Answer answer{{"", {}}, Json::object()};
    answer.report.blocks = {rouge_table(scores, how, answer.result)};
    if (by_line_) add_lines(scores, answer);
    const std::string signature = rouge_signature(sides.references.size(), stemming(), how);
    answer.report.blocks.emplace_back(Remark{signature});
    answer.result.set("texts", scores.of_texts[0].size());
    answer.result.set("signature", signature);
    return answer;
  }

 private:
  Stemming stemming() const { return stem_ ? Stemming::porter : Stemming::none; }
  static void add_lines(const RougeScores& scores, Answer& answer) {
    Table table{{"F of line"}, {}};
    Json by_line = Json::object();
    for (size_t i = 0; i < scores.of_texts[0].size(); ++i) table.rows.push_back({static_cast<double>(i + 1)});
    for (size_t k = 0; k < scores.kinds.size(); ++k) {
      table.columns.push_back(scores.kinds[k].name());
      Json list = Json::array();
      for (size_t i = 0; i < scores.of_texts[k].size(); ++i) {
        const PrecisionRecall& s = scores.of_texts[k][i];
        table.rows[i].push_back(number(s.f1(), "{:.4f}"));
        list.push(rouge_json(s, s.f1()));
      }
      by_line.set(scores.kinds[k].name(), std::move(list));
    }
    answer.report.blocks.emplace_back(std::move(table));
    answer.result.set("by_line", std::move(by_line));
  }

  RougeScores scores_of(const Sides& sides) const {
    const LineFile summaries(sides.hypothesis);
    std::vector<std::unique_ptr<LineFile>> files;
    for (const std::string& path : sides.references) {
      files.push_back(std::make_unique<LineFile>(path));
      check_as_many(summaries, *files.back());
    }
    const auto text = [&](std::string_view line) { return newline_.empty() ? std::string(line) : replaced(line, newline_, "\n"); };
    RougeScores scores(kinds_);
    for (size_t i = 0; i < summaries.lines().size(); ++i) {
      std::vector<std::string> references;
      for (const auto& file : files) references.push_back(text(file->lines()[i]));
      const std::vector<std::string_view> views(references.begin(), references.end());
      scores.add(text(summaries.lines()[i]), views, stemming());
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
