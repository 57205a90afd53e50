// Answers: SQuAD's files, and lines that must be the same.
#include <algorithm>
#include <map>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/score/form.h"
#include "grimoire/data/questions.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/metric/squad.h"

namespace grim::score {
namespace {

using report::Figure, report::Remark, report::Table, report::number;

Json json_file(const std::string& path) { return Json::parse(read_file(path), path); }

struct SquadFile {
  std::vector<std::string> ids;
  std::vector<Question> questions;
  bool has_unanswerable = false;
};
SquadFile read_squad(const std::string& path) {
  const Json file = json_file(path);
  SquadFile out;
  visit_squad(file, path, [&](const SquadEntry& entry) {
    Question q;
    for (const Json& a : entry.question.list("answers")) q.right.push_back(a.text("text"));
    out.has_unanswerable |= q.right.empty();
    out.ids.push_back(entry.question.text("id"));
    out.questions.push_back(std::move(q));
  });
  return out;
}

enum class Version : uint8_t { automatic, v1, v2 };

class SquadForm final : public ScoreForm {
 public:
  Options options() override {
    return {{.name = "rules", .help = "of SQuAD 1.1, or of 2.0 where questions may have no answer; auto: 2.0 where one has none",
             .target = by_choice(&version_), .choices = {"auto", "1.1", "2.0"}, .basic = true},
            {.name = "na-probs", .help = "file of how sure the system is, by question, that there is no answer: best thresholds (2.0)", .target = &na_probs_,
             .basic = true},
            {.name = "na-threshold", .help = "an answer counts as none where that is more", .target = &threshold_, .low = 0, .high = 1e300,
             .with = "na-probs"}};
  }

  Answer answer(const Sides& sides) override {
    SquadFile file = read_squad(sides.references[0]);
    fill(file, sides.hypothesis, sides.references[0]);
    const bool second = version_ == Version::v2 || (version_ == Version::automatic && file.has_unanswerable);
    if (!second && !na_probs_.empty()) throw Error(ErrorKind::usage, "--na-probs is of SQuAD 2.0, and every question here has an answer", "give --rules 2.0");
    const SquadScores s = na_probs_.empty() ? squad(file.questions, second ? SquadVersion::v2 : SquadVersion::v1) : squad_at(file.questions, threshold_);
    Answer answer{{"", {Figure{"exact match, %", number(s.all.exact, "{:.4f}")}, Figure{"F1, %", number(s.all.f1, "{:.4f}")},
                        Figure{"questions", static_cast<double>(s.all.questions)}}},
                  Json::object({{"exact", s.all.exact}, {"f1", s.all.f1}, {"total", s.all.questions}, {"unanswered", s.unanswered}})};
    if (s.unanswered > 0)
      answer.report.blocks.emplace_back(Remark{str("{} questions stand in {} and not in {}: they {}", s.unanswered, sides.references[0], sides.hypothesis,
                                                   second ? "are left out" : "score 0"), report::Tone::warning});
    const auto part = [&](const char* words, const std::optional<AnswerScores>& of) {
      if (!of) return;
      answer.report.blocks.insert(answer.report.blocks.end(),
                                  {Figure{str("exact match {}, %", words), number(of->exact, "{:.4f}")},
                                   Figure{str("F1 {}, %", words), number(of->f1, "{:.4f}")},
                                   Figure{str("questions {}", words), static_cast<double>(of->questions)}});
    };
    part("with an answer", s.with_answer);
    part("without one", s.without_answer);
    set_parts(answer.result, s);
    if (!na_probs_.empty()) add_thresholds(file, answer);
    const std::string signature = str("squad:{}|words:lower-no-marks-no-articles|refs:best{}|version:grimoire-{}", second ? "2.0" : "1.1",
                                      na_probs_.empty() ? "" : str("|na-threshold:{:.6g}", threshold_), GRIM_VERSION);
    answer.report.blocks.emplace_back(Remark{signature});
    answer.result.set("signature", signature);
    return answer;
  }

 private:
  void fill(SquadFile& file, const std::string& predictions, const std::string& questions) const {
    const Json said = json_file(predictions), sure = na_probs_.empty() ? Json() : json_file(na_probs_);
    if (!said.is_object())
      throw Error(ErrorKind::input, str("{}: got {}, expected an object: answers by the id of their question", predictions, name_of(said.kind())));
    std::map<std::string_view, const Json*> by_id, sure_by_id;
    for (size_t i = 0; i < said.size(); ++i) by_id[said.keys()[i]] = &said.items()[i];
    if (sure.is_object())
      for (size_t i = 0; i < sure.size(); ++i) sure_by_id[sure.keys()[i]] = &sure.items()[i];
    size_t met = 0;
    for (size_t i = 0; i < file.ids.size(); ++i) {
      Question& q = file.questions[i];
      const auto found = by_id.find(file.ids[i]);
      q.answered = found != by_id.end();
      if (!q.answered) continue;
      ++met;
      q.given = found->second->as_text();
      if (na_probs_.empty()) continue;
      const auto p = sure_by_id.find(file.ids[i]);
      if (p == sure_by_id.end()) throw Error(ErrorKind::input, str("{}: question {} is missing, which {} answers", na_probs_, file.ids[i], predictions));
      q.no_answer = p->second->as_real();
    }
    if (met == 0)
      throw Error(ErrorKind::input, str("{}: none of its {} ids is a question of {}", predictions, by_id.size(), questions), "are the two of one set?");
  }

  static void add_thresholds(const SquadFile& file, Answer& answer) {
    const BestThresholds best = best_thresholds(file.questions);
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"best exact match, %", number(best.exact.score, "{:.4f}")},
                                                             Figure{"at the threshold", number(best.exact.threshold, "{:.6g}")},
                                                             Figure{"best F1, %", number(best.f1.score, "{:.4f}")},
                                                             Figure{"at threshold", number(best.f1.threshold, "{:.6g}")}});
    set_thresholds(answer.result, best);
  }

  Version version_ = Version::automatic;
  std::string na_probs_;
  double threshold_ = 1;
};

class ExactMatchForm final : public ScoreForm {
 public:
  bool takes_several_references() const override { return true; }
  Options options() override {
    return {{.name = "lowercase", .help = "compare in small letters", .target = &lower_, .basic = true},
            {.name = "no-punct", .help = "leave ASCII punctuation out", .target = &no_marks_, .basic = true},
            {.name = "squad", .help = "as SQuAD compares: small letters, no punctuation, no articles", .target = &squad_, .basic = true,
             .without = {"lowercase", "no-punct"}}};
  }
  Answer answer(const Sides& sides) override {
    const LineFile said(sides.hypothesis);
    std::vector<char> right(said.lines().size());
    for (const std::string& path : sides.references) {
      const LineFile wanted(path);
      check_as_many(said, wanted);
      for (size_t i = 0; i < right.size(); ++i) right[i] |= form_of(said.lines()[i]) == form_of(wanted.lines()[i]);
    }
    const auto n = static_cast<double>(right.size()), same = static_cast<double>(std::ranges::count(right, 1));
    const std::string signature = str("exact-match|nrefs:{}|case:{}|punct:{}|version:grimoire-{}", sides.references.size(), lower_ || squad_ ? "lc" : "mixed",
                                      squad_ ? "no-and-no-articles" : no_marks_ ? "no" : "yes", GRIM_VERSION);
    return {{"", {Figure{"exact match, %", number(100 * same / n, "{:.4f}")}, Figure{"lines that are the same", same}, Figure{"lines", n}, Remark{signature}}},
            Json::object({{"exact", 100 * same / n}, {"same", static_cast<int64_t>(same)}, {"lines", right.size()}, {"signature", signature}})};
  }

 private:
  std::string form_of(std::string_view line) const {
    if (squad_) return normalized_answer(line);
    std::string text = lower_ ? lower_case(line) : std::string(line);
    if (no_marks_) std::erase_if(text, [](char c) { return is_ascii_punctuation(static_cast<unsigned char>(c)); });
    return text;
  }
  bool lower_ = false, no_marks_ = false, squad_ = false;
};

constexpr FormEntry kForms[] = {
    {"squad", "answers to questions: exact match and F1 of words, of SQuAD 1.1 and 2.0", "answers",
     "grimoire score squad --hyp predictions.json --ref dev-v1.1.json\ngrimoire score squad --hyp predictions.json --ref dev-v2.0.json --na-probs na_prob.json",
     make_form<SquadForm>},
    {"exact-match", "lines that are the same as those of a reference", "answers", "grimoire score exact-match --hyp answers.txt --ref right.txt --squad",
     make_form<ExactMatchForm>},
};

}  // namespace

const std::span<const FormEntry> kAnswerForms = kForms;

}  // namespace grim::score
