// Classes, probabilities and numbers, one a line.
#include <algorithm>
#include <charconv>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/score/form.h"
#include "grimoire/metric/classification.h"
#include "grimoire/stats/correlation.h"

namespace grim::score {
namespace {

using report::Figure, report::Remark, report::Table;

std::vector<double> numbers_in(const LineFile& file, double low, double high, const char* expected) {
  std::vector<double> out;
  for (size_t i = 0; i < file.lines().size(); ++i) {
    const std::string text(trimmed(file.lines()[i]));
    double v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size() || !(v >= low && v <= high))
      throw Error(ErrorKind::input, str("{}: got '{}', expected {}", file.place(i), text, expected));
    out.push_back(v);
  }
  return out;
}

std::string signature_of(const char* what) { return str("{}|version:grimoire-{}", what, GRIM_VERSION); }

class ClassesForm final : public ScoreForm {
 public:
  Options options() override {
    return {{.name = "positive", .help = "the class that is looked for: its precision, recall and F1 first", .target = &positive_, .basic = true}};
  }
  Answer answer(const Sides& sides) override {
    const LineFile said(sides.hypothesis), right(sides.references[0]);
    check_as_many(said, right);
    std::map<std::string_view, double> number_of;
    for (const LineFile* file : {&said, &right})
      for (std::string_view line : file->lines()) number_of[line];
    std::vector<std::string> names;
    for (auto& [name, n] : number_of) n = static_cast<double>(names.size()), names.emplace_back(name);
    if (names.size() > 1000) throw Error(ErrorKind::input, str("{} and {} hold {} classes, expected at most 1000", said.path(), right.path(), names.size()));
    std::vector<double> y, predicted;
    for (size_t i = 0; i < said.lines().size(); ++i) y.push_back(number_of[right.lines()[i]]), predicted.push_back(number_of[said.lines()[i]]);
    const auto K = static_cast<int64_t>(names.size());
    const std::vector<double> confusion = confusion_matrix(y, predicted, K);
    const std::vector<ClassScores> each = class_scores(confusion, K);
    Answer answer{{"", {}}, Json::object()};
    if (!positive_.empty()) add_positive(names, each, answer);
    const auto figure = [&](const char* words, const char* key, double v) {
      answer.report.blocks.emplace_back(Figure{words, report::number(v, "{:.4f}")});
      answer.result.set(key, v);
    };
    figure("accuracy", "accuracy", grim::accuracy(y, predicted));
    figure("balanced accuracy", "balanced_accuracy", balanced_accuracy(confusion, K));
    figure("Matthews correlation", "matthews", matthews(confusion, K));
    figure("Cohen's kappa", "cohen_kappa", cohen_kappa(confusion, K));
    Table table{{"class", "precision", "recall", "F1", "lines"}, {}};
    Json classes = Json::object();
    const auto row = [&](const std::string& name, const ClassScores& s) {
      const auto shown = [](double v) { return report::number(v, "{:.4f}"); };
      table.rows.push_back({name, shown(s.precision), shown(s.recall), shown(s.f1), s.support});
      return Json::object({{"precision", s.precision}, {"recall", s.recall}, {"f1", s.f1}, {"support", s.support}});
    };
    for (size_t k = 0; k < names.size(); ++k) classes.append(names[k], row(names[k], each[k]));
    answer.result.set("classes", std::move(classes));
    answer.result.set("micro", row("(micro)", averaged(confusion, K, Averaging::micro)));
    answer.result.set("macro", row("(macro)", averaged(confusion, K, Averaging::macro)));
    answer.result.set("weighted", row("(weighted)", averaged(confusion, K, Averaging::weighted)));
    answer.report.blocks.emplace_back(std::move(table));
    answer.report.blocks.emplace_back(Remark{signature_of("classes|of:lines")});
    answer.result.set("lines", y.size());
    answer.result.set("signature", signature_of("classes|of:lines"));
    return answer;
  }

 private:
  void add_positive(const std::vector<std::string>& names, const std::vector<ClassScores>& each, Answer& answer) const {
    const auto found = std::ranges::find(names, positive_);
    if (found == names.end())
      throw Error(ErrorKind::input, str("--positive: no line is '{}'; there are {}", positive_, first_few(names)), did_you_mean(positive_, names));
    const ClassScores& s = each[static_cast<size_t>(found - names.begin())];
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{str("precision of {}", positive_), report::number(s.precision, "{:.4f}")},
                                                             Figure{str("recall of {}", positive_), report::number(s.recall, "{:.4f}")},
                                                             Figure{str("F1 of {}", positive_), report::number(s.f1, "{:.4f}")}});
    answer.result.set("positive", Json::object({{"class", positive_}, {"precision", s.precision}, {"recall", s.recall}, {"f1", s.f1}}));
  }
  std::string positive_;
};

class CorrelationForm final : public ScoreForm {
 public:
  Answer answer(const Sides& sides) override {
    const LineFile said(sides.hypothesis), right(sides.references[0]);
    check_as_many(said, right);
    const std::vector<double> x = numbers_in(said, -1e300, 1e300, "a number"), y = numbers_in(right, -1e300, 1e300, "a number");
    Table table{{"", "correlation", "p"}, {}};
    Json result = Json::object();
    const auto add = [&](const char* name, const char* key, const stats::TestResult& t) {
      table.rows.push_back({name, report::number(t.statistic.value, "{:.6f}"), report::number(t.p_value, "{:.6g}")});
      result.set(key, t.statistic.value);
      result.set(str("{}_p", key), value_or_null(t.p_value));
    };
    add("Pearson", "pearson", stats::pearson_test(x, y));
    add("Spearman", "spearman", stats::spearman_test(x, y));
    result.set("lines", x.size());
    result.set("signature", signature_of("correlation|of:lines"));
    return {{"", {std::move(table), Remark{signature_of("correlation|of:lines")}}}, std::move(result)};
  }
};

class CalibrationForm final : public ScoreForm {
 public:
  Options options() override {
    return {{.name = "bins", .help = "of equal width from 0 to 1", .target = &bins_, .low = 1, .high = 100000, .basic = true}};
  }
  Answer answer(const Sides& sides) override {
    const LineFile said(sides.hypothesis), right(sides.references[0]);
    check_as_many(said, right);
    const std::vector<double> p = numbers_in(said, 0, 1, "a probability from 0 to 1"), y = numbers_in(right, 0, 1, "0 or 1");
    for (size_t i = 0; i < y.size(); ++i)
      if (y[i] != 0 && y[i] != 1) throw Error(ErrorKind::input, str("{}: got {}, expected 0 or 1", right.place(i), y[i]));
    const auto bins = static_cast<int>(bins_);
    const double ece = expected_calibration_error(y, p, bins), brier = brier_score(y, p);
    Table table{{"said", "happened", "lines"}, {}};
    Json parts = Json::array();
    for (const ReliabilityBin& b : reliability(y, p, bins)) {
      table.rows.push_back({report::number(b.predicted, "{:.4f}"), report::number(b.observed, "{:.4f}"), b.weight});
      parts.push(Json::object({{"predicted", b.predicted}, {"observed", b.observed}, {"lines", b.weight}}));
    }
    const std::string signature = signature_of(str("ece|bins:{}-of-equal-width", bins).c_str());
    return {{"", {Figure{"expected calibration error", report::number(ece, "{:.6f}")}, Figure{"Brier score", report::number(brier, "{:.6f}")}, std::move(table),
                  Remark{signature}}},
            Json::object({{"ece", ece}, {"brier", brier}, {"bins", std::move(parts)}, {"lines", y.size()}, {"signature", signature}})};
  }

 private:
  int64_t bins_ = 10;
};

constexpr FormEntry kForms[] = {
    {"classes", "accuracy, F1 (micro, macro, weighted, of one class), Matthews, kappa", "classes and numbers, one a line",
     "grimoire score classes --hyp predicted.txt --ref right.txt\ngrimoire score classes --hyp predicted.txt --ref right.txt --positive spam",
     make_form<ClassesForm>},
    {"correlation", "Pearson's and Spearman's correlation of numbers", "classes and numbers, one a line",
     "grimoire score correlation --hyp predicted.txt --ref right.txt",
     make_form<CorrelationForm>},
    {"calibration", "do probabilities hold? expected calibration error, Brier score", "classes and numbers, one a line",
     "grimoire score calibration --hyp probabilities.txt --ref happened.txt",
     make_form<CalibrationForm>},
};

}  // namespace

const std::span<const FormEntry> kLabelForms = kForms;

}  // namespace grim::score
